"""Galactic extinction in the SDSS bands and between them.

The coefficients are those of Schlegel, Finkbeiner & Davis (1998, table 6), as the SDSS catalogues use them.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from slipher.physics.filters import load_filter

__all__ = [
    "EFFECTIVE_WAVELENGTH",
    "EXTINCTION_PER_EBV",
    "EXTINCTION_PER_EBV_2011",
    "attenuation",
    "band_attenuation",
    "effective_wavelength",
    "extinction_coefficients",
    "extinction_curve",
]

EXTINCTION_PER_EBV: dict[str, float] = {"u": 5.155, "g": 3.793, "r": 2.751, "i": 2.086, "z": 1.479}
"""A_b / E(B−V), magnitudes."""

EXTINCTION_PER_EBV_2011: dict[str, float] = {"u": 4.239, "g": 3.303, "r": 2.285, "i": 1.698, "z": 1.263}
"""A_b / E(B−V of SFD98) of Schlafly & Finkbeiner (2011, table 6, R_V = 3.1)."""

EFFECTIVE_WAVELENGTH = {"u": 3614.4, "g": 4749.2, "r": 6205.8, "i": 7525.6, "z": 8947.4}
"""Of the sdss2010 filters, Å: at these a reddened spectrum is as red as the bands' reddened fluxes."""


def extinction_curve(wavelength: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """A_λ / E(B−V) at any wavelength (Å).

    The curve runs through the five bands' coefficients at their effective wavelengths, linear in 1/λ between them;
    redwards of z it falls linearly in 1/λ to nothing at infinite wavelength, bluewards of u the line from g goes on.
    """
    knots = np.concatenate([[0.0], 1 / np.array([EFFECTIVE_WAVELENGTH[band] for band in "zirgu"])])
    values = np.concatenate([[0.0], [EXTINCTION_PER_EBV[band] for band in "zirgu"]])
    inverse = 1 / np.asarray(wavelength, np.float64)
    slope = (values[-1] - values[-2]) / (knots[-1] - knots[-2])
    return np.asarray(np.interp(inverse, knots, values) + slope * np.maximum(inverse - knots[-1], 0.0))


def extinction_coefficients(bands: Sequence[str]) -> Float[np.ndarray, "bands"]:
    """A_b / E(B−V) of each band; a band that SDSS does not have takes the curve at its effective wavelength.

    Raises:
        InputError: if a band has no filter.
    """
    return np.array([_coefficient(band) for band in bands])


def attenuation(
    wavelength: Float[np.ndarray, "pixels"], ebv: Float[np.ndarray, "galaxies"]
) -> Float[np.ndarray, "galaxies pixels"]:
    """The share of light, 10^(−0.4 A_λ), that passes the Galaxy's dust at each wavelength, Å."""
    return np.asarray(10 ** (-0.4 * ebv[:, None] * extinction_curve(wavelength)))


def band_attenuation(bands: Sequence[str], ebv: Float[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies bands"]:
    """The share of light, 10^(−0.4 A_b), that passes the Galaxy's dust in each band.

    Raises:
        InputError: if there is dust and a band has no filter.
    """
    if not np.any(ebv):
        return np.ones((len(ebv), len(bands)))
    return np.asarray(10 ** (-0.4 * ebv[:, None] * extinction_coefficients(bands)))


def effective_wavelength(band: str) -> float:
    """The effective wavelength of a band, Å.

    Raises:
        InputError: if it has no filter.
    """
    return EFFECTIVE_WAVELENGTH[band] if band in EFFECTIVE_WAVELENGTH else load_filter(band).effective_wavelength


def _coefficient(band: str) -> float:
    if band in EXTINCTION_PER_EBV:
        return EXTINCTION_PER_EBV[band]
    return float(extinction_curve(np.array(effective_wavelength(band))))
