"""Results of benchmarks for a reader: lines in a terminal, and a page that is kept up to date."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from slipher.bench.result import Result
from slipher.bench.run import BENCHMARKS
from slipher.errors import InputError
from slipher.figures import check_own
from slipher.files import nearest_writable, write_json, write_text, writing
from slipher.locks import held

__all__ = ["bench_text", "check_place", "keep"]

READING = {
    "times as fast": "times as fast as",
    "times the cost": "times the cost of",
    "share": "of",
    "exponent": "is the exponent of growth; against",
}
"""How a meaning goes on to what it is held against."""

START = "# Performance\n\nHow fast slipher is"
"""How every page begins, by which it is known."""
HEAD = (
    f"{START}, "
    + """as ratios: each figure stands beside a plain way to do the same, measured in the same run on the
same machine, in turn. A ratio is the median over pairs of runs, in brackets the lowest and the highest pair. Speeds
differ from machine to machine, ratios less, but for training and prediction: they gain by bf16 where the processor
multiplies such numbers itself, and fall back on float32 where it does not. The command beside a table measures it
again.

{machines}

`slipher bench --out docs` measures everything and brings this page up to date; `performance.json` holds the same
numbers whole.

All this is on an idle machine. Beside other programs threads sleep while they wait for each other, and the gradients
of bf16 convolutions' weights are shared out among them so that there is nothing to wait for in between: a training gets
its share of the processors, with the same arithmetic. `tests/training/measure_beside.py --runs 5 --seconds 10` measures
it, alone and beside two busy programs, against threads that turn round and round while they wait.
"""
)
COLUMNS = ("what", "machine", "slipher", "the other", "ratio", "reads", "goal", "runs", "date", "sizes")


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
        result: takes the place of an earlier one of the same name on the same machine.
        machine: that it was found on; results of others stay.

    Raises:
        InputError: if performance.json is there but holds no results, or the folder cannot be written.
    """
    path = out / "performance.json"
    entry = result.as_dict() | {"machine": machine, "date": datetime.now(UTC).date().isoformat()}
    with writing(path):
        out.mkdir(parents=True, exist_ok=True)
    with held(path, wait=True):  # another process may add to the page at the same time
        found = _ordered(list(({_key(each): each for each in _read(path)} | {_key(entry): entry}).values()))
        write_json(path, found)
        write_text(out / "performance.md", _page(out, found))


def check_place(out: Path) -> None:
    """See, before anything is measured, that a folder can take the page, and holds none of somebody else's.

    Raises:
        InputError: if it cannot, or does.
    """
    page = out / "performance.md"
    nearest_writable(page)
    _read(out / "performance.json")
    with writing(page):
        if page.exists() and not (page.is_file() and page.read_bytes().startswith(START.encode())):
            raise InputError(f"{page} is there already and is no page of slipher's; choose another folder.")
        for name in BENCHMARKS:
            check_own(out / f"{name}.png")


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["name"], entry["machine"]


def _ordered(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the benchmarks stand, those of one in the order in which they were first found, then by machine."""
    names = list(dict.fromkeys(each["name"] for each in found))
    return sorted(found, key=lambda each: (_place(each["name"]), names.index(each["name"]), each["machine"]))


def _line(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{_number(result.value)} {result.unit}",
        f"{_number(result.ratio)} {_range(result.as_dict())}",
        f"{READING[result.meaning]} {result.against} ({_number(result.baseline)} {result.unit})",
        f"goal: {result.goal}" if result.goal else "",
    )


def _read(path: Path) -> list[dict[str, Any]]:
    """The results that a file holds, none if it is not there."""
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8") if path.is_file() else "")
        return [Result(**_without(each, "machine", "date")).as_dict() | each for each in found]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise InputError(f"{path} holds no results of benchmarks; remove it, or choose another folder.") from error


def _without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """An entry without some of its values, which must be there."""
    rest = dict(entry)
    for name in names:
        del rest[name]
    return rest


def _place(name: str) -> int:
    """Where a result's benchmark stands."""
    return BENCHMARKS.index(_benchmark(name)) if _benchmark(name) in BENCHMARKS else len(BENCHMARKS)


def _benchmark(name: str) -> str:
    return name.partition(":")[0]


def _page(out: Path, found: Sequence[Mapping[str, Any]]) -> str:
    """The whole page."""
    letters = dict(zip(sorted({each["machine"] for each in found}), ascii_uppercase, strict=False))
    machines = "\n".join(f"- Machine {letter}: {machine}." for machine, letter in letters.items())
    names = dict.fromkeys(_benchmark(each["name"]) for each in found)
    parts = [_part(out, name, [each for each in found if _benchmark(each["name"]) == name], letters) for name in names]
    return "\n".join([HEAD.format(machines=machines), *parts])


def _part(out: Path, name: str, found: Sequence[Mapping[str, Any]], letters: Mapping[str, str]) -> str:
    """What one benchmark found: heading, command, table, figure."""
    lines = [f"## {name}", "", f"`slipher bench {name} --out docs`", "", _row(COLUMNS), _row(["---"] * len(COLUMNS))]
    lines += [_row(_cells(each, letters[each["machine"]])) for each in found]
    if (out / f"{name}.png").is_file():
        lines += ["", f"![{name}, as measured last]({name}.png)"]
    return "\n".join([*lines, ""])


def _cells(each: Mapping[str, Any], letter: str) -> tuple[str, ...]:
    return (
        each["name"].partition(":")[2].strip() or each["name"],
        letter,
        f"{_number(each['value'])} {each['unit']}",
        f"{each['against']}: {_number(each['baseline'])} {each['unit']}",
        f"**{_number(each['ratio'])}** {_range(each)}",
        each["meaning"],
        each["goal"],
        str(each["runs"]),
        each["date"],
        each["note"],
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _range(each: Mapping[str, Any]) -> str:
    return f"[{_number(each['low'])}, {_number(each['high'])}]"


def _number(value: float) -> str:
    """Four significant digits, thousands apart, never in powers of ten unless it is tiny."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
