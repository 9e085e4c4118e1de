"""Filter curves R(λ), by the names of speclite."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.extras import require

__all__ = ["SDSS", "Filter", "curve_names", "filters_for", "load_filter"]

SDSS: dict[str, str] = {band: f"sdss2010-{band}" for band in "ugriz"}
"""The names of the SDSS filters (Doi et al. 2010) by band."""


@dataclass(frozen=True, eq=False)
class Filter:
    """The relative response R of a photon-counting filter, linear between its samples and zero outside them."""

    name: str
    """Name, for speclite's own curves as speclite gives it."""
    wavelength: Float[np.ndarray, "samples"]
    """Increasing wavelengths, Å."""
    response: Float[np.ndarray, "samples"]
    """Response R at each wavelength, dimensionless; its scale never matters."""

    def __call__(self, wavelength: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """The response at any wavelength, Å."""
        return np.asarray(np.interp(wavelength, self.wavelength, self.response, left=0.0, right=0.0))

    def integral(self, upper: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """∫ R/λ dλ from the blue end to ``upper`` (Å), exact for the linear pieces."""
        inside = np.clip(upper, self.wavelength[0], self.wavelength[-1])
        piece = np.clip(np.searchsorted(self.wavelength, inside, side="right") - 1, 0, len(self._slope) - 1)
        start, slope = self.wavelength[piece], self._slope[piece]
        intercept = self.response[piece] - slope * start
        return np.asarray(self._cumulative[piece] + intercept * np.log(inside / start) + slope * (inside - start))

    @property
    def total(self) -> float:
        """∫ R/λ dλ over the whole filter."""
        return float(self._cumulative[-1])

    @property
    def effective_wavelength(self) -> float:
        """The mean wavelength of the photons of a flat F_λ, ∫ R λ² dλ / ∫ R λ dλ, Å."""
        photons = self.response * self.wavelength
        mean = np.trapezoid(photons * self.wavelength, self.wavelength) / np.trapezoid(photons, self.wavelength)
        return float(mean)

    @cached_property
    def _slope(self) -> Float[np.ndarray, "pieces"]:
        return np.asarray(np.diff(self.response) / np.diff(self.wavelength))

    @cached_property
    def _cumulative(self) -> Float[np.ndarray, "samples"]:
        intercept = self.response[:-1] - self._slope * self.wavelength[:-1]
        pieces = intercept * np.diff(np.log(self.wavelength)) + self._slope * np.diff(self.wavelength)
        return np.concatenate([[0.0], np.cumsum(pieces)])


@lru_cache(maxsize=64)
def load_filter(name: str) -> Filter:
    """One of the filter curves that speclite ships, such as ``sdss2010-r`` or ``lsst2016-y``.

    Raises:
        InputError: if speclite is not installed or does not know the name.
    """
    speclite = require("speclite.filters", "spectra")
    try:
        curve = speclite.load_filter(name)
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"speclite knows no filter {name!r}; take a band of {' '.join(SDSS)} or a speclite name such as lsst2016-y."
        ) from error
    return Filter(name, np.array(curve.wavelength, np.float64), np.array(curve.response, np.float64))


def curve_names() -> list[str]:
    """The names of the filter curves that speclite ships, GROUP-BAND, in the order of their files.

    Raises:
        InputError: if speclite is not installed.
    """
    speclite = require("speclite.filters", "spectra")
    folder = Path(str(speclite.__file__)).parent / "data" / "filters"
    return sorted(file.stem for file in folder.glob("*.ecsv"))


def filters_for(bands: Sequence[str]) -> list[Filter]:
    """The filter of each band: u, g, r, i, z mean SDSS, anything else is a name of speclite's.

    Raises:
        InputError: if a band has no filter.
    """
    return [load_filter(SDSS.get(band, band)) for band in bands]
