"""What methods on measured photometry look at: one magnitude and the colours of adjacent bands."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from slipher.errors import InputError
from slipher.physics.magnitudes import colours, dereddened_magnitudes
from slipher.survey.store import Galaxies

__all__ = ["features_of", "is_r", "magnitude_and_colours", "measured_bands", "reference_band", "spread"]

LEAST_SPREAD = 1e-6
"""Standard deviation, in magnitudes, that a feature has at least, so that it can be divided by."""


def features_of(galaxies: Galaxies, bands: Sequence[str], use: str) -> Float[np.ndarray, "galaxies features"]:
    """Dereddened reference magnitude and adjacent colours of a store's galaxies, in asinh magnitudes.

    Args:
        galaxies: a store with photometry; it may have more bands.
        bands: those to take, blue to red.
        use: what needs the photometry and what to do without, for the error.

    Returns:
        The features; NaN where one needs a band that the galaxy lacks.

    Raises:
        InputError: if the store has no photometry.
    """
    if not galaxies.has("photometry"):
        raise InputError(f"{galaxies.path} has no photometry, which {use}.")
    index = [galaxies.bands.index(band) for band in bands]
    return magnitude_and_colours(galaxies.flux[:, index], galaxies.flux_error[:, index], galaxies.ebv, bands)


def magnitude_and_colours(
    flux: Float[np.ndarray, "galaxies bands"],
    flux_error: Float[np.ndarray, "galaxies bands"],
    ebv: Float[np.ndarray, "galaxies"],
    bands: Sequence[str],
) -> Float[np.ndarray, "galaxies bands"]:
    """The reference magnitude (r, or the middle band) and the colours of adjacent bands, dereddened.

    A galaxy whose E(B−V) is unknown is taken as it was observed. What needs a band that was not measured is NaN: the
    asinh magnitude of the 0 that stands for it would pass for that of a very faint galaxy.
    """
    magnitudes, _ = dereddened_magnitudes(flux, flux_error, np.nan_to_num(ebv), bands)
    magnitudes = np.where(measured_bands(flux, flux_error), magnitudes, np.nan)
    return np.column_stack([magnitudes[:, reference_band(bands)], colours(magnitudes)])


def measured_bands(
    flux: Float[np.ndarray, "galaxies bands"], flux_error: Float[np.ndarray, "galaxies bands"]
) -> Bool[np.ndarray, "galaxies bands"]:
    """Which bands of each galaxy were measured: a missing one has an infinite error."""
    return np.asarray(np.isfinite(flux) & np.isfinite(flux_error))


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
