"""How well a galaxy is measured, in seven classes (the photoErrorClass of Beck et al. 2016, section 3.3)."""

import numpy as np
from jaxtyping import Int

from slipher.methods.photometry.features import reference_band
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.survey.store import Galaxies

__all__ = ["ERROR_CLASSES", "error_class"]

ERROR_CLASSES = (0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Upper limits of the classes 1 to 6, in magnitudes, of the root mean square of the errors of a galaxy's magnitude and
colours. Seven classes are Beck's idea, the limits are ours."""


def error_class(galaxies: Galaxies, system: MagnitudeSystem) -> Int[np.ndarray, "galaxies"]:
    """1 to 7 by the size of the photometric errors, 1 the best; 7 where a band is missing.

    Args:
        galaxies: with photometry.
        system: the magnitudes whose errors count.
    """
    _, error = system.magnitudes(galaxies, "tells how well galaxies are measured")
    variance = np.square(error)
    colours = (variance[:, :-1] + variance[:, 1:]).sum(axis=1)
    typical = np.sqrt((variance[:, reference_band(system.bands)] + colours) / len(system.bands))
    return np.asarray(np.digitize(np.nan_to_num(typical, nan=np.inf), ERROR_CLASSES) + 1)
