"""Asinh magnitudes, which stay finite at and below zero flux (Lupton, Gunn & Szalay 1999, AJ 118, 1406).

m = 22.5 − 2.5/ln 10 · [asinh(f/2b) + ln b] for fluxes f in nanomaggies. The softening b says where magnitudes turn
linear in flux, and belongs there where the noise is: it is that of the fluxes at hand (`noise_softening`), or, for
magnitudes that a catalogue of SDSS lists, the one that SDSS fixed (`sdss_softening`).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from slipher.errors import InputError
from slipher.physics.extinction import band_attenuation

__all__ = [
    "SDSS_SOFTENING",
    "SOFTENING_PER_NOISE",
    "asinh_fluxes",
    "asinh_magnitudes",
    "colours",
    "dereddened_fluxes",
    "measured_bands",
    "noise_softening",
    "sdss_softening",
]

SDSS_SOFTENING: dict[str, float] = {"u": 0.14, "g": 0.09, "r": 0.12, "i": 0.18, "z": 0.74}
"""SDSS's softening b of each band, nanomaggies."""

_POGSON = 2.5 / np.log(10)

SOFTENING_PER_NOISE = float(np.sqrt(_POGSON))
"""The best b in standard deviations of the flux, √(2.5/ln 10) = 1.042 (Lupton et al. 1999): smaller ones leave faint
magnitudes noisier, larger ones take bright ones further from ordinary magnitudes. A flux of 0 is known to 0.52 mag."""


def sdss_softening(bands: Sequence[str]) -> Float[np.ndarray, "bands"]:
    """The softening b of the asinh magnitudes that SDSS lists, nanomaggies.

    Raises:
        InputError: if a band is none of SDSS's.
    """
    foreign = [band for band in bands if band.removeprefix("sdss2010-") not in SDSS_SOFTENING]
    if foreign:
        raise InputError(
            f"SDSS has no band {foreign[0]}, so the softening of its asinh magnitudes is unknown; give fluxes or "
            "ordinary magnitudes."
        )
    return np.array([SDSS_SOFTENING[band.removeprefix("sdss2010-")] for band in bands])


def noise_softening(
    flux: Float[np.ndarray, "galaxies bands"], flux_error: Float[np.ndarray, "galaxies bands"]
) -> Float[np.ndarray, "bands"]:
    """The softening b that suits the noise of fluxes: 1.042 times the median error of each band, nanomaggies.

    Fluxes and errors in another unit, or of another zero point, change b by the same factor, and magnitudes by a
    constant. A band whose errors are all 0 is softened at its faintest flux, one that nobody has at 1 nanomaggy.

    Args:
        flux: fluxes, nanomaggies.
        flux_error: their standard deviations, nanomaggies; infinite where a galaxy lacks the band.
    """
    measured = measured_bands(flux, flux_error)
    return np.array([_softening(*each) for each in zip(flux.T, flux_error.T, measured.T, strict=True)])


def _softening(
    flux: Float[np.ndarray, "galaxies"],
    flux_error: Float[np.ndarray, "galaxies"],
    measured: Bool[np.ndarray, "galaxies"],
) -> float:
    """The softening of one band."""
    noise = flux_error[measured & (flux_error > 0)]
    if len(noise):
        return SOFTENING_PER_NOISE * float(np.median(noise))
    faint = np.abs(flux[measured & (flux != 0)])
    return float(faint.min()) if len(faint) else 1.0


def measured_bands(
    flux: Float[np.ndarray, "galaxies bands"], flux_error: Float[np.ndarray, "galaxies bands"]
) -> Bool[np.ndarray, "galaxies bands"]:
    """Which bands of each galaxy were measured: a missing one has an infinite error."""
    return np.asarray(np.isfinite(flux) & np.isfinite(flux_error))


def asinh_magnitudes(
    flux: Float[np.ndarray, "galaxies bands"],
    flux_error: Float[np.ndarray, "galaxies bands"],
    softening: Float[np.ndarray, "*galaxies bands"],
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Asinh magnitudes and their errors.

    Args:
        flux: fluxes, nanomaggies.
        flux_error: their standard deviations, nanomaggies.
        softening: b of each band, or of each galaxy in each band, nanomaggies.
    """
    x = flux / (2 * softening)
    magnitude = 22.5 - _POGSON * (np.arcsinh(x) + np.log(softening))
    error = _POGSON * flux_error / (2 * softening) / np.sqrt(1 + x**2)
    return np.asarray(magnitude), np.asarray(error)


def asinh_fluxes(
    magnitudes: Float[np.ndarray, "galaxies bands"],
    magnitude_errors: Float[np.ndarray, "galaxies bands"],
    softening: Float[np.ndarray, "*galaxies bands"],
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Fluxes and their errors, nanomaggies, of asinh magnitudes: the inverse of `asinh_magnitudes`.

    Args:
        magnitudes: asinh magnitudes.
        magnitude_errors: their standard deviations.
        softening: b of each band, or of each galaxy in each band, nanomaggies.
    """
    x = np.sinh((22.5 - magnitudes) / _POGSON - np.log(softening))
    flux = 2 * softening * x
    error = 2 * softening * np.sqrt(1 + x**2) * magnitude_errors / _POGSON
    return np.asarray(flux), np.asarray(error)


def dereddened_fluxes(
    flux: Float[np.ndarray, "galaxies bands"],
    flux_error: Float[np.ndarray, "galaxies bands"],
    ebv: Float[np.ndarray, "galaxies"],
    bands: Sequence[str],
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Fluxes and errors (nanomaggies) corrected for Galactic extinction; as observed where E(B−V) is unknown, NaN."""
    passed = band_attenuation(bands, np.nan_to_num(ebv))
    return np.asarray(flux / passed), np.asarray(flux_error / passed)


def colours(magnitudes: Float[np.ndarray, "galaxies bands"]) -> Float[np.ndarray, "galaxies colours"]:
    """Differences of neighbouring bands, bluer minus redder: u−g, g−r, r−i, i−z."""
    return np.asarray(magnitudes[:, :-1] - magnitudes[:, 1:])
