"""The five galaxy templates of kcorrect (Blanton & Roweis 2007), and spectra continued by them."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls

from slipher.errors import InputError
from slipher.extras import require
from slipher.physics.pixels import STEP, rest_pixels

__all__ = ["continue_spectrum", "load_templates"]

PHASES = 16
"""Samples of the templates to a pixel of 1e-4 in log10 λ; between two they are taken as linear."""
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
    loglam0: float, flux: Float[np.ndarray, "pixels"], ivar: Float[np.ndarray, "pixels"], redshift: float
) -> Float[np.ndarray, "pixels"]:
    """The non-negative sum of templates that fits an observed spectrum best, on all its pixels.

    Args:
        loglam0: log10 of the first observed wavelength (Å); pixels are 1e-4 wide in log10 λ.
        flux: F_λ, any unit, finite.
        ivar: inverse variance of the flux, 0 where a pixel is not to be fitted.
        redshift: spectroscopic redshift.
    """
    below, above, share = _shifted_templates(loglam0, len(flux), redshift)
    used = np.flatnonzero(ivar)
    fitted = slice(used[0], used[-1] + 1) if len(used) else slice(0)
    templates = (1 - share) * below[:, fitted] + share * above[:, fitted]
    weighted = templates * ivar[fitted]
    coefficients = _non_negative(weighted @ templates.T, weighted @ flux[fitted])
    return np.asarray((1 - share) * (coefficients @ below) + share * (coefficients @ above))


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
    loglam0: float, pixels: int, redshift: float
) -> tuple[Float[np.ndarray, "templates pixels"], Float[np.ndarray, "templates pixels"], float]:
    """The templates' samples below and above observed pixels at a redshift, and the share of the latter.

    All pixels lie by the same fraction above those of the rest frame, so that a shift picks neighbours.
    """
    first, samples = _rest_templates()
    pixel, fraction = rest_pixels(loglam0, np.array([redshift]))
    phase, share = divmod(float(fraction[0]) * PHASES, 1.0)
    carry, following = divmod(int(phase) + 1, PHASES)
    start = int(pixel[0]) - first
    return _stretch(samples[int(phase)], start, pixels), _stretch(samples[following], start + carry, pixels), share


@lru_cache(maxsize=1)
def _rest_templates() -> tuple[int, Float[np.ndarray, "phases templates pixels"]]:
    """The first m and the templates at log10 λ = 1e-4 (m + phase/PHASES), in the rest frame."""
    rest, templates = load_templates()
    first, last = (int(np.floor(np.log10(wavelength) / STEP)) for wavelength in rest[[0, -1]])
    fine = 10 ** (STEP * (first + np.arange((last - first) * PHASES) / PHASES))
    samples = np.stack([np.interp(fine, rest, each, left=0.0, right=0.0) for each in templates])
    return first, np.ascontiguousarray(samples.reshape(len(templates), -1, PHASES).transpose(2, 0, 1))


def _stretch(
    samples: Float[np.ndarray, "templates pixels"], start: int, count: int
) -> Float[np.ndarray, "templates _"]:
    """Some pixels from one on, zero where there are none."""
    low, high = max(start, 0), min(start + count, samples.shape[1])
    if high - low == count:
        return samples[:, low:high]
    padded = np.zeros((len(samples), count))
    if low < high:
        padded[:, low - start : high - start] = samples[:, low:high]
    return padded
