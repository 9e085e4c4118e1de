"""Synthetic flux of a spectrum through a filter, by the trapezoid rule (section 3, appendices A and B.1).

Everything here is the plain definition, one spectrum at a time; :mod:`slipher.physics.response` does the same for many
spectra at once.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from slipher.physics.counting import Shifted, decide
from slipher.physics.filters import Filter
from slipher.physics.uncovered import Uncovered, check_reading, prepare
from slipher.redshift import Grid

__all__ = ["coverage", "direct_response", "shifted_flux", "synthetic_flux"]

LIGHT = 2.99792458e18
"""Speed of light, Å/s."""
FLUX_UNIT = 1e-17
"""Unit of spectra, erg/s/cm²/Å."""
NANOMAGGY = 3.631e-29
"""3631 nJy, in erg/s/cm²/Hz."""


def synthetic_flux(wavelength: Float[np.ndarray, "pixels"], flux: Float[np.ndarray, "pixels"], band: Filter) -> float:
    """The AB flux of a spectrum through a filter, ∫ F R λ dλ / ∫ (c/λ) R dλ, both over the pixels of the spectrum.

    Args:
        wavelength: increasing wavelengths, Å.
        flux: F_λ in 1e-17 erg/s/cm²/Å.
        band: the filter.

    Returns:
        Nanomaggies; 0 if the spectrum misses the filter.
    """
    value = _through(wavelength[None], flux, band, whole=False)
    return float(value[0] * FLUX_UNIT / LIGHT / NANOMAGGY)


def coverage(
    low: Float[np.ndarray, "*shape"], high: Float[np.ndarray, "*shape"], band: Filter
) -> Float[np.ndarray, "*shape"]:
    """The share of ∫ R/λ dλ that lies between two wavelengths, Å."""
    return np.asarray(np.clip((band.integral(high) - band.integral(low)) / band.total, 0.0, 1.0))


def shifted_flux(
    wavelength: Float[np.ndarray, "pixels"],
    flux: Float[np.ndarray, "pixels"],
    band: Filter,
    shift: Float[np.ndarray, "shifts"],
    whole: bool = False,
) -> tuple[Float[np.ndarray, "shifts"], Float[np.ndarray, "shifts"]]:
    """∫ F(λ) R(λ') λ' dλ' / ∫ R(λ')/λ' dλ' over the shifted pixels λ' = νλ.

    Args:
        wavelength: increasing wavelengths λ, Å.
        flux: F_λ, carried unchanged with its pixels.
        band: the filter R.
        shift: ν = (1 + z)/(1 + ẑ).
        whole: whether the denominator is taken over the whole filter instead.

    Returns:
        value: Φ' times the speed of light, 0 where the pixels miss the filter.
        covered: the share of the filter's ∫ R/λ dλ that the pixels cover.
    """
    shifted = shift[:, None] * wavelength
    return _through(shifted, flux, band, whole), coverage(shifted[:, 0], shifted[:, -1], band)


def _through(
    wavelength: Float[np.ndarray, "shifts pixels"], flux: Float[np.ndarray, "pixels"], band: Filter, whole: bool
) -> Float[np.ndarray, "shifts"]:
    """Φ' times the speed of light of pixels at shifted wavelengths, as in :func:`shifted_flux`."""
    response = band(wavelength)
    numerator = np.trapezoid(flux * response * wavelength, wavelength, axis=1)
    covered = np.trapezoid(response / wavelength, wavelength, axis=1)
    denominator = np.full_like(covered, band.total) if whole else covered
    return np.asarray(np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0))


def direct_response(
    loglam0: float,
    flux: Float[np.ndarray, "pixels"],
    ivar: Float[np.ndarray, "pixels"],
    redshift: float,
    grid: Grid,
    filters: Sequence[Filter],
    uncovered: Uncovered = "mask",
    min_coverage: float = 0.95,
) -> Float[np.ndarray, "bins bands"]:
    """The response Φ'_b(ν_c)/Φ'_b(1) of one spectrum, every integral by the trapezoid rule.

    Args:
        loglam0: log10 of the first wavelength (Å); pixels are 1e-4 wide in log10 λ.
        flux: F_λ, any unit.
        ivar: inverse variance of F_λ.
        redshift: spectroscopic redshift ẑ.
        grid: the redshift bins.
        filters: the bands' filters.
        uncovered: what the spectrum is taken to be where it was not measured.
        min_coverage: with ``mask``, the share of a filter that must be covered.

    Returns:
        float64; 1 in a band that does not count.
    """
    check_reading(uncovered, min_coverage)
    spectra = prepare(loglam0, flux[None], ivar[None], np.array([redshift]), grid, filters, uncovered)
    seen = slice(int(spectra.first[0]), int(spectra.last[0]) + 1)
    pixels, light, weight = spectra.wavelength[seen], spectra.flux[0, seen], spectra.ivar[0, seen]
    shift = np.concatenate([(1 + grid.centres) / (1 + redshift), [1.0]])
    bands = [shifted_flux(pixels, light, band, shift, whole=uncovered == "zero") for band in filters]
    value, covered = (np.stack(each, axis=-1) for each in zip(*bands, strict=True))
    error = np.array([_error(pixels, weight, band) for band in filters])
    shifted = Shifted(value[None, :-1], covered[None, :-1], value[None, -1], covered[None, -1], error[None])
    response, _ = decide(shifted, uncovered, min_coverage)
    return np.asarray(response[0])


def _error(wavelength: Float[np.ndarray, "pixels"], ivar: Float[np.ndarray, "pixels"], band: Filter) -> float:
    """Standard deviation of the unshifted flux from the pixels' own, in the units of :func:`shifted_flux`."""
    response = band(wavelength)
    good = ivar > 0
    weights = (response * wavelength * np.gradient(wavelength))[good]
    covered = float(np.trapezoid(response / wavelength, wavelength))
    return float(np.sqrt((weights**2 / ivar[good]).sum()) / covered) if covered > 0 else float("inf")
