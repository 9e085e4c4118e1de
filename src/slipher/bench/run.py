"""Which benchmarks there are, and how some of them are run."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from slipher.bench.result import Result
from slipher.errors import InputError
from slipher.progress import say

__all__ = ["BENCHMARKS", "run"]

BENCHMARKS = (
    "step",
    "convolution",
    "constraints",
    "flux",
    "responses",
    "prediction",
    "reading",
    "local-linear",
    "metrics",
    "simulation",
    "figures",
    "start",
    "growth",
)
"""Each is a module here, whose ``measure(out)`` gives its results and writes its figures, if any, into a folder."""


def run(names: Sequence[str], out: Path | None = None) -> Iterator[Result]:
    """Results as they are found; of all benchmarks if none is named.

    Args:
        names: of ``BENCHMARKS``.
        out: folder for figures, or None.

    Raises:
        InputError: if there is no such benchmark, before anything runs.
    """
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise InputError(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.")
    chosen = tuple(dict.fromkeys(names)) or BENCHMARKS
    for place, name in enumerate(chosen):
        say(f"{name} ({place + 1} of {len(chosen)})")
        yield from import_module(f"slipher.bench.{name.replace('-', '_')}").measure(out)
