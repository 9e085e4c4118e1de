"""95 % intervals of a number measured on n galaxies, each for what it suits.

Which suits was chosen by measurement: ``tests/density/measure_coverage.py`` prints how often each holds the truth.
"""

import math

import numpy as np
from jaxtyping import Float
from scipy.stats import norm, t

__all__ = ["LEVEL", "NONE", "Interval", "nearer", "paired_shares", "percentiles", "share"]

LEVEL = 0.95
TAIL = (1 + LEVEL) / 2
Z = float(norm.ppf(TAIL))

Interval = tuple[float | None, float | None]
NONE: Interval = (None, None)
"""Of one galaxy, or of what is infinite."""


def percentiles(draws: Float[np.ndarray, "resamples"], n: int) -> Interval:
    """What lies between two percentiles of bootstrap draws of n galaxies.

    The percentiles are those of Student's t, and set off what resampling lacks in width for few galaxies (Hesterberg
    2015, The American Statistician 69, 371, section 5.3): 2.5 and 97.5 for many.
    """
    if n < 2 or not np.isfinite(draws).all():
        return NONE
    tail = norm.cdf(-math.sqrt(n / (n - 1)) * t.ppf(TAIL, n - 1))
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def share(value: float, variance: float, n: int) -> Interval:
    """Wilson's (1927) interval of a fraction of n galaxies; also of none of them, or of all.

    Args:
        value: the fraction.
        variance: of the fraction; what exceeds or falls short of the binomial value(1 − value)/n, as in means over
            several models of the same galaxies, counts as fewer or more galaxies.
        n: galaxies.
    """
    if n < 2:
        return NONE
    effective = value * (1 - value) / variance if 0 < value < 1 and variance > 0 else float(n)
    narrower = Z**2 / effective
    half = Z * math.sqrt(max(value * (1 - value), 0.0) / effective + (Z / (2 * effective)) ** 2)
    low, high = ((value + narrower / 2 + side * half) / (1 + narrower) for side in (-1, 1))
    # of none or of all the ends are 0 and 1 exactly, which rounding misses
    return (0.0 if value <= 0 else low), (1.0 if value >= 1 else high)


def paired_shares(difference: float, variance: float, n: int) -> Interval:
    """Interval of the difference of two fractions of the same n galaxies (Bonett & Price 2012, JEBS 37, 479).

    Two galaxies are added, one that counts for the first only and one that counts for the second only; then it is
    normal. So there is an interval also where no galaxy tells the two apart.

    Args:
        difference: of the fractions.
        variance: of the difference.
        n: galaxies.
    """
    if n < 2:
        return NONE
    mean = n * difference / (n + 2)
    squares = (n * (n * variance + difference**2) + 2) / (n + 2)
    half = Z * math.sqrt((squares - mean**2) / (n + 2))
    return mean - half, mean + half


def nearer(difference: Interval, total: Interval) -> Interval:
    """Interval of |a| − |b| from those of a − b and a + b.

    |a| − |b| is a − b, a + b, or either's negative: the smaller of the two in size, and negative where they differ in
    sign. That is monotone in each, so that it is extreme in the corners of what both intervals allow.
    """
    if None in difference or None in total:
        return NONE
    corners = [
        _smaller(first, second) for first in difference for second in total if first is not None and second is not None
    ]
    return min(corners), max(corners)


def _smaller(difference: float, total: float) -> float:
    return math.copysign(min(abs(difference), abs(total)), difference * total)
