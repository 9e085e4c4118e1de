"""What a spectrum is taken to be where it was not measured: the readings of ``uncovered``."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int

from slipher.errors import InputError
from slipher.physics.extinction import attenuation
from slipher.physics.filters import Filter
from slipher.physics.pixels import STEP, wavelengths
from slipher.physics.template import continue_spectrum
from slipher.redshift import Grid

__all__ = ["STEP", "PreparedSpectra", "Uncovered", "check_reading", "prepare"]

Uncovered = Literal["zero", "renormalise", "mask", "template"]
"""``zero``: no light there, the paper's; ``renormalise``: only the covered part of a filter counts; ``mask``: as
renormalise, but a bin that covers too little takes the response of the nearest that covers enough; ``template``: the
spectrum goes on as its best-fitting templates do."""

_ONE_BY_ONE = Lock()
"""Fits are so short that two threads at them wait for Python's lock longer than for each other."""

Rows = Float[np.ndarray, "galaxies pixels"]


@dataclass(frozen=True, eq=False)
class PreparedSpectra:
    """Spectra on one grid uniform in log10 λ, without holes between their first and last pixel."""

    loglam0: float
    """log10 of the first wavelength, Å."""
    flux: Rows
    """F_λ, float64, any unit; zero outside first … last."""
    ivar: Rows
    """Inverse variance of F_λ; zero where a value was filled in."""
    first: Int[np.ndarray, "galaxies"]
    """First pixel of each spectrum."""
    last: Int[np.ndarray, "galaxies"]
    """Last pixel of each spectrum; below ``first`` in a spectrum without a usable pixel."""

    @property
    def wavelength(self) -> Float[np.ndarray, "pixels"]:
        """Wavelengths of the pixels, Å."""
        return wavelengths(self.loglam0, self.flux.shape[1])


def check_reading(uncovered: str, min_coverage: float) -> None:
    """Raise InputError unless ``uncovered`` is a reading's name and ``min_coverage`` a share above 0."""
    if uncovered not in get_args(Uncovered):
        raise InputError(f"flux.uncovered is {uncovered!r}, but must be one of {', '.join(get_args(Uncovered))}.")
    if not 0 < min_coverage <= 1:
        raise InputError(f"flux.min_coverage is {min_coverage}, but must lie in (0, 1].")


def prepare(
    loglam0: float,
    flux: Rows,
    ivar: Rows,
    redshift: Float[np.ndarray, "galaxies"],
    grid: Grid,
    filters: Sequence[Filter],
    uncovered: Uncovered,
    ebv: Float[np.ndarray, "galaxies"] | None = None,
) -> PreparedSpectra:
    """Spectra as a reading takes them.

    Pixels without weight (ivar = 0) are taken as given by ``zero`` and ``renormalise`` and interpolated by ``mask`` and
    ``template``; pixels without weight and light at either end are no part of a spectrum.

    Args:
        loglam0: log10 of the first wavelength, Å.
        flux: F_λ, any unit, on pixels of 1e-4 in log10 λ.
        ivar: inverse variance of F_λ.
        redshift: spectroscopic redshifts.
        grid: the redshifts to which ``template`` must reach.
        filters: the filters to which ``template`` must reach.
        uncovered: the reading.
        ebv: Galactic E(B−V) to correct for; None leaves the spectra reddened.
    """
    flux, ivar = _finite(flux, ivar)
    if ebv is not None:
        passed = attenuation(wavelengths(loglam0, flux.shape[1]), np.asarray(ebv, np.float64))
        flux, ivar = flux / passed, ivar * passed**2
    if uncovered in ("zero", "renormalise"):
        return PreparedSpectra(loglam0, flux, ivar, *_extent((flux != 0) | (ivar > 0)))
    first, last = _extent(ivar > 0)
    spectra = PreparedSpectra(loglam0, _interpolated(flux, ivar, first, last), ivar, first, last)
    return spectra if uncovered == "mask" else _continued(spectra, redshift, *_reach(redshift, grid, filters))


def _finite(flux: Rows, ivar: Rows) -> tuple[Rows, Rows]:
    """Both in float64; pixels that are not finite have neither light nor weight."""
    good = np.isfinite(flux) & np.isfinite(ivar)
    weight = np.where(good, ivar, 0.0).astype(np.float64)
    return np.where(good, flux, 0.0).astype(np.float64), np.maximum(weight, 0.0)


def _extent(
    used: Bool[np.ndarray, "galaxies pixels"],
) -> tuple[Int[np.ndarray, "galaxies"], Int[np.ndarray, "galaxies"]]:
    """First and last used pixel of each row; 0 and −1 where there is none."""
    last = used.shape[1] - 1 - np.argmax(used[:, ::-1], axis=1)
    return np.argmax(used, axis=1), np.where(used.any(axis=1), last, -1)


def _interpolated(
    flux: Rows, ivar: Rows, first: Int[np.ndarray, "galaxies"], last: Int[np.ndarray, "galaxies"]
) -> Rows:
    """Flux with holes bridged linearly, zero outside the extent."""
    pixel = np.arange(flux.shape[1])
    inside = (pixel >= first[:, None]) & (pixel <= last[:, None])
    filled = np.where(inside, flux, 0.0)
    holes = inside & (ivar == 0)
    for row in np.flatnonzero(holes.any(axis=1)):
        good = np.flatnonzero(ivar[row] > 0)
        filled[row, holes[row]] = np.interp(pixel[holes[row]], good, flux[row, good])
    return filled


def _reach(redshift: Float[np.ndarray, "galaxies"], grid: Grid, filters: Sequence[Filter]) -> tuple[float, float]:
    """Observed wavelengths (Å) that the filters see when the galaxies are shifted through the whole grid."""
    nearest, farthest = min(0.0, float(redshift.min())), max(grid.z_max, float(redshift.max()))
    blue = min(band.wavelength[0] for band in filters) * (1 + float(redshift.min())) / (1 + farthest)
    red = max(band.wavelength[-1] for band in filters) * (1 + float(redshift.max())) / (1 + nearest)
    return float(blue), float(red)


def _continued(
    spectra: PreparedSpectra, redshift: Float[np.ndarray, "galaxies"], blue: float, red: float
) -> PreparedSpectra:
    """Spectra with their best-fitting templates on both sides, from below ``blue`` to above ``red`` (Å)."""
    pixels = spectra.flux.shape[1]
    before = max(0, int(np.ceil((spectra.loglam0 - np.log10(blue)) / STEP)))
    after = max(0, int(np.ceil((np.log10(red) - spectra.loglam0) / STEP)) - pixels + 1)
    loglam0 = spectra.loglam0 - STEP * before
    flux, ivar = np.zeros((2, len(spectra.flux), before + pixels + after))
    flux[:, before : before + pixels], ivar[:, before : before + pixels] = spectra.flux, spectra.ivar
    wavelength = wavelengths(loglam0, flux.shape[1])
    usable = spectra.last >= spectra.first
    with _ONE_BY_ONE:
        for row in np.flatnonzero(usable):
            seen = slice(before + spectra.first[row], before + spectra.last[row] + 1)
            unseen = np.concatenate([wavelength[: seen.start], wavelength[seen.stop :]])
            model = continue_spectrum(wavelength[seen], flux[row, seen], ivar[row, seen], float(redshift[row]), unseen)
            flux[row, : seen.start], flux[row, seen.stop :] = model[: seen.start], model[seen.start :]
    whole = np.full(len(flux), flux.shape[1] - 1)
    return PreparedSpectra(loglam0, flux, ivar, np.zeros_like(spectra.first), np.where(usable, whole, -1))
