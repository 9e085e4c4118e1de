"""Statistics of a resample of a column, from how often each of its values was drawn.

The same numbers, but for rounding, as those of the drawn values themselves (``scores.py`` has them in plain words),
without writing these out and sorting them: a median is looked up in the running count of the sorted column.

Each function here prepares a sorted column once; what it gives back is called for every resample.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

__all__ = [
    "Drawn",
    "mad",
    "mad_centred",
    "median",
    "outliers_beyond",
    "sigma_iqr",
]

Ranked = Float[np.ndarray, "galaxies"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """How often each value of a sorted column was drawn."""

    counts: Int[np.ndarray, "galaxies"]

    def __len__(self) -> int:
        """As many are drawn as there are."""
        return len(self.counts)

    @cached_property
    def below(self) -> Int[np.ndarray, "_"]:
        """How many were drawn of the first 0, 1, ..., n values."""
        total = np.zeros(len(self) + 1, np.int64)
        np.cumsum(self.counts, out=total[1:])
        return total

    def at_rank(self, values: Ranked, rank: int) -> float:
        """The drawn value of that rank, counted from 0."""
        return float(values[self.below[1:].searchsorted(rank, side="right")])


Statistic = Callable[[Drawn], float]


def median(values: Ranked) -> Statistic:
    """The median."""
    return lambda drawn: _median(values, drawn)


def mad(values: Ranked) -> Statistic:
    """1.4826 times the median distance from 0."""
    return lambda drawn: 1.4826 * _median_distance(values, drawn, 0.0)


def mad_centred(values: Ranked) -> Statistic:
    """1.4826 times the median distance from the median."""
    return lambda drawn: 1.4826 * _median_distance(values, drawn, _median(values, drawn))


def sigma_iqr(values: Ranked) -> Statistic:
    """Interquartile range over 1.349."""
    return lambda drawn: _sigma_iqr(values, drawn)


def outliers_beyond(least: float, widths: float) -> Callable[[Ranked], Statistic]:
    """Fraction farther from 0 than so many ``sigma_iqr``, and than ``least``."""

    def prepared(values: Ranked) -> Statistic:
        def share(drawn: Drawn) -> float:
            limit = max(least, widths * _sigma_iqr(values, drawn))
            first, last = values.searchsorted(-limit, side="left"), values.searchsorted(limit, side="right")
            return float(len(drawn) - (drawn.below[last] - drawn.below[first])) / len(drawn)

        return share

    return prepared


def _median(values: Ranked, drawn: Drawn) -> float:
    low, high = _middle(drawn)
    return (drawn.at_rank(values, low) + drawn.at_rank(values, high)) / 2


def _median_distance(values: Ranked, drawn: Drawn, centre: float) -> float:
    """Median distance from some place."""
    low, high = _middle(drawn)
    first = _distance_at_rank(values, drawn, centre, low)
    return first if high == low else (first + _distance_at_rank(values, drawn, centre, high)) / 2


def _middle(drawn: Drawn) -> tuple[int, int]:
    """The two ranks in the middle, the same where there is only one."""
    return (len(drawn) - 1) // 2, len(drawn) // 2


def _distance_at_rank(values: Ranked, drawn: Drawn, centre: float, rank: int) -> float:
    """The distance from a centre that has this rank among those of the drawn values.

    Distances grow to either side of the centre. On its right the first value is looked for within whose distance lie
    enough: it, or the value on the left up to which the drawn on the left make up what lacks before it, is the one.
    """
    below, start = drawn.below, int(values.searchsorted(centre))
    # how many were drawn no farther from the centre than a value on its right
    right = bisect_left(
        range(len(values)),
        rank + 1,
        lo=start,
        key=lambda place: below[place + 1] - below[values.searchsorted(centre - (values[place] - centre))],
    )
    lacking = rank + 1 - int(below[right] - below[start])
    distances = [values[right] - centre] if right < len(values) else []
    if lacking <= below[start]:
        distances.append(centre - drawn.at_rank(values, int(below[start]) - lacking))
    return float(min(distances))


def _sigma_iqr(values: Ranked, drawn: Drawn) -> float:
    return (_quantile(values, drawn, 0.75) - _quantile(values, drawn, 0.25)) / 1.349


def _quantile(values: Ranked, drawn: Drawn, q: float) -> float:
    """A quantile, linear between the two ranks beside it."""
    place = (len(drawn) - 1) * q
    low = int(place)
    first = drawn.at_rank(values, low)
    second = first if low == place else drawn.at_rank(values, low + 1)
    return first + (place - low) * (second - first)
