"""Uncertainty of any score of galaxies: by resampling them, the same ones for all that is compared, or in closed form.

A score is a function of ONE column of numbers, one a galaxy (its Δz, its CRPS, its PIT ...). Each column is sorted
once: a resample of it is each of its values as often as its galaxy was drawn, and running sums of these counts are all
that most scores need (``drawn.py``). A fraction of galaxies is not resampled, since a fraction of 0 would stay 0, nor
is a distance of the PIT (``distances.py``): of these it is kept what each galaxy adds to them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import norm

from slipher import progress
from slipher.density.distances import Distance
from slipher.density.drawn import Drawn
from slipher.density.intervals import NONE, Interval, paired_shares, percentiles, share
from slipher.errors import InputError

__all__ = ["Columns", "Draws", "Metric", "Score", "equal_p", "resample"]

RESAMPLES = 1000
SEED = 0

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
    target: float | None = None
    """The best value; None where less is better."""
    fraction: bool = False
    """Whether it is a fraction of the galaxies."""
    counts: Callable[[Float[np.ndarray, "galaxies"]], Any] | None = None
    """From 0 to 1, what each galaxy counts: the fraction is the mean of it."""
    distance: Distance | None = None
    """Of the PIT from uniform: what is known of it."""

    @property
    def resampled(self) -> bool:
        """Whether its interval comes from resamples."""
        return self.counts is None and self.distance is None

    def parts(self, ranked: Float[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies"] | None:
        """What each galaxy of the sorted column adds, where the metric varies as the mean of that."""
        if self.distance is not None:
            return self.distance.influence(ranked)
        return None if self.counts is None else np.asarray(self.counts(ranked), dtype=np.float64)


@dataclass(frozen=True)
class Score:
    """A value with its 95 % interval; None where there is none: of one galaxy, or of what is infinite.

    A distance of the PIT has no interval, but what is expected of calibrated densities of as many galaxies: 95 % lie
    between two values, and as much as this one has a share p. A difference of two has a p alone, of their being equal.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    p: float | None = None
    distance: bool = False
    """Whether it is a distance of the PIT, or a difference of two."""

    def as_dict(self) -> dict[str, float | None]:
        """As JSON takes it: of distances with ``expected_low``, ``expected_high`` and ``p``."""
        interval = {"value": self.value, "low": self.low, "high": self.high}
        if not self.distance:
            return interval
        return interval | {"expected_low": self.expected_low, "expected_high": self.expected_high, "p": self.p}


@dataclass(frozen=True)
class Draws:
    """Scores of several members (predictions of the same galaxies), and how they vary with the choice of galaxies.

    A weight for each member asks for a weighted sum: 1/3 three times for a mean, 1 and −1 for a difference.
    """

    metrics: Mapping[str, Metric]
    galaxies: int
    values: dict[str, Float[np.ndarray, "members"]]
    draws: dict[str, Float[np.ndarray, "members resamples"]]
    """Under common resamples, of metrics that are resampled."""
    parts: dict[str, Float[np.ndarray, "members galaxies"]]
    """What each galaxy adds, of the others."""

    def mean(self, members: Sequence[int]) -> Float[np.ndarray, "members"]:
        """The weights of the mean of some members."""
        return np.bincount(members, minlength=len(next(iter(self.values.values())))) / len(members)

    def value(self, metric: str, weights: Float[np.ndarray, "members"]) -> float | None:
        """A weighted sum; None where it is infinite."""
        chosen = weights != 0
        with np.errstate(invalid="ignore"):
            value = float(weights[chosen] @ self.values[metric][chosen])
        return value if np.isfinite(value) else None

    def variance(self, metric: str, weights: Float[np.ndarray, "members"]) -> float:
        """The variance of a weighted sum over the choice of galaxies; NaN where it is infinite."""
        if metric in self.parts:
            return float(self._summed(self.parts[metric], weights).var()) / self.galaxies
        return float(self._summed(self.draws[metric], weights).var())

    def interval(self, metric: str, weights: Float[np.ndarray, "members"]) -> Interval:
        """The 95 % interval of a weighted sum over the choice of galaxies; of a distance there is none.

        Of a fraction the weights sum to 0, as in a difference, or are all positive.
        """
        value, found = self.value(metric, weights), self.metrics[metric]
        if value is None or found.distance is not None:
            return NONE
        if not found.fraction:
            return percentiles(self._summed(self.draws[metric], weights), self.galaxies)
        variance, total = self.variance(metric, weights), float(weights.sum())
        if abs(total) < 1e-9:
            return paired_shares(value, variance, self.galaxies)
        low, high = share(value / total, variance / total**2, self.galaxies)
        return NONE if low is None or high is None else (total * low, total * high)

    def score(self, metric: str, members: Sequence[int] = (0,)) -> Score:
        """The mean of a metric over members, say the seeds of a group.

        What is expected of a distance is that of one member: a mean over several varies less.
        """
        weights, distance = self.mean(members), self.metrics[metric].distance
        value = self.value(metric, weights)
        if distance is None:
            return Score(value, *self.interval(metric, weights))
        if value is None or self.galaxies < 2:
            return Score(value, distance=True)
        expected = distance.expected(self.galaxies)
        return Score(value, None, None, *expected, distance.p(value, self.galaxies), distance=True)

    def difference(self, metric: str, members: Sequence[int], against: Sequence[int]) -> Score:
        """The mean over ``members`` less the mean over ``against``, paired by galaxy."""
        weights = self.mean(members) - self.mean(against)
        value = self.value(metric, weights)
        if self.metrics[metric].distance is None:
            return Score(value, *self.interval(metric, weights))
        if value is None or self.galaxies < 2:
            return Score(value, distance=True)
        return Score(value, p=equal_p(value, self.variance(metric, weights)), distance=True)

    @staticmethod
    def _summed(
        rows: Float[np.ndarray, "members columns"], weights: Float[np.ndarray, "members"]
    ) -> Float[np.ndarray, "columns"]:
        """The weighted sum of rows; not by a matrix product, whose rounding depends on the number of threads."""
        chosen = np.flatnonzero(weights)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.einsum("i,ij->j", weights[chosen], rows[chosen]))


def equal_p(difference: float, variance: float) -> float:
    """Two-sided probability of a normal difference as large, if there is none."""
    if variance <= 0:
        return float(difference == 0)
    return float(2 * norm.sf(abs(difference) / np.sqrt(variance)))


def resample(
    members: Sequence[Columns],
    metrics: Mapping[str, Metric],
    resamples: int = RESAMPLES,
    seed: int = SEED,
    label: str | None = None,
) -> Draws:
    """Compute every metric whose column all members have, and how it varies with the choice of galaxies.

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
    parts = _collected([member.parts() for member in ranked])
    draws = {name: np.empty((len(members), resamples)) for name in possible if name not in parts}
    rng = np.random.default_rng(seed)
    with progress.bar(resamples, label, unit="resample") if label else nullcontext() as bar:
        for k in range(resamples):
            counts = np.bincount(rng.integers(0, count, count), minlength=count)
            for name, drawn in _collected([member.drawn(counts) for member in ranked]).items():
                draws[name][:, k] = drawn
            if bar is not None:
                bar.update()
    return Draws(possible, count, values, draws, parts)


class _Ranked:
    """The columns of one member, each sorted once, and its metrics."""

    def __init__(self, columns: Columns, metrics: Mapping[str, Metric]) -> None:
        self._metrics = metrics
        self._columns = {name: np.asarray(columns[name]) for name in {metric.column for metric in metrics.values()}}
        self._order = {name: np.argsort(column, kind="stable") for name, column in self._columns.items()}
        self._sorted = {name: self._columns[name][order] for name, order in self._order.items()}
        self._resampled = {name: metric for name, metric in metrics.items() if metric.resampled}
        self._ranked = {
            name: metric.ranked(self._sorted[metric.column])
            for name, metric in self._resampled.items()
            if metric.ranked is not None
        }

    def values(self) -> dict[str, float]:
        """Every metric, each galaxy counted once."""
        return {name: float(each.statistic(self._sorted[each.column])) for name, each in self._metrics.items()}

    def parts(self) -> dict[str, Float[np.ndarray, "galaxies"]]:
        """What each galaxy adds, in the order of the galaxies, of metrics that are not resampled."""
        found = {name: metric.parts(self._sorted[metric.column]) for name, metric in self._metrics.items()}
        return {
            name: parts[self._place(self._metrics[name].column)] for name, parts in found.items() if parts is not None
        }

    def drawn(self, counts: Counts) -> dict[str, float]:
        """Every metric that is resampled, each galaxy counted as often as it was drawn."""
        resample = _Resample(counts, self._order)
        return {name: self._drawn(name, metric, resample) for name, metric in self._resampled.items()}

    def _place(self, column: str) -> Int[np.ndarray, "galaxies"]:
        """The rank of each galaxy."""
        return np.argsort(self._order[column], kind="stable")

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


def _collected(members: Sequence[Mapping[str, Any]]) -> dict[str, Float[np.ndarray, "members *galaxies"]]:
    """What there is of each metric, a row a member."""
    return {name: np.array([member[name] for member in members]) for name in members[0]}


def _galaxies(members: Sequence[Columns]) -> int:
    """How many galaxies there are."""
    counts = {len(column) for columns in members for column in columns.values()}
    if len(counts) > 1:
        raise InputError(f"scores are paired by galaxy, but the columns hold {sorted(counts)} galaxies; give the same.")
    if counts in (set(), {0}):
        raise InputError("there are no galaxies to score; give at least one with a known redshift.")
    return counts.pop()
