"""Results of benchmarks for a reader: lines in a terminal, and a page that is kept up to date."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipher.bench.result import Result
from slipher.bench.run import BENCHMARKS
from slipher.errors import InputError
from slipher.files import write_json, write_text

__all__ = ["bench_text", "keep"]

READING = {
    "times as fast": "times as fast as",
    "times the cost": "times the cost of",
    "share": "of",
    "exponent": "is the exponent of growth; against",
}
"""How a meaning goes on to what it is held against."""

HEAD = """# Performance

How fast slipher is, as ratios: each figure stands beside a plain way to do the same, measured in the same run on the
same machine, in turn. A ratio is the median over pairs of runs, in brackets the lowest and the highest pair. Speeds
differ from machine to machine, ratios much less; the command beside a table measures it again.

Machine: {machine}.

`slipher bench --out docs` measures everything and writes this page; `performance.json` holds the same numbers whole.
"""
COLUMNS = ("what", "slipher", "the other", "ratio", "reads", "goal", "runs", "date", "sizes")


def bench_text(results: Sequence[Result], machine: str) -> str:
    """A line a result, columns aligned, below the machine they were found on."""
    rows = [_line(result) for result in results]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([machine, "", *lines])


def keep(out: Path, result: Result, machine: str) -> None:
    """Bring performance.json in a folder up to date with a result, and write performance.md anew from it.

    Args:
        out: the folder, made if it is missing.
        result: takes the place of an earlier one of the same name.
        machine: that it was found on; results of others are marked.

    Raises:
        InputError: if performance.json is there but holds no results, or the folder cannot be written.
    """
    path = out / "performance.json"
    found = _read(path)
    found[result.name] = result.as_dict() | {"machine": machine, "date": datetime.now(UTC).date().isoformat()}
    ordered = {name: found[name] for name in sorted(found, key=_place)}
    write_json(path, ordered)
    write_text(out / "performance.md", _page(out, list(ordered.values()), machine))


def _line(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{_number(result.value)} {result.unit}",
        f"{_number(result.ratio)} {_range(result.as_dict())}",
        f"{READING[result.meaning]} {result.against} ({_number(result.baseline)} {result.unit})",
        f"goal: {result.goal}" if result.goal else "",
    )


def _read(path: Path) -> dict[str, Any]:
    """The results that a file holds, none if it is not there."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = {name: Result(**_without(each, "machine", "date")).as_dict() | each for name, each in found.items()}
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(f"{path} holds no results of benchmarks; remove it, or choose another folder.") from error
    return known


def _without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """An entry without some of its values, which must be there."""
    rest = dict(entry)
    for name in names:
        del rest[name]
    return rest


def _place(name: str) -> int:
    """Where a result stands; those of one benchmark stay in the order in which they were first found."""
    return BENCHMARKS.index(_benchmark(name)) if _benchmark(name) in BENCHMARKS else len(BENCHMARKS)


def _benchmark(name: str) -> str:
    return name.partition(":")[0]


def _page(out: Path, found: Sequence[Mapping[str, Any]], machine: str) -> str:
    """The whole page."""
    others = sorted({each["machine"] for each in found} - {machine})
    notes = [f"{_mark(place)} Measured on another machine: {other}." for place, other in enumerate(others)]
    marks = {other: f" {_mark(place)}" for place, other in enumerate(others)} | {machine: ""}
    names = dict.fromkeys(_benchmark(each["name"]) for each in found)
    parts = [_part(out, name, [each for each in found if _benchmark(each["name"]) == name], marks) for name in names]
    return "\n".join([HEAD.format(machine=machine), *parts, *(f"{note}\n" for note in notes)])


def _part(out: Path, name: str, found: Sequence[Mapping[str, Any]], marks: Mapping[str, str]) -> str:
    """What one benchmark found: heading, command, table, figure."""
    lines = [f"## {name}", "", f"`slipher bench {name} --out docs`", "", _row(COLUMNS), _row(["---"] * len(COLUMNS))]
    lines += [_row(_cells(each, marks[each["machine"]])) for each in found]
    if (out / f"{name}.png").is_file():
        lines += ["", f"![{name}, as measured]({name}.png)"]
    return "\n".join([*lines, ""])


def _cells(each: Mapping[str, Any], mark: str) -> tuple[str, ...]:
    return (
        each["name"].partition(":")[2].strip() or each["name"],
        f"{_number(each['value'])} {each['unit']}",
        f"{each['against']}: {_number(each['baseline'])} {each['unit']}",
        f"**{_number(each['ratio'])}** {_range(each)}",
        each["meaning"],
        each["goal"],
        str(each["runs"]),
        f"{each['date']}{mark}",
        each["note"],
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _range(each: Mapping[str, Any]) -> str:
    return f"[{_number(each['low'])}, {_number(each['high'])}]"


def _mark(place: int) -> str:
    return "\\*" * (place + 1)


def _number(value: float) -> str:
    """Four significant digits, thousands apart, never in powers of ten unless it is tiny."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
