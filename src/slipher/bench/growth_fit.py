"""How a time grows with a number: t = a + b (n/10⁶)^k."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import curve_fit
from scipy.stats import t as student

__all__ = ["MILLION", "Growth", "fitted"]

MILLION = 1e6
"""Numbers are counted in millions."""
LEVEL = 0.95
EXPONENTS = (0.2, 3.0)
"""Between which k is looked for."""


@dataclass(frozen=True)
class Growth:
    """The law that fits best."""

    fixed: float
    """a, seconds; not negative."""
    million: float
    """b, seconds a million beyond the fixed ones."""
    exponent: float
    """k."""
    error: float
    """Standard error of the exponent."""
    low: float
    """Lower end of the 95 % interval of the exponent, by Student's t."""
    high: float

    def seconds(self, number: Float[np.ndarray, "points"]) -> Float[np.ndarray, "points"]:
        """What the law says."""
        return _law(np.log(number / MILLION), self.fixed, np.log(self.million), self.exponent)


def fitted(numbers: Sequence[int], seconds: Sequence[float]) -> Growth:
    """Fit the law by least squares of relative residuals: every decade counts alike.

    Args:
        numbers: four or more, since three are matched exactly.
        seconds: how long each took.
    """
    n, t = np.asarray(numbers, np.float64), np.asarray(seconds, np.float64)
    logarithm = np.log(n / MILLION)
    start = (t.min() / 2, np.log(t.max()) - logarithm.max(), 1.0)
    bounds = ((0.0, -np.inf, EXPONENTS[0]), (np.inf, np.inf, EXPONENTS[1]))
    best, covariance = curve_fit(_law, logarithm, t, start, sigma=t, bounds=bounds, x_scale=(t.min(), 1.0, 1.0))
    freedom = len(n) - len(best)
    error = float(np.sqrt(covariance[2, 2]))
    reach = error * float(student.ppf((1 + LEVEL) / 2, freedom))
    fixed, million, exponent = float(best[0]), float(np.exp(best[1])), float(best[2])
    return Growth(fixed, million, exponent, error, exponent - reach, exponent + reach)


def _law(
    logarithm: Float[np.ndarray, "points"], fixed: float, log_million: float, exponent: float
) -> Float[np.ndarray, "points"]:
    return np.asarray(fixed + np.exp(log_million + exponent * logarithm))
