"""The five galaxy templates of kcorrect (Blanton & Roweis 2007), and spectra continued by them."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls

from slipher.errors import InputError
from slipher.extras import require

__all__ = ["continue_spectrum", "load_templates"]

_FILE = Path("data", "templates", "kcorrect-default-v4.fits")


@lru_cache(maxsize=1)
def load_templates() -> tuple[Float[np.ndarray, "samples"], Float[np.ndarray, "templates samples"]]:
    """The templates as kcorrect ships them, 600 Å to 320 µm.

    Returns:
        wavelength: rest-frame wavelengths, Å.
        flux: F_λ of each template in erg/s/cm²/Å at 10 pc.

    Raises:
        InputError: if kcorrect or astropy is not installed.
    """
    fits = require("astropy.io.fits", "spectra")
    # kcorrect itself takes seconds to import, and only its data are wanted.
    package = find_spec("kcorrect")
    if package is None or package.origin is None:
        raise InputError("kcorrect is not installed; pip install 'slipher[spectra]' brings it.")
    with fits.open(Path(package.origin).parent / _FILE) as file:
        table = file["FLUX"].data
        wavelength = np.asarray(table["wave"][0], np.float64)
        flux = np.asarray(table["flux"][0], np.float64)
    return wavelength, flux


def continue_spectrum(
    wavelength: Float[np.ndarray, "pixels"],
    flux: Float[np.ndarray, "pixels"],
    ivar: Float[np.ndarray, "pixels"],
    redshift: float,
    target: Float[np.ndarray, "target"],
) -> Float[np.ndarray, "target"]:
    """The non-negative sum of templates that fits an observed spectrum best, at other wavelengths.

    Args:
        wavelength: observed wavelengths, Å.
        flux: F_λ, any unit.
        ivar: inverse variance of the flux, 0 where a pixel must not be fitted.
        redshift: spectroscopic redshift.
        target: observed wavelengths at which the sum is wanted, Å.
    """
    weight = np.sqrt(ivar)
    design = _shifted_templates(wavelength, redshift) * weight
    scale = np.sqrt((design**2).sum(axis=1))
    scale[scale == 0] = 1.0
    coefficients, _ = nnls((design / scale[:, None]).T, flux * weight)
    return np.asarray((coefficients / scale) @ _shifted_templates(target, redshift))


def _shifted_templates(
    wavelength: Float[np.ndarray, "pixels"], redshift: float
) -> Float[np.ndarray, "templates pixels"]:
    """The templates at a redshift, at observed wavelengths (Å); zero beyond their ends."""
    rest, flux = load_templates()
    return np.stack([np.interp(wavelength / (1 + redshift), rest, one, left=0.0, right=0.0) for one in flux])
