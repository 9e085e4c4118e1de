"""How well a galaxy is measured, in seven classes (the photoErrorClass of Beck et al. 2016, section 3.3)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from slipher.methods.photometry.features import reference_band
from slipher.physics.magnitudes import dereddened_magnitudes
from slipher.survey.store import Galaxies

__all__ = ["ERROR_CLASSES", "error_class"]

ERROR_CLASSES = (0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Upper limits of the classes 1 to 6, in magnitudes, of the root mean square of the errors of a galaxy's magnitude and
colours. Seven classes are Beck's idea, the limits are ours."""


def error_class(galaxies: Galaxies, bands: Sequence[str]) -> Int[np.ndarray, "galaxies"]:
    """1 to 7 by the size of the photometric errors, 1 the best; 7 where one is unknown.

    Args:
        galaxies: with photometry.
        bands: those that count.
    """
    index = [galaxies.bands.index(band) for band in bands]
    flux, flux_error = galaxies.flux[:, index], galaxies.flux_error[:, index]
    _, error = dereddened_magnitudes(flux, flux_error, np.nan_to_num(galaxies.ebv), bands)
    variance = np.square(error)
    colours = (variance[:, :-1] + variance[:, 1:]).sum(axis=1)
    typical = np.sqrt((variance[:, reference_band(bands)] + colours) / len(bands))
    return np.asarray(np.digitize(typical, ERROR_CLASSES) + 1)
