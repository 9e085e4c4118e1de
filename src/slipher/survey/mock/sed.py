"""The spectral energy distribution of a mock galaxy: its fluxes in the bands and its observed spectrum."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from slipher.physics.extinction import attenuation, band_attenuation
from slipher.physics.filters import filters_for
from slipher.physics.flux import synthetic_flux
from slipher.physics.template import load_templates
from slipher.survey.mock.parents import BANDS

__all__ = ["LOGLAM0", "PIXELS", "observe_spectrum", "observed_sed", "true_flux"]

STEP = 1e-4
LOGLAM0 = round(float(np.log10(3800.0)), 4)
"""log10 wavelength (Å) of the first pixel of the spectra, a multiple of the step as in SDSS files."""
PIXELS = int((np.log10(9200.0) - LOGLAM0) / STEP) + 1
"""Number of pixels of the spectra: up to 9200 Å."""
UNIT = 1e17
"""The templates are in erg/s/cm²/Å, spectra in 1e-17 of that."""
REST_FRAME = (1900.0, 12000.0)
"""Limits in Å of the templates' part that ever reaches a filter."""


@lru_cache(maxsize=1)
def _templates() -> tuple[Float[np.ndarray, "samples"], Float[np.ndarray, "templates samples"]]:
    """The part of kcorrect's templates that matters, in the units of the spectra."""
    wavelength, flux = load_templates()
    kept = (wavelength > REST_FRAME[0]) & (wavelength < REST_FRAME[1])
    return wavelength[kept], UNIT * flux[:, kept]


def observed_sed(
    coefficients: Float[np.ndarray, "templates"], redshift: float
) -> tuple[Float[np.ndarray, "samples"], Float[np.ndarray, "samples"]]:
    """The spectral energy distribution as it reaches the Galaxy, before its dust.

    Args:
        coefficients: of kcorrect's templates; they hold the distance.
        redshift: redshift z; wavelengths stretch and F_λ falls by 1 + z.

    Returns:
        Observed wavelengths in Å and F_λ in 1e-17 erg/s/cm²/Å.
    """
    wavelength, flux = _templates()
    # Not by BLAS: the last bit of its sums depends on its number of threads.
    return wavelength * (1 + redshift), np.einsum("t,ts->s", coefficients, flux) / (1 + redshift)


def true_flux(coefficients: Float[np.ndarray, "templates"], redshift: float, ebv: float) -> Float[np.ndarray, "bands"]:
    """Total flux in ugriz, in nanomaggies: T(z)·c, times one factor 10^(−0.4 k_b E(B−V)) a band.

    Args:
        coefficients: of kcorrect's templates.
        redshift: redshift z.
        ebv: Galactic E(B−V) in magnitudes.
    """
    wavelength, flux = observed_sed(coefficients, redshift)
    intrinsic = np.array([synthetic_flux(wavelength, flux, band) for band in filters_for(BANDS)])
    return np.asarray(intrinsic * band_attenuation(BANDS, np.array([ebv]))[0])


def observe_spectrum(
    coefficients: Float[np.ndarray, "templates"],
    redshift: float,
    ebv: float,
    signal_to_noise: float,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "pixels"], Float[np.ndarray, "pixels"]]:
    """The spectrum as SDSS would have it: reddened by the same dust, with noise, on SDSS's pixels.

    It is of the whole galaxy, so that its synthetic flux is the galaxy's total flux; real SDSS spectra are scaled to
    what a fibre of 3 arcseconds holds.

    Args:
        coefficients: of kcorrect's templates.
        redshift: redshift z.
        ebv: Galactic E(B−V) in magnitudes.
        signal_to_noise: median over the pixels.
        rng: source of the noise.

    Returns:
        F_λ in 1e-17 erg/s/cm²/Å and its inverse variance.
    """
    wavelength = 10 ** (LOGLAM0 + STEP * np.arange(PIXELS))
    flux = np.interp(wavelength, *observed_sed(coefficients, redshift))
    flux = flux * attenuation(wavelength, np.array([ebv]))[0]
    shape = _noise_shape(wavelength)
    sigma = shape * np.median(flux / shape) / signal_to_noise
    return flux + sigma * rng.standard_normal(PIXELS), sigma**-2.0


def _noise_shape(wavelength: Float[np.ndarray, "pixels"]) -> Float[np.ndarray, "pixels"]:
    """Noise against wavelength, 1 where SDSS's spectrographs see best: dim in the blue, bright sky in the red."""
    blue = 2.5 * np.exp(-(wavelength - 3800.0) / 350.0)
    red = np.clip((wavelength - 7500.0) / 1700.0, 0.0, None) ** 2
    return np.asarray(1.0 + blue + red)
