"""What a catalogue measured in each band, and what it only writes there.

A value that no flux or magnitude has, or without a possible error, is a missing band: flux 0 and an infinite error.
Catalogues of magnitudes tell apart what was not looked at (−99) from what was looked at and not seen (99), with the
magnitude of one standard deviation as its error (Benítez 2000, BPZ): that is a flux of 0 and its error. A band that is
0 to the last digit in more galaxies than any measurement would be is missing too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from slipher.formats.plausible import FLUX, FLUX_ERROR, MAGNITUDE, MAGNITUDE_ERROR, is_code
from slipher.physics.magnitudes import asinh_fluxes, sdss_softening
from slipher.progress import say

__all__ = ["Brightness", "Counts", "of_fluxes", "of_magnitudes"]

SIGNIFICANT = 5.0
"""Standard deviations below zero at which a code for "none" is no measured flux."""
LIMITS = (10.0, 40.0)
"""Magnitudes of one standard deviation, where an error stands; errors themselves are smaller."""
FINE = 1e-3
"""Standard deviations to which fluxes must be written for none of them to be rounded to 0."""
OFTEN = 5
"""So many zeros, and so many times more than of any other value, are no rounded measurements."""
DIGITS = 9
"""Behind the point; of more nobody makes use."""
_POGSON = 2.5 / np.log(10)

PerBand = Float64[np.ndarray, "galaxies bands"]
Which = Bool[np.ndarray, "galaxies bands"]


@dataclass(frozen=True, eq=False)
class Counts:
    """In how many galaxies something is so: in any band, then band by band; sums are of more galaxies."""

    galaxies: int
    missing: Int64[np.ndarray, "more"]
    """There is no usable value."""
    impossible: Int64[np.ndarray, "more"]
    """The value or its error cannot be."""
    zero: Int64[np.ndarray, "more"]
    """The flux is exactly 0 and no measurement."""
    unseen: Int64[np.ndarray, "more"]
    """It was looked at and not seen, and its limit is known."""
    unlimited: Int64[np.ndarray, "more"]
    """It was looked at and not seen, and no limit is given."""
    faint: Int64[np.ndarray, "more"]
    """The measured flux is 0 or less."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.galaxies + other.galaxies, *(getattr(self, name) + getattr(other, name) for name in SENTENCES)
        )

    def tell(self, bands: Sequence[str]) -> None:
        """Say what is missing and what is unusual, band by band."""
        for name, words in SENTENCES.items():
            some, *each = getattr(self, name).tolist()
            if some:
                listed = ", ".join(f"{band} {number:,}" for band, number in zip(bands, each, strict=True) if number)
                say(f"{some:,} of {self.galaxies:,} galaxies have ({listed}) {words}.")


SENTENCES = {
    "missing": "no usable value; they have flux 0 and an infinite error there",
    "impossible": "an impossible value or error, which counts as none",
    "zero": "a flux that is 0 to the last digit, which counts as none",
    "unseen": "not been seen where they were looked at; they have flux 0 and the limit as its error there",
    "unlimited": "not been seen where they were looked at, without a limit, which counts as none",
    "faint": "a flux of zero or below, which stays as measured",
}
"""The counts in words, in the order in which they are said."""


@dataclass(frozen=True, eq=False)
class Brightness:
    """Fluxes of some galaxies, nanomaggies."""

    flux: PerBand
    """0 in a missing band."""
    error: PerBand
    """Infinite in a missing band."""
    counts: Counts

    @property
    def usable(self) -> Which:
        """Which bands are not missing."""
        return np.asarray(np.isfinite(self.error))


def of_fluxes(flux: PerBand, error: PerBand, factor: float | Float64[np.ndarray, "..."] = 1.0) -> Brightness:
    """Fluxes as a catalogue has them.

    Args:
        flux: NaN where the file says that there is none.
        error: their standard errors, likewise.
        factor: nanomaggies in one of the catalogue's unit, in all bands or in each.
    """
    with np.errstate(all="ignore"):
        both = is_code(error) & (np.abs(flux) == np.abs(error))
        code = is_code(flux) & ((flux < -SIGNIFICANT * error) | (flux == error) | both)
        possible = FLUX.holds(factor * flux) & FLUX_ERROR.holds(factor * error) & ~code
        zero = possible & _filled(flux, error, possible)
        flux, error, impossible = factor * flux, factor * error, _impossible(flux, error, possible | code)
    none = np.zeros(flux.shape, bool)
    return _brightness(flux, error, possible & ~zero, impossible, zero, none, none)


def of_magnitudes(
    magnitude: PerBand, error: PerBand, bands: Sequence[str], kind: Literal["pogson", "asinh"] = "pogson"
) -> Brightness:
    """AB magnitudes as a catalogue has them.

    Args:
        magnitude: NaN where the file says that there is none.
        error: their standard errors, likewise; where 99 is written, the magnitude of one standard deviation.
        bands: their names, which choose the softening of asinh magnitudes.
        kind: ordinary magnitudes, or asinh ones with the softening of SDSS.
    """
    with np.errstate(all="ignore"):
        unseen = (magnitude > MAGNITUDE.high) & is_code(magnitude)
        limited = unseen & (error > LIMITS[0]) & (error < LIMITS[1])
        possible = MAGNITUDE.holds(magnitude) & MAGNITUDE_ERROR.holds(error)
        if kind == "asinh":
            flux, flux_error = asinh_fluxes(magnitude, error, sdss_softening(bands))
        else:
            flux = 10 ** (-0.4 * (magnitude - 22.5))
            flux_error = flux * error / _POGSON
        flux = np.where(limited, 0.0, flux)
        flux_error = np.where(limited, 10 ** (-0.4 * (error - 22.5)), flux_error)
        impossible = _impossible(magnitude, error, possible)
    none = np.zeros(flux.shape, bool)
    return _brightness(flux, flux_error, possible | limited, impossible, none, limited, unseen & ~limited)


def _impossible(value: PerBand, error: PerBand, explained: Which) -> Which:
    """Which values or errors cannot be, though they do not say that there is none."""
    there = np.isfinite(value) & np.isfinite(error) & (error > 0)
    return np.asarray(there & ~is_code(value) & ~is_code(error) & ~explained)


def _brightness(
    flux: PerBand,
    error: PerBand,
    usable: Which,
    impossible: Which,
    zero: Which,
    unseen: Which,
    unlimited: Which,
) -> Brightness:
    """Fluxes, and what became of the others."""
    flux, error = np.where(usable, flux, 0.0), np.where(usable, error, np.inf)
    faint = usable & ~unseen & (flux <= 0)
    which = (~usable, impossible, zero, unseen, unlimited, faint)
    return Brightness(flux, error, Counts(len(flux), *map(_count, which)))


def _count(which: Which) -> Int64[np.ndarray, "more"]:
    return np.array([which.any(axis=1).sum(), *which.sum(axis=0)], np.int64)


def _filled(flux: PerBand, error: PerBand, usable: Which) -> Which:
    """Which zeros were filled in: where fluxes are written so finely that none is rounded to 0, or 0 is too common."""
    filled = np.zeros(flux.shape, bool)
    for band, there in enumerate(usable.T):
        values, zero = flux[there, band], there & (flux[:, band] == 0)
        if zero.any():
            fine = _step(values) < FINE * float(np.median(error[there, band]))
            filled[:, band] = zero if fine or _common(values) else False
    return filled


def _step(values: Float64[np.ndarray, "values"]) -> float:
    """To what values are rounded, as a power of ten; infinite if all are 0."""
    others = values[values != 0]
    for digits in range(DIGITS):
        if (np.abs(others - np.round(others, digits)) <= 1e-7 * np.abs(others)).all():
            return 10.0**-digits if len(others) else np.inf
    return 0.0


def _common(values: Float64[np.ndarray, "values"]) -> bool:
    """Whether there are more zeros than of any other value by far."""
    zeros = int((values == 0).sum())
    most = int(np.unique(values[values != 0], return_counts=True)[1].max(initial=0))
    return zeros >= OFTEN and zeros > OFTEN * most
