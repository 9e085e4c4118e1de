"""Asinh magnitudes, which stay finite at and below zero flux (Lupton, Gunn & Szalay 1999)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from slipher.physics.extinction import band_attenuation

__all__ = ["SOFTENING", "asinh_fluxes", "asinh_magnitudes", "colours", "dereddened_magnitudes", "softening"]

SOFTENING: dict[str, float] = {"u": 1.4e-10, "g": 0.9e-10, "r": 1.2e-10, "i": 1.8e-10, "z": 7.4e-10}
"""SDSS's softening b of each band, in units of the zero-point flux (1 maggy)."""

_POGSON = 2.5 / np.log(10)


def softening(bands: Sequence[str]) -> Float[np.ndarray, "bands"]:
    """The softening b of each band; a band that SDSS does not have takes that of z, the largest."""
    return np.array([SOFTENING.get(band, SOFTENING["z"]) for band in bands])


def asinh_magnitudes(
    flux: Float[np.ndarray, "galaxies bands"],
    flux_error: Float[np.ndarray, "galaxies bands"],
    bands: Sequence[str],
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Asinh magnitudes and their errors, m = −2.5/ln 10 · [asinh(f/2b) + ln b].

    Args:
        flux: fluxes, nanomaggies.
        flux_error: their standard deviations, nanomaggies.
        bands: band names, which choose the softening b.
    """
    b = softening(bands)
    x = flux * 1e-9 / (2 * b)
    magnitude = -_POGSON * (np.arcsinh(x) + np.log(b))
    error = _POGSON * flux_error * 1e-9 / (2 * b) / np.sqrt(1 + x**2)
    return np.asarray(magnitude), np.asarray(error)


def asinh_fluxes(
    magnitudes: Float[np.ndarray, "galaxies bands"],
    magnitude_errors: Float[np.ndarray, "galaxies bands"],
    bands: Sequence[str],
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Fluxes and their errors, nanomaggies, of asinh magnitudes: the inverse of `asinh_magnitudes`.

    Args:
        magnitudes: asinh magnitudes.
        magnitude_errors: their standard deviations.
        bands: band names, which choose the softening b.
    """
    b = softening(bands)
    x = np.sinh(-magnitudes / _POGSON - np.log(b))
    flux = 2e9 * b * x
    error = 2e9 * b * np.sqrt(1 + x**2) * magnitude_errors / _POGSON
    return np.asarray(flux), np.asarray(error)


def dereddened_magnitudes(
    flux: Float[np.ndarray, "galaxies bands"],
    flux_error: Float[np.ndarray, "galaxies bands"],
    ebv: Float[np.ndarray, "galaxies"],
    bands: Sequence[str],
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Asinh magnitudes and errors of fluxes (nanomaggies) corrected for Galactic extinction E(B−V)."""
    passed = band_attenuation(bands, ebv)
    return asinh_magnitudes(flux / passed, flux_error / passed, bands)


def colours(magnitudes: Float[np.ndarray, "galaxies bands"]) -> Float[np.ndarray, "galaxies colours"]:
    """Differences of neighbouring bands, bluer minus redder: u−g, g−r, r−i, i−z."""
    return np.asarray(magnitudes[:, :-1] - magnitudes[:, 1:])
