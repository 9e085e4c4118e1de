"""σ_sky of each band: the unit in which a network sees its images."""

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.physics.skynoise import sky_statistics
from slipher.survey.store import Galaxies
from slipher.training.examples import pixels

__all__ = ["sky_unit"]

SAMPLE = 512
"""Images, spread over the galaxies, on which σ_sky is measured where the store does not hold it."""


def sky_unit(galaxies: Galaxies) -> Float[np.ndarray, "bands"]:
    """The median σ_sky of each band over the galaxies that have it, nanomaggies.

    Raises:
        InputError: if no galaxy has some band, or its images have no noise.
    """
    sigma = galaxies.sky_sigma if galaxies.has("sky") else _measured(galaxies)
    known = np.isfinite(sigma)
    without = [band for band, some in zip(galaxies.bands, known.any(axis=0), strict=True) if not some]
    if without:
        raise InputError(
            f"{galaxies.path} has no training galaxy with band {' or '.join(without)}; leave it out of the store, or "
            "give galaxies that have it."
        )
    unit = np.array([np.median(one[there]) for one, there in zip(sigma.T, known.T, strict=True)], np.float64)
    if not (unit > 0).all():
        silent = " and ".join(band for band, one in zip(galaxies.bands, unit, strict=True) if not one > 0)
        raise InputError(f"{galaxies.path} has no noise in band {silent}; check that its images are whole.")
    return unit


def _measured(galaxies: Galaxies) -> Float[np.ndarray, "sample bands"]:
    """σ_sky of some galaxies by the median absolute deviation of all their pixels; NaN where they lack a band."""
    places = np.unique(np.linspace(0, len(galaxies) - 1, SAMPLE).round().astype(np.int64))
    images = pixels(galaxies[places])
    return sky_statistics(images, np.zeros((len(images), *images.shape[2:]), bool))[1]
