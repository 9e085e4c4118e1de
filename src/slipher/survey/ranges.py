"""What the values of a store's columns may be, and what they are: finite shares, least, greatest, and how many err."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from slipher.formats.plausible import DECLINATION, EBV, FLUX, REDSHIFT, RIGHT_ASCENSION, Quantity

__all__ = ["RULES", "Range", "Summary", "summarise"]

Values = Shaped[np.ndarray, "*shape"]

SIGN = 0x8000
"""The bit of a half-precision float that says it is negative."""


@dataclass(frozen=True)
class Range:
    """What each value of a column must be."""

    words: str
    """For a reader, after "each must be"."""
    low: float = -np.inf
    high: float = np.inf
    above: bool = False
    """Whether ``low`` itself is too low."""
    unknown: bool = False
    """Whether NaN stands for an unknown value."""
    infinite: bool = False
    """Whether infinity is a value."""

    def holds(self, values: Values) -> Bool[np.ndarray, "*shape"]:
        """Which values are as they must be."""
        inside = (values > self.low if self.above else values >= self.low) & (values <= self.high)
        good = inside & (True if self.infinite else np.isfinite(values))
        return np.asarray(good | np.isnan(values) if self.unknown else good)


def _unless_unknown(quantity: Quantity, what: str) -> Range:
    """As an import takes them."""
    return Range(f"{what}, or NaN where unknown", low=quantity.low, high=quantity.high, unknown=True)


ANYTHING = Range("anything", unknown=True, infinite=True)
RULES: dict[str, Range] = {
    "images": Range("finite"),
    "redshift": _unless_unknown(REDSHIFT, "a redshift"),
    "ebv": _unless_unknown(EBV, f"not negative and at most {EBV.high:g}"),
    "split": Range("0, 1 or 2", low=0, high=2),
    "photometry/flux": Range(f"finite and no brighter than {FLUX.high:g} nanomaggies", low=FLUX.low, high=FLUX.high),
    "photometry/flux_error": Range("positive", low=0, above=True, infinite=True),
    "sky/level": Range("finite, or NaN where nothing was measured", unknown=True),
    "sky/sigma": Range("not negative, or NaN where nothing was measured", low=0, unknown=True),
    "spectrum/flux": Range("finite"),
    "spectrum/ivar": Range("finite and not negative", low=0),
    "spectrum/have": Range("0 or 1", low=0, high=1),
    "catalogue/ra": _unless_unknown(RIGHT_ASCENSION, "degrees from -180 to 360"),
    "catalogue/dec": _unless_unknown(DECLINATION, "degrees from -90 to 90"),
}
"""What the values of a column must be; those of any other may be anything."""


@dataclass(frozen=True)
class Summary:
    """What some values of one column are like; sums of summaries are those of more values."""

    count: int = 0
    finite: int = 0
    broken: int = 0
    """Values that are not what the column's rule says."""
    low: float = np.inf
    """Least of the finite values."""
    high: float = -np.inf
    """Greatest of the finite values."""

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            self.count + other.count,
            self.finite + other.finite,
            self.broken + other.broken,
            min(self.low, other.low),
            max(self.high, other.high),
        )


def summarise(name: str, values: Values) -> Summary:
    """Look through values of a column of numbers.

    Args:
        name: the column, which chooses the rule.
        values: some of its values, as they are stored.
    """
    if not values.size:
        return Summary()
    rule, ends = RULES.get(name, ANYTHING), np.array(_extremes(values))
    # one not finite value shows in the extremes, so that all are as they must be if these are
    if np.isfinite(ends).all() and rule.holds(ends).all():
        return Summary(values.size, values.size, 0, *ends.tolist())
    return _one_by_one(rule, values)


def _one_by_one(rule: Range, values: Values) -> Summary:
    """The summary of values of which some are unknown, infinite or wrong."""
    wide = values.astype(np.float32) if values.dtype == np.float16 else values
    finite = np.isfinite(wide)
    low, high = _extremes(wide[finite]) if finite.any() else (np.inf, -np.inf)
    broken = int(np.count_nonzero(~rule.holds(wide)))
    return Summary(wide.size, int(np.count_nonzero(finite)), broken, low, high)


def _extremes(values: Values) -> tuple[float, float]:
    """Least and greatest value; NaN or infinite if any value is."""
    if values.dtype == np.float16:
        return _half_extremes(values)
    return float(values.min()), float(values.max())


def _half_extremes(values: Float[np.ndarray, "*shape"]) -> tuple[float, float]:
    """Least and greatest half-precision value, fifteen times as fast as numpy: bits of floats are ordered as integers.

    Positive floats rise with their bits, negative ones fall; infinity and NaN lie beyond the greatest of either sign.
    """
    signed, bits = values.view(np.int16), values.view(np.uint16)
    low = bits.max() if bits.max() >= SIGN else signed.min()
    high = signed.max() if signed.max() >= 0 else bits.min()
    return _half(low), _half(high)


def _half(bits: np.integer) -> float:
    """The half-precision number of these bits."""
    return float(np.array(int(bits) & 0xFFFF, np.uint16).view(np.float16))
