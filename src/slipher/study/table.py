"""Table 1 of a study: every metric of every group, with its spread over seeds and its uncertainty."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slipher.density.bootstrap import Columns, Draws, resample
from slipher.density.file import read
from slipher.density.scores import METRICS, columns
from slipher.errors import InputError
from slipher.study.published import PUBLISHED, Published

__all__ = ["Result", "Scored", "rows", "score", "to_csv", "to_markdown", "with_published"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """What the runs of one group left behind."""

    group: str
    method: str
    densities: tuple[Path, ...]
    """One file a seed."""
    train_seconds: tuple[float | None, ...] = ()
    images_per_second: tuple[float | None, ...] = ()
    seeded: bool = True
    """Whether another seed would have given another model."""
    seeds: tuple[int, ...] = ()
    """The seeds, in the order of the densities."""


@dataclass(frozen=True)
class Scored:
    """All groups scored on the same galaxies and the same resamples of them."""

    results: tuple[Result, ...]
    draws: Draws

    def members(self, group: str) -> list[int]:
        """The places of a group's seeds in the draws."""
        start = 0
        for result in self.results:
            if result.group == group:
                return list(range(start, start + len(result.densities)))
            start += len(result.densities)
        raise KeyError(group)

    def result(self, group: str) -> Result:
        """A group's result."""
        return next(result for result in self.results if result.group == group)


def score(results: Sequence[Result]) -> Scored:
    """Score every seed of every group on the same galaxies.

    Raises:
        InputError: if two files hold different galaxies.
    """
    members: list[Columns] = []
    first: np.ndarray | None = None
    for path in (path for result in results for path in result.densities):
        density = read(path)
        names = np.arange(len(density)) if density.id is None else density.id
        if first is None:
            first = names
        elif not np.array_equal(first, names):
            raise InputError(
                f"{path} holds other galaxies than the first run's; remove it, and the study makes it again."
            )
        members.append(columns(density))
    return Scored(tuple(results), resample(members, METRICS, label="bootstrap"))


def rows(scored: Scored) -> list[Row]:
    """A row a group: the mean over seeds, their sample standard deviation, and a 95 % interval over galaxies."""
    return [_row(scored, result) for result in scored.results]


def with_published(own: Sequence[Row]) -> list[Row]:
    """The rows of a study with those of the paper's Table 1: each beside the group that does the same, or at the end.

    They belong beside galaxies like those of the SDSS main sample only: ``published.unlike``.

    They are marked as published, none has an interval, and ``beside`` names the group.
    """
    groups = [row["group"] for row in own]
    published = [
        _published(entry, next((name for name in entry.beside if name in groups), None)) for entry in PUBLISHED
    ]
    together = [each for row in own for each in (row, *_of(published, row["group"]))]
    return together + _of(published, None)


def _of(published: Sequence[Row], group: str | None) -> list[Row]:
    return [row for row in published if row["beside"] == group]


def _published(entry: Published, beside: str | None) -> Row:
    metrics = {
        name: {"mean": value, "spread": None, "low": None, "high": None} for name, value in entry.metrics.items()
    }
    return {
        "group": entry.name,
        "method": entry.method,
        "seeds": 1,
        "published": True,
        "beside": beside,
        "metrics": metrics,
        "train_seconds": entry.train_seconds,
        "images_per_second": None,
        "source": entry.source,
    }


def _row(scored: Scored, result: Result) -> Row:
    members = scored.members(result.group)
    metrics = {}
    for name in METRICS:
        known = scored.draws.score(name, members).as_dict()
        spread = _spread(scored.draws.values[name][members])
        metrics[name] = {"mean": known.pop("value"), "spread": spread, **known}
    return {
        "group": result.group,
        "method": result.method,
        "seeds": len(members),
        "published": False,
        "metrics": metrics,
        "train_seconds": _mean(result.train_seconds),
        "train_seconds_spread": _spread(result.train_seconds),
        "images_per_second": _mean(result.images_per_second),
        "images_per_second_spread": _spread(result.images_per_second),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _spread(values: Sequence[float | None] | np.ndarray) -> float | None:
    """Sample standard deviation; None where there is one value only, or one is infinite."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2 or not np.isfinite(known).all():
        return None
    return float(np.std(known, ddof=1))


def to_csv(table: Sequence[Row]) -> str:
    """One line a group; each metric followed by its spread, low and high; empty where there is none.

    A distance of the PIT has no low and high; what is expected of calibrated densities and p follow.
    """
    names = list(METRICS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = {name: ["mean", "spread", *_interval_keys(name)] for name in names}
    parts = [name if key == "mean" else f"{name}_{key}" for name in names for key in keys[name]]
    times = ["train_seconds", "train_seconds_spread", "images_per_second", "images_per_second_spread"]
    writer.writerow(["group", "method", "seeds", "published", *parts, *times, "source"])
    for row in table:
        cells = [row["metrics"].get(name, {}).get(key) for name in names for key in keys[name]]
        known = [row["group"], row["method"], row["seeds"], str(row["published"]).lower()]
        writer.writerow([*known, *cells, *(row.get(time) for time in times), row.get("source", "")])
    return text.getvalue()


def _interval_keys(name: str) -> tuple[str, ...]:
    """What stands beside a value."""
    return ("low", "high") if METRICS[name].distance is None else ("low", "high", "expected_low", "expected_high", "p")


_HEADINGS = {
    "mad": "MAD",
    "mad_centred": "MAD centred",
    "bias": "bias",
    "outliers_0.05": "> 0.05",
    "outliers_0.15": "> 0.15",
    "cde_loss": "CDE loss",
    "crps": "CRPS",
    "log_score": "log score",
    "pit_ks": "PIT-KS",
}


def to_markdown(table: Sequence[Row]) -> str:
    """The table for a reader: mean ± spread over seeds, and the interval over galaxies."""
    lines = [
        "| group | seeds | " + " | ".join(_HEADINGS.values()) + " | training |",
        "|---|---|" + "---|" * (len(_HEADINGS) + 1),
    ]
    for row in table:
        cells = [_cell(row["metrics"].get(name, {})) for name in _HEADINGS]
        name = f"*{row['group']}* (published)" if row["published"] else row["group"]
        lines.append(f"| {name} | {row['seeds']} | " + " | ".join(cells) + f" | {_time(row)} |")
    legend = _LEGEND + _PUBLISHED * any(row["published"] for row in table)
    return "\n".join([*lines, "", legend, ""])


TRAINING = (
    "the time one seed took to train: of a network its epochs, without validation, those of all members and of "
    "pretraining included; of another method the whole fit"
)
"""What ``train_seconds`` holds."""

_LEGEND = (
    "Mean ± standard deviation over seeds, in brackets the 95 % interval over galaxies (bootstrap; of fractions, "
    "Wilson's); of PIT-KS, in parentheses, between which values it is for 95 % of calibrated densities of as many "
    "galaxies. Outliers are fractions with |Δz| above the limit. "
    f"Training: {TRAINING}; its rate is that of the epochs with labels."
)
_PUBLISHED = " Published rows are as printed, on other galaxies."


def _cell(metric: Mapping[str, float | None]) -> str:
    mean, spread, low, high = (metric.get(key) for key in ("mean", "spread", "low", "high"))
    expected = metric.get("expected_low"), metric.get("expected_high")
    if mean is None:
        return "–"
    left, right = (low, high) if expected[0] is None else expected
    if left is None or right is None or left == right:
        return f"{mean:.3g}"
    digits = _digits((right - left) / 2)
    plus = f" ± {spread:.{digits}f}" if spread is not None else ""
    between = (
        f"[{left:.{digits}f}, {right:.{digits}f}]" if expected[0] is None else f"({left:.{digits}f}–{right:.{digits}f})"
    )
    return f"{mean:.{digits}f}{plus} {between}"


def _digits(error: float) -> int:
    """Digits after the point that show an uncertainty with two figures."""
    return min(max(1 - math.floor(math.log10(error)), 0), 6)


def _time(row: Row) -> str:
    seconds, spread, rate = row["train_seconds"], row.get("train_seconds_spread"), row["images_per_second"]
    if seconds is None:
        return "–"
    if row["published"]:
        return f"{seconds / 3600:.2f} h on one A100"
    plus = f" ± {spread:.1f}" if spread is not None else ""
    return f"{seconds:.1f}{plus} s" + (f", {rate:.0f} galaxies/s" if rate is not None else "")
