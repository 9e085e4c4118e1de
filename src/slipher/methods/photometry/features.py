"""What methods on measured photometry look at: one magnitude and the colours of adjacent bands."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from slipher.methods.photometry.system import MagnitudeSystem
from slipher.physics.magnitudes import colours
from slipher.survey.store import Galaxies

__all__ = ["features_of", "is_r", "magnitude_and_colours", "reference_band", "spread"]

LEAST_SPREAD = 1e-6
"""Standard deviation, in magnitudes, that a feature has at least, so that it can be divided by."""


def features_of(galaxies: Galaxies, system: MagnitudeSystem, use: str) -> Float[np.ndarray, "galaxies features"]:
    """Dereddened reference magnitude and adjacent colours of a store's galaxies, float64.

    Args:
        galaxies: a store with photometry; it may have more bands.
        system: the magnitudes to take.
        use: what needs the photometry and what to do without, for the error.

    Returns:
        The features; NaN where one needs a band that the galaxy lacks.

    Raises:
        InputError: if the store has no photometry, or lacks a band.
    """
    magnitudes, _ = system.magnitudes(galaxies, use)
    return magnitude_and_colours(magnitudes, system.bands)


def magnitude_and_colours(
    magnitudes: Float[np.ndarray, "galaxies bands"], bands: Sequence[str]
) -> Float[np.ndarray, "galaxies bands"]:
    """The magnitude in the reference band (r, or the middle one) and the colours of adjacent bands."""
    return np.column_stack([magnitudes[:, reference_band(bands)], colours(magnitudes)])


def reference_band(bands: Sequence[str]) -> int:
    """The place of the band whose magnitude stands for brightness: r of any survey (lsst2016-r), or the middle one."""
    return next((place for place, band in enumerate(bands) if is_r(band)), len(bands) // 2)


def is_r(band: str) -> bool:
    """Whether a band is some survey's r: r itself, or a name of speclite's such as lsst2016-r."""
    return band.rpartition("-")[2] == "r"


def spread(
    features: Float[np.ndarray, "galaxies features"],
) -> tuple[Float[np.ndarray, "features"], Float[np.ndarray, "features"]]:
    """Mean and standard deviation of the known values of each feature; 0 and 1 where none is known."""
    known = np.isfinite(features)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, features, 0.0).sum(axis=0) / count
    deviation = np.sqrt(np.square(np.where(known, features - mean, 0.0)).sum(axis=0) / count)
    return mean, np.where(known.any(axis=0), np.maximum(deviation, LEAST_SPREAD), 1.0)
