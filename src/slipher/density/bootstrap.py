"""Uncertainty of any score by resampling galaxies, the same ones for all that is compared.

A score is a function of ONE column of numbers, one a galaxy (its Δz, its CRPS, its PIT ...). Each column is sorted
once: a resample of it is each of its values as often as its galaxy was drawn, and running sums of these counts are all
that most scores need (``drawn.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from slipher import progress
from slipher.density.drawn import Drawn
from slipher.errors import InputError

__all__ = ["Columns", "Draws", "Metric", "Score", "resample"]

RESAMPLES = 1000
SEED = 0
LEVEL = 0.95

Columns = Mapping[str, Float[np.ndarray, "galaxies"]]
"""Numbers by name, one a galaxy."""
Statistic = Callable[[Float[np.ndarray, "galaxies"]], Any]
Ranked = Callable[[Float[np.ndarray, "galaxies"]], Callable[[Drawn], float]]
Counts = Int[np.ndarray, "galaxies"]


@dataclass(frozen=True)
class Metric:
    """A score of a set of galaxies: which column it needs, and the function of that column that it is."""

    column: str
    statistic: Statistic
    """Of the sorted column."""
    ranked: Ranked | None = None
    """The same of a resample (``drawn.py``), where there is a quicker way than to write the resample out."""


@dataclass(frozen=True)
class Score:
    """A value with its 95 % bootstrap interval; None where it cannot be computed or is infinite."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, value: float, draws: Float[np.ndarray, "resamples"], level: float = LEVEL) -> "Score":
        """The percentile interval of the draws.

        It is stretched to hold the value: resampling adds noise, which lifts statistics of distance such as pit_ks.
        """
        if not (np.isfinite(value) and np.isfinite(draws).all()):
            return cls(float(value) if np.isfinite(value) else None, None, None)
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        return cls(float(value), float(min(low, value)), float(max(high, value)))

    def as_dict(self) -> dict[str, float | None]:
        """As JSON takes it."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Draws:
    """Scores of several members (predictions of the same galaxies) and their values under common resamples."""

    values: dict[str, Float[np.ndarray, "members"]]
    draws: dict[str, Float[np.ndarray, "members resamples"]]

    def score(self, metric: str, members: Sequence[int] = (0,)) -> Score:
        """The mean of a metric over members, say the seeds of a group."""
        rows = list(members)
        return Score.of(self.values[metric][rows].mean(), self.draws[metric][rows].mean(axis=0))

    def difference(self, metric: str, members: Sequence[int], against: Sequence[int]) -> Score:
        """The mean over ``members`` less the mean over ``against``, paired by galaxy."""
        values, draws = self.values[metric], self.draws[metric]
        first, second = list(members), list(against)
        with np.errstate(invalid="ignore"):
            return Score.of(
                values[first].mean() - values[second].mean(), draws[first].mean(axis=0) - draws[second].mean(axis=0)
            )


def resample(
    members: Sequence[Columns],
    metrics: Mapping[str, Metric],
    resamples: int = RESAMPLES,
    seed: int = SEED,
    label: str | None = None,
) -> Draws:
    """Compute every metric whose column all members have, on all galaxies and on bootstrap resamples of them.

    Args:
        members: columns of each member; row i is the same galaxy in all.
        metrics: metrics by name.
        resamples: number of resamples.
        seed: seed of the resamples, the same by default everywhere, so that results can be repeated.
        label: shows a progress bar of that name.

    Raises:
        InputError: if there are no galaxies, or not equally many in all columns.
    """
    count = _galaxies(members)
    possible = {name: metric for name, metric in metrics.items() if all(metric.column in each for each in members)}
    ranked = [_Ranked(columns, possible) for columns in members]
    values = _collected([member.values() for member in ranked])
    draws = {name: np.empty((len(members), resamples)) for name in possible}
    rng = np.random.default_rng(seed)
    with progress.bar(resamples, label, unit="resample") if label else nullcontext() as bar:
        for k in range(resamples):
            counts = np.bincount(rng.integers(0, count, count), minlength=count)
            for name, drawn in _collected([member.drawn(counts) for member in ranked]).items():
                draws[name][:, k] = drawn
            if bar is not None:
                bar.update()
    return Draws(values, draws)


class _Ranked:
    """The columns of one member, each sorted once, and its metrics."""

    def __init__(self, columns: Columns, metrics: Mapping[str, Metric]) -> None:
        self._metrics = metrics
        self._columns = {name: np.asarray(columns[name]) for name in {metric.column for metric in metrics.values()}}
        self._order = {name: np.argsort(column, kind="stable") for name, column in self._columns.items()}
        self._sorted = {name: self._columns[name][order] for name, order in self._order.items()}
        self._ranked = {
            name: metric.ranked(self._sorted[metric.column])
            for name, metric in metrics.items()
            if metric.ranked is not None
        }

    def values(self) -> dict[str, float]:
        """Every metric, each galaxy counted once."""
        return {name: float(each.statistic(self._sorted[each.column])) for name, each in self._metrics.items()}

    def drawn(self, counts: Counts) -> dict[str, float]:
        """Every metric, each galaxy counted as often as it was drawn."""
        resample = _Resample(counts, self._order)
        return {name: self._drawn(name, metric, resample) for name, metric in self._metrics.items()}

    def _drawn(self, name: str, metric: Metric, resample: "_Resample") -> float:
        if metric.statistic is np.mean:
            return resample.mean(self._columns[metric.column])
        if name in self._ranked:
            return self._ranked[name](resample.of(metric.column))
        return float(metric.statistic(np.repeat(self._sorted[metric.column], resample.of(metric.column).counts)))


class _Resample:
    """How often each galaxy was drawn, in the order of each column: found when it is first needed."""

    def __init__(self, counts: Counts, order: Mapping[str, Counts]) -> None:
        self._weights = counts.astype(np.float64)
        self._counts = counts
        self._order = order
        self._drawn: dict[str, Drawn] = {}

    def mean(self, column: Float[np.ndarray, "galaxies"]) -> float:
        """Mean of a column; NaN where it holds an infinite value.

        Not by a matrix product, whose rounding depends on the number of threads.
        """
        with np.errstate(invalid="ignore"):
            return float(np.einsum("i,i->", self._weights, column)) / len(column)

    def of(self, column: str) -> Drawn:
        """How often each value of the sorted column was drawn."""
        if column not in self._drawn:
            self._drawn[column] = Drawn(self._counts[self._order[column]])
        return self._drawn[column]


def _collected(members: Sequence[Mapping[str, float]]) -> dict[str, Float[np.ndarray, "members"]]:
    """The values of each metric, one a member."""
    return {name: np.array([member[name] for member in members]) for name in members[0]}


def _galaxies(members: Sequence[Columns]) -> int:
    """How many galaxies there are."""
    counts = {len(column) for columns in members for column in columns.values()}
    if len(counts) > 1:
        raise InputError(f"scores are paired by galaxy, but the columns hold {sorted(counts)} galaxies; give the same.")
    if counts in (set(), {0}):
        raise InputError("there are no galaxies to score; give at least one with a known redshift.")
    return counts.pop()
