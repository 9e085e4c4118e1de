"""Benchmarks of this machine."""

from pathlib import Path

from slipher.verbs.answer import Answer

__all__ = ["bench"]


def bench(*names: str, out: Path | None = None) -> Answer:
    """Measure slipher's speed on this machine, each figure beside a plain way to do the same.

    Args:
        names: of the benchmarks; all if none is named
        out: folder in which performance.md and its figures are written, or brought up to date
    """
    from slipher.bench.machine import machine
    from slipher.bench.page import bench_text, check_place, keep
    from slipher.bench.run import run

    if out is not None:
        check_place(out)
    found = []
    for result in run(names, out):
        found.append(result)
        if out is not None:
            keep(out, result, machine())
    document = [result.as_dict() | {"machine": machine()} for result in found]
    return Answer(bench_text(found, machine()), document)
