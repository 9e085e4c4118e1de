"""How far a difference of two groups may be off: by the choice of test galaxies, and by luck in training.

The interval of galaxies alone is that of the mean over seeds. Luck in training adds t·√V, V the variance of that mean
as the seeds' scatter tells it and t Student's quantile, in quadrature to either side (Zou & Donner 2008, Statistics in
Medicine 27, 1693). What scatters between the seeds because each sees the same galaxies in its own way is in both; it is
taken off the former. Where both groups ran with the same seeds, which draw the same start and order, the scatter may be
that of the differences seed by seed, or that of each group by itself (Welch): whichever interval is narrower is taken.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.stats import norm, t

from slipher.density.bootstrap import Draws, equal_p
from slipher.density.intervals import NONE, TAIL, Interval, Z

__all__ = ["Estimate", "estimated"]

Weights = Float[np.ndarray, "members"]


@dataclass(frozen=True)
class Estimate:
    """A sum or difference of two groups with its 95 % interval, or, of PIT distances, the p of its being 0."""

    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Chance:
    """What the scatter between seeds says of a mean over them."""

    variance: float = 0.0
    """Of the mean."""
    own: float = 0.0
    """That part of it which is of galaxies, each seed seeing them in its own way."""
    freedom: float = math.inf

    def half_width(self, tail: float = 1 - TAIL) -> float:
        """Beyond which the mean is off with a probability of ``tail``, to either side."""
        return float(t.isf(tail, self.freedom)) * math.sqrt(self.variance) if self.variance > 0 else 0.0


def estimated(
    draws: Draws, metric: str, ours: Sequence[int], theirs: Sequence[int], sign: int = -1, same_seeds: bool = False
) -> Estimate:
    """The mean over our members and ``sign`` times that over theirs.

    Args:
        draws: scores of all members.
        metric: which.
        ours: members of one group, a seed each.
        theirs: of the other.
        sign: −1 for a difference, 1 for a sum.
        same_seeds: whether the members of both, in this order, ran with the same seeds.
    """
    weights = draws.mean(ours) + sign * draws.mean(theirs)
    value = draws.value(metric, weights)
    if value is None or draws.galaxies < 2:
        return Estimate(value)
    chances = [_together(_chance(draws, metric, _rows(draws, ours)), _chance(draws, metric, _rows(draws, theirs)))]
    if same_seeds:
        pairs = _rows(draws, ours) + sign * _rows(draws, theirs)
        chances.append(_chance(draws, metric, pairs))
    variance, interval = draws.variance(metric, weights), draws.interval(metric, weights)
    if draws.metrics[metric].distance is not None:
        chance = min(chances, key=lambda each: math.hypot(Z * _error(variance, each), each.half_width()))
        return Estimate(value, p=_p(value, variance, chance))
    return Estimate(value, *min((_widened(value, interval, variance, chance) for chance in chances), key=_width))


def _rows(draws: Draws, members: Sequence[int]) -> Float[np.ndarray, "seeds members"]:
    """The weights of each member alone."""
    return np.stack([draws.mean([member]) for member in members])


def _chance(draws: Draws, metric: str, rows: Float[np.ndarray, "seeds members"]) -> Chance:
    """What several seeds say; nothing of one."""
    count = len(rows)
    if count < 2:
        return Chance()
    variance = float(np.var(rows @ draws.values[metric], ddof=1)) / count
    own = sum(draws.variance(metric, row - rows.mean(axis=0)) for row in rows) / (count - 1) / count
    return Chance(variance, own, count - 1)


def _together(first: Chance, second: Chance) -> Chance:
    """Of two groups that have nothing in common, with the degrees of freedom of Welch and Satterthwaite."""
    variance = first.variance + second.variance
    spent = first.variance**2 / first.freedom + second.variance**2 / second.freedom
    return Chance(variance, first.own + second.own, variance**2 / spent if spent > 0 else math.inf)


def _widened(value: float, interval: Interval, variance: float, chance: Chance) -> Interval:
    """An interval of galaxies with luck in training added."""
    low, high = interval
    if low is None or high is None:
        return NONE
    left = _error(variance, chance) / math.sqrt(variance) if variance > 0 else 1.0
    added = chance.half_width()
    return value - math.hypot(left * (value - low), added), value + math.hypot(left * (high - value), added)


def _error(variance: float, chance: Chance) -> float:
    """The standard error by the choice of galaxies, without that part which the scatter between seeds holds too."""
    return math.sqrt(max(variance - chance.own, 0.0))


def _width(interval: Interval) -> float:
    low, high = interval
    return math.inf if low is None or high is None else high - low


def _p(value: float, variance: float, chance: Chance) -> float:
    """Two-sided probability of a difference as large if there is none: it is at the end of its interval then."""
    if chance.variance == 0:
        return equal_p(value, variance)
    error = _error(variance, chance)

    def beyond(log_tail: float) -> float:
        tail = math.exp(log_tail)
        return math.hypot(float(norm.isf(tail)) * error, chance.half_width(tail)) - abs(value)

    # one side of the distribution, between nothing and all of it
    least, most = -300.0, math.log(0.5)
    return 2 * math.exp(brentq(beyond, least, most)) if beyond(least) > 0 else 0.0
