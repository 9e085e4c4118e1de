"""Which bands count for a galaxy, and the response of the bins that a spectrum does not cover."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from slipher.physics.uncovered import Uncovered

__all__ = ["SIGNIFICANCE", "Shifted", "decide"]

SIGNIFICANCE = 5.0
"""With ``mask``, standard deviations by which the observed flux must differ from nothing for a band to count."""


@dataclass(frozen=True, eq=False)
class Shifted:
    """Synthetic fluxes of spectra shifted through the grid, in any one unit a galaxy and band."""

    value: Float[np.ndarray, "galaxies bins bands"]
    """Φ'_b(ν_c)."""
    covered: Float[np.ndarray, "galaxies bins bands"]
    """The share of the filter that the shifted spectrum covers."""
    observed: Float[np.ndarray, "galaxies bands"]
    """Φ'_b(1)."""
    observed_covered: Float[np.ndarray, "galaxies bands"]
    """The share of the filter that the spectrum covers unshifted."""
    observed_error: Float[np.ndarray, "galaxies bands"]
    """Standard deviation of Φ'_b(1)."""


def decide(
    shifted: Shifted, uncovered: Uncovered, min_coverage: float
) -> tuple[Float[np.ndarray, "galaxies bins bands"], Bool[np.ndarray, "galaxies bands"]]:
    """The response Φ'_b(ν_c)/Φ'_b(1), and the bands that count.

    A band counts if Φ'_b(1) is positive; with ``mask`` only if it also is significant and the filter covered, and then
    a bin that is covered too little takes the response of the nearest that is covered enough.

    Returns:
        response: 1 in bands that do not count, so that they ask for nothing.
        counting: the bands that count.
    """
    counting = np.isfinite(shifted.observed) & (shifted.observed > 0)
    value = shifted.value
    if uncovered == "mask":
        enough = shifted.covered >= min_coverage
        significant = shifted.observed > SIGNIFICANCE * shifted.observed_error
        counting &= significant & (shifted.observed_covered >= min_coverage) & enough.any(axis=1)
        value = np.take_along_axis(value, _nearest(enough), axis=1)
    scale = np.where(counting, shifted.observed, 1.0)
    return np.where(counting[:, None], value / scale[:, None], 1.0), counting


def _nearest(enough: Bool[np.ndarray, "galaxies bins bands"]) -> Int[np.ndarray, "galaxies bins bands"]:
    """For every bin the nearest that is covered; its own if there is none."""
    bins = enough.shape[1]
    index = np.arange(bins)[:, None]
    below = np.maximum.accumulate(np.where(enough, index, -2 * bins), axis=1)
    above = np.minimum.accumulate(np.where(enough, index, 3 * bins)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(index - below <= above - index, below, above)
    return np.where((nearest >= 0) & (nearest < bins), nearest, index)
