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
NEGLIGIBLE = 1e-12
"""Share of a fit's stiffness below which a direction has none: some templates are then alike, or not there."""


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
    rest, templates = load_templates()
    design = _shifted_templates(wavelength, redshift)
    weighted = design * ivar
    coefficients = _non_negative(weighted @ design.T, weighted @ flux)
    return np.asarray(np.interp(target / (1 + redshift), rest, coefficients @ templates, left=0.0, right=0.0))


def _non_negative(
    curvature: Float[np.ndarray, "templates templates"], gradient: Float[np.ndarray, "templates"]
) -> Float[np.ndarray, "templates"]:
    """The c ≥ 0 of the least cᵀHc/2 − gᵀc: a least-squares problem with as many rows as templates, not as pixels."""
    scale = np.sqrt(np.diag(curvature))
    scale[scale == 0] = 1.0
    stiffness, direction = np.linalg.eigh(curvature / np.outer(scale, scale))
    kept = stiffness > NEGLIGIBLE * stiffness[-1]
    if not kept.any():
        return np.zeros_like(gradient)
    root, seen = np.sqrt(stiffness[kept]), direction[:, kept].T
    coefficients, _ = nnls(root[:, None] * seen, seen @ (gradient / scale) / root)
    return np.asarray(coefficients / scale)


def _shifted_templates(
    wavelength: Float[np.ndarray, "pixels"], redshift: float
) -> Float[np.ndarray, "templates pixels"]:
    """The templates at a redshift, at observed wavelengths (Å); zero beyond their ends."""
    rest, flux = load_templates()
    # one search of where each wavelength lies serves all templates
    position = np.interp(wavelength / (1 + redshift), rest, np.arange(len(rest)), left=np.nan, right=np.nan)
    inside = np.isfinite(position)
    position = np.where(inside, position, 0.0)
    sample = np.minimum(position.astype(np.int64), len(rest) - 2)
    below, above = (np.take(flux, sample + step, axis=1) for step in (0, 1))
    return np.asarray(np.where(inside, below + (position - sample) * (above - below), 0.0))
