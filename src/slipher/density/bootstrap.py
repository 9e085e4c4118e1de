"""Uncertainty of any score by resampling galaxies, the same ones for all that is compared.

A score is a function of ONE column of numbers, one a galaxy (its Δz, its CRPS, its PIT ...). It is handed the column
sorted, which makes medians and distances of distributions quick: a resample of a sorted column is each of its values as
often as its galaxy was drawn, so that sorting happens once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from slipher import progress
from slipher.errors import InputError

__all__ = ["Columns", "Draws", "Metric", "Score", "resample"]

RESAMPLES = 1000
SEED = 0
LEVEL = 0.95

Columns = Mapping[str, Float[np.ndarray, "galaxies"]]
"""Numbers by name, one a galaxy."""
Statistic = Callable[[Float[np.ndarray, "galaxies"]], Any]
Counts = Int[np.ndarray, "galaxies"]


@dataclass(frozen=True)
class Metric:
    """A score of a set of galaxies: which column it needs, and the function of that column that it is."""

    column: str
    statistic: Statistic


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
    ranked = [_Ranked(columns) for columns in members]
    values = _evaluate(ranked, possible, None)
    draws = {name: np.empty((len(members), resamples)) for name in possible}
    rng = np.random.default_rng(seed)
    with progress.bar(resamples, label, unit="resample") if label else nullcontext() as bar:
        for k in range(resamples):
            counts = np.bincount(rng.integers(0, count, count), minlength=count)
            for name, drawn in _evaluate(ranked, possible, counts).items():
                draws[name][:, k] = drawn
            if bar is not None:
                bar.update()
    return Draws(values, draws)


class _Ranked:
    """The columns of one member, each sorted once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._order = {name: np.argsort(column, kind="stable") for name, column in columns.items()}
        self._sorted = {name: np.asarray(columns[name])[order] for name, order in self._order.items()}

    def evaluate(self, name: str, statistics: Mapping[str, Statistic], counts: Counts | None) -> dict[str, float]:
        """Statistics of one column, each galaxy counted as often as it was drawn."""
        if counts is not None and all(statistic is np.mean for statistic in statistics.values()):
            with np.errstate(invalid="ignore"):  # no need to draw for a mean; an infinite value makes it NaN
                return dict.fromkeys(statistics, float(counts @ self._columns[name]) / len(counts))
        ranked = self._sorted[name]
        drawn = ranked if counts is None else np.repeat(ranked, counts[self._order[name]])
        return {metric: float(statistic(drawn)) for metric, statistic in statistics.items()}


def _evaluate(
    members: Sequence[_Ranked], metrics: Mapping[str, Metric], counts: Counts | None
) -> dict[str, Float[np.ndarray, "members"]]:
    """Every metric of every member, each column drawn once for all the metrics that use it."""
    values = {name: np.empty(len(members)) for name in metrics}
    for column in dict.fromkeys(metric.column for metric in metrics.values()):
        statistics = {name: metric.statistic for name, metric in metrics.items() if metric.column == column}
        for index, member in enumerate(members):
            for name, value in member.evaluate(column, statistics, counts).items():
                values[name][index] = value
    return values


def _galaxies(members: Sequence[Columns]) -> int:
    """How many galaxies there are."""
    counts = {len(column) for columns in members for column in columns.values()}
    if len(counts) > 1:
        raise InputError(f"scores are paired by galaxy, but the columns hold {sorted(counts)} galaxies; give the same.")
    if counts in (set(), {0}):
        raise InputError("there are no galaxies to score; give at least one with a known redshift.")
    return counts.pop()
