"""Pixels of SDSS spectra: uniform in log10 λ, so that a redshift is a translation."""

import numpy as np
from jaxtyping import Float, Int

__all__ = ["STEP", "rest_pixels", "wavelengths"]

STEP = 1e-4
"""Width of a pixel in log10 λ."""


def wavelengths(loglam0: float, pixels: int) -> Float[np.ndarray, "pixels"]:
    """Wavelengths (Å) of pixels from log10 λ = ``loglam0`` on."""
    return np.asarray(10 ** (loglam0 + STEP * np.arange(pixels)))


def rest_pixels(
    loglam0: float, redshift: Float[np.ndarray, "galaxies"]
) -> tuple[Int[np.ndarray, "galaxies"], Float[np.ndarray, "galaxies"]]:
    """Where a spectrum's first pixel lies among those of the rest frame, which are at log10 λ = 1e-4 m, m integer.

    Args:
        loglam0: log10 of the first observed wavelength, Å.
        redshift: of each galaxy.

    Returns:
        The pixel m below it, and the fraction of a pixel by which it lies above; both serve all pixels of a spectrum.
    """
    position = (loglam0 - np.log10(1 + redshift)) / STEP
    pixel: Int[np.ndarray, "galaxies"] = np.floor(position).astype(np.int64)
    return pixel, position - pixel
