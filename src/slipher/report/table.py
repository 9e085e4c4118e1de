"""Table 1 as the page shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from slipher.density.intervals import LEVEL
from slipher.report.folder import StudyFolder
from slipher.report.metrics import METRICS, Metric, decimals, number
from slipher.study.table import TRAINING

__all__ = ["Cell", "Column", "Line", "Table", "duration", "make_table", "rate"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One number: its value, its spread over seeds, its interval, and whether it is set in bold."""

    text: str
    spread: str = ""
    interval: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Column:
    """Heading of one column."""

    label: str
    unit: str
    family: str
    meaning: str


@dataclass(frozen=True)
class Line:
    """One row."""

    group: str
    method: str
    cells: tuple[Cell, ...]
    published: bool = False


@dataclass(frozen=True)
class Table:
    """Table 1: what this study measured, and what others published."""

    families: tuple[tuple[str, int], ...]
    """Headings that span several columns, with how many."""
    columns: tuple[Column, ...]
    own: tuple[Line, ...]
    """What this study measured, each followed by what others published of the same."""
    published: tuple[Line, ...]
    """What others published of methods that are not in this study."""
    bold: bool
    """Whether any number is set in bold."""


def make_table(study: StudyFolder) -> Table:
    """Arrange the rows of a study for print.

    A value is bold if it is the best of its column, nearest to the best value there is, and its paired difference from
    the baseline in that distance is beyond its uncertainty, and only where groups ran with several seeds: one seed
    cannot rank them. trainz is never bold: that it is calibrated means nothing.
    """
    own, published = [group.row for group in study.groups], list(study.published)
    words = [entry for entry in METRICS if any(_value(row, entry.key) is not None for row in own)]
    digits = {entry.key: _digits(own, entry) for entry in words}
    best = _best(own, study.comparisons, words)
    lines = [
        line
        for row in own
        for line in (_line(row, words, digits, best), *_published_beside(row["group"], published, words))
    ]
    return Table(
        families=_families([entry.family for entry in words] + ["Cost"]),
        columns=(*(Column(w.label, w.unit, w.family, w.meaning) for w in words), _COST),
        own=tuple(lines),
        published=_published_beside(None, published, words),
        bold=bool(best),
    )


_COST = Column("Training", "time", "Cost", f"{TRAINING}; its rate is that of the epochs with labels")


def duration(seconds: float | None) -> str:
    """A time span in the units a person would use."""
    if seconds is None:
        return "–"
    if seconds < 0.1:
        return "< 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def rate(per_second: float | None) -> str:
    """Galaxies per second; a dash where none was measured."""
    return "–" if per_second is None else f"{per_second:,.0f}"


def _value(row: Row, key: str) -> float | None:
    entry = row.get("metrics", {}).get(key)
    return None if entry is None else entry.get("mean")


def _digits(rows: Sequence[Row], words: Metric) -> int:
    ends = [_ends(row["metrics"][words.key]) for row in rows if _value(row, words.key) is not None]
    return decimals((high - low) / 2 * words.scale for low, high in ends if low is not None and high is not None)


def _ends(entry: Row) -> tuple[float | None, float | None]:
    """The interval of a value, or what is expected of a distance of the PIT."""
    before = "" if entry.get("expected_low") is None else "expected_"
    return entry.get(f"{before}low"), entry.get(f"{before}high")


def _line(row: Row, words: Sequence[Metric], digits: dict[str, int], best: dict[str, str]) -> Line:
    cells = [_cell(row, entry, digits[entry.key], best.get(entry.key) == row["group"]) for entry in words]
    speed = row.get("images_per_second")
    cost = Cell(duration(row.get("train_seconds")), interval="" if speed is None else f"{rate(speed)} galaxies/s")
    seeds = int(row.get("seeds") or 1)
    return Line(str(row["group"]), f"{row.get('method', '')}, {seeds} seed{'s' * (seeds > 1)}", (*cells, cost))


def _cell(row: Row, words: Metric, digits: int, bold: bool) -> Cell:
    value = _value(row, words.key)
    if value is None:
        return Cell("–")
    entry, signed = row["metrics"][words.key], words.key == "bias"
    text = number(value * words.scale, digits, signed)
    spread = "" if entry.get("spread") is None else f"± {number(entry['spread'] * words.scale, digits)}"
    ends = [number(end * words.scale, digits, signed) for end in _ends(entry) if end is not None]
    if len(ends) < 2:
        return Cell(text, spread, bold=bold)
    between = "[{}, {}]" if entry.get("expected_low") is None else "({}–{})"
    return Cell(text, spread, between.format(*ends), bold)


def _published_beside(group: str | None, published: Sequence[Row], words: Sequence[Metric]) -> tuple[Line, ...]:
    """What others published of the method of one group, or of none of them."""
    return tuple(_published_line(row, words) for row in published if row.get("beside") == group)


def _published_line(row: Row, words: Sequence[Metric]) -> Line:
    """Published values have no interval and keep the digits they were printed with."""
    values = [_value(row, entry.key) for entry in words]
    cells = [
        Cell("–" if value is None else f"{value * entry.scale:.4g}".replace("-", "\N{MINUS SIGN}"))
        for value, entry in zip(values, words, strict=True)
    ]
    return Line(str(row["group"]), "published", (*cells, Cell(duration(row.get("train_seconds")))), published=True)


def _families(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    spans: dict[str, int] = {}
    for name in names:
        spans[name] = spans.get(name, 0) + 1
    return tuple(spans.items())


def _best(rows: Sequence[Row], comparisons: Sequence[Row], words: Sequence[Metric]) -> dict[str, str]:
    """By metric the group whose value may be called best; nothing with one seed."""
    if max(int(row.get("seeds") or 1) for row in rows) < 2:
        return {}
    chosen = {entry.key: _leader(rows, entry) for entry in words}
    return {key: group for key, group in chosen.items() if group and _distinguished(group, key, comparisons)}


def _leader(rows: Sequence[Row], words: Metric) -> str | None:
    """The group nearest to the best possible value."""
    found = {str(row["group"]): _value(row, words.key) for row in rows if row.get("method") != "trainz"}
    known = {group: value for group, value in found.items() if value is not None}
    if not known:
        return None
    target = words.target
    return min(known, key=lambda group: known[group] if target is None else abs(known[group] - target))


def _distinguished(group: str, key: str, comparisons: Sequence[Row]) -> bool:
    """Whether the group differs in every comparison that it takes part in."""
    mine = [c for c in comparisons if c["metric"] == key and group in (c["group"], c["against"])]
    return bool(mine) and all(_differs(c) for c in mine)


def _differs(comparison: Row) -> bool:
    """Whether a difference is beyond its uncertainty: by its p, where it has one, else by its interval."""
    if comparison.get("p") is not None:
        return bool(comparison["p"] < 1 - LEVEL)
    return comparison.get("low") is not None and (comparison["low"] > 0 or comparison["high"] < 0)
