"""Response tables: what a filter sees of every galaxy at every redshift of the grid, computed once.

Φ'_b(ν_c) depends on the galaxy, the bin and the band, never on the network. On pixels uniform in log10 λ a redshift is
a translation, so that all shifts of a spectrum are one correlation with the filter; brought to the rest frame, the same
shifts serve all galaxies and the correlation is a banded matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32

from slipher.physics.counting import Shifted, decide
from slipher.physics.filters import Filter
from slipher.physics.pixels import STEP, rest_pixels
from slipher.physics.uncovered import PreparedSpectra, Uncovered, check_reading, prepare
from slipher.redshift import Grid

__all__ = ["Response", "Translator", "response_table"]

CHUNK = 128
"""Spectra worked on at a time."""
BLOCK = 20
"""Redshift bins that share a matrix: few, so that little of it is zero, and many, so that products are large."""


@dataclass(frozen=True, eq=False)
class Response:
    """The response of galaxies to being moved through the redshift grid."""

    table: Float32[np.ndarray, "galaxies bins bands"]
    """Φ'_b(ν_c)/Φ'_b(1); 1 in bands that do not count."""
    counting: Bool[np.ndarray, "galaxies bands"]
    """The bands that count for each galaxy."""


@dataclass(frozen=True, eq=False)
class _Block:
    """The filter as some neighbouring bins see it, on the pixels of the rest frame."""

    bins: slice
    start: int
    """Pixel of the rest frame to which the first row belongs."""
    matrix: Float[np.ndarray, "pixels bins"]


class Translator:
    """Integrals of spectra through filters, at every redshift of a grid.

    The rest frame's pixels lie at log10 λ = 1e-4 m for integer m. A galaxy's pixels fall between them, all by the same
    fraction, so its light is shared between neighbours by that fraction. This takes R as linear between pixels, of
    which there are tens to each sample of a filter.

    Args:
        grid: the redshift bins.
        filters: the bands' filters.
    """

    def __init__(self, grid: Grid, filters: Sequence[Filter]) -> None:
        self.grid = grid
        self.filters = tuple(filters)

    @cached_property
    def _blocks(self) -> list[list[_Block]]:
        return [
            [self._block(band, slice(first, first + BLOCK)) for first in range(0, self.grid.bins, BLOCK)]
            for band in self.filters
        ]

    def _block(self, band: Filter, bins: slice) -> _Block:
        stretch = 1 + self.grid.centres[bins]
        start = int(np.floor(np.log10(band.wavelength[0] / stretch[-1]) / STEP))
        stop = int(np.ceil(np.log10(band.wavelength[-1] / stretch[0]) / STEP)) + 1
        rest = 10 ** (STEP * np.arange(start, stop))
        return _Block(bins, start, band(rest[:, None] * stretch))

    def shifted(self, spectra: PreparedSpectra, redshift: Float[np.ndarray, "galaxies"], whole: bool) -> Shifted:
        """Fluxes through every filter, at every bin and unshifted, as :func:`slipher.physics.flux.shifted_flux`'s.

        Args:
            spectra: spectra as a reading takes them.
            redshift: spectroscopic redshifts ẑ.
            whole: whether denominators are taken over the whole filter.
        """
        shift = (1 + self.grid.centres) / (1 + redshift)[:, None]
        weights = _trapezoid_weights(spectra)
        observed, error = self._observed(spectra, weights)
        total = np.array([band.total for band in self.filters])
        covered, observed_covered = self._covered(spectra, shift)
        value = self._correlate(spectra, weights, redshift) * shift[..., None] ** 2
        seen, observed_seen = (total, total) if whole else (covered * total, observed_covered * total)
        return Shifted(
            _ratio(value, seen),
            covered,
            _ratio(observed, observed_seen),
            observed_covered,
            _ratio(error, observed_seen),
        )

    def _observed(
        self, spectra: PreparedSpectra, weights: Float[np.ndarray, "galaxies pixels"]
    ) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
        """Numerators of the unshifted fluxes, and their standard deviations."""
        response = np.stack([band(spectra.wavelength) for band in self.filters], axis=-1)
        variance = np.divide(weights**2, spectra.ivar, out=np.zeros_like(weights), where=spectra.ivar > 0)
        return (spectra.flux * weights) @ response, np.sqrt(variance @ response**2)

    def _covered(
        self, spectra: PreparedSpectra, shift: Float[np.ndarray, "galaxies bins"]
    ) -> tuple[Float[np.ndarray, "galaxies bins bands"], Float[np.ndarray, "galaxies bands"]]:
        """The share of each filter that the spectra cover, shifted and unshifted."""
        ends = spectra.wavelength[np.stack([spectra.first, np.maximum(spectra.last, spectra.first)])]
        shifts = np.concatenate([shift, np.ones((len(shift), 1))], axis=1)
        low, high = ends[..., None] * shifts
        covered = np.stack([_lattice(band).between(low, high) / band.total for band in self.filters], axis=-1)
        return covered[:, :-1], covered[:, -1]

    def _correlate(
        self,
        spectra: PreparedSpectra,
        weights: Float[np.ndarray, "galaxies pixels"],
        redshift: Float[np.ndarray, "galaxies"],
    ) -> Float[np.ndarray, "galaxies bins bands"]:
        """∫ F R(νλ) λ dλ at every bin."""
        start, light = _to_rest_frame(spectra, weights, redshift)
        out = np.zeros((len(light), self.grid.bins, len(self.filters)))
        for band, blocks in enumerate(self._blocks):
            for block in blocks:
                low = max(block.start, start)
                high = min(block.start + len(block.matrix), start + light.shape[1])
                if low < high:
                    rows = block.matrix[low - block.start : high - block.start]
                    out[:, block.bins, band] = light[:, low - start : high - start] @ rows
        return out


def response_table(
    loglam0: float,
    flux: Float[np.ndarray, "galaxies pixels"],
    ivar: Float[np.ndarray, "galaxies pixels"],
    redshift: Float[np.ndarray, "galaxies"],
    grid: Grid,
    filters: Sequence[Filter],
    uncovered: Uncovered = "mask",
    min_coverage: float = 0.95,
    ebv: Float[np.ndarray, "galaxies"] | None = None,
) -> Response:
    """The response Φ'_b(ν_c)/Φ'_b(1) of many spectra (section 3, appendix B.1).

    Args:
        loglam0: log10 of the first wavelength (Å); pixels are 1e-4 wide in log10 λ.
        flux: F_λ, any unit.
        ivar: inverse variance of F_λ, 0 where a pixel is unusable.
        redshift: spectroscopic redshifts; where NaN, no band counts.
        grid: the redshift bins.
        filters: the bands' filters.
        uncovered: what a spectrum is taken to be where it was not measured.
        min_coverage: with ``mask``, the share of a filter that must be covered.
        ebv: Galactic E(B−V) to correct the spectra for before they are shifted; None leaves them reddened.

    Raises:
        InputError: if the reading is unknown or the coverage no share.
    """
    check_reading(uncovered, min_coverage)
    translator = _translator(grid, tuple(filters))
    table = np.ones((len(flux), grid.bins, len(filters)), np.float32)
    counting = np.zeros((len(flux), len(filters)), bool)
    known = np.flatnonzero(np.isfinite(redshift))
    for start in range(0, len(known), CHUNK):
        rows = known[start : start + CHUNK]
        z = np.asarray(redshift[rows], np.float64)
        dust = None if ebv is None else np.asarray(ebv)[rows]
        spectra = prepare(loglam0, flux[rows], ivar[rows], z, grid, filters, uncovered, dust)
        shifted = translator.shifted(spectra, z, whole=uncovered == "zero")
        table[rows], counting[rows] = decide(shifted, uncovered, min_coverage)
    return Response(table, counting)


@lru_cache(maxsize=4)
def _translator(grid: Grid, filters: tuple[Filter, ...]) -> Translator:
    """The translator of a grid and filters, kept since its matrices take a moment to fill."""
    return Translator(grid, filters)


class _Lattice:
    """∫ R/λ dλ of a filter, tabulated on pixels of 1e-4 in log10 λ, so that no search is needed."""

    def __init__(self, band: Filter) -> None:
        self.start = float(np.log10(band.wavelength[0]))
        pixels = int(np.ceil((np.log10(band.wavelength[-1]) - self.start) / STEP)) + 2
        self.cumulative = band.integral(10 ** (self.start + STEP * np.arange(pixels)))

    def between(
        self, low: Float[np.ndarray, "*shape"], high: Float[np.ndarray, "*shape"]
    ) -> Float[np.ndarray, "*shape"]:
        """The integral between two wavelengths, Å."""
        return np.asarray(self._upto(high) - self._upto(low))

    def _upto(self, wavelength: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        position = np.clip((np.log10(wavelength) - self.start) / STEP, 0, len(self.cumulative) - 1.000001)
        pixel = position.astype(np.int64)
        fraction = position - pixel
        return np.asarray((1 - fraction) * self.cumulative[pixel] + fraction * self.cumulative[pixel + 1])


@lru_cache(maxsize=64)
def _lattice(band: Filter) -> _Lattice:
    return _Lattice(band)


def _trapezoid_weights(spectra: PreparedSpectra) -> Float[np.ndarray, "galaxies pixels"]:
    """λ dλ by the trapezoid rule over the pixels first … last of each spectrum."""
    wavelength, end = spectra.wavelength, np.maximum(spectra.last, spectra.first)
    half = np.diff(wavelength) / 2
    below, above = wavelength[1:] * half, wavelength[:-1] * half
    weights = np.zeros(spectra.flux.shape)
    for row, (first, last) in enumerate(zip(spectra.first, end, strict=True)):
        weights[row, first:last] = above[first:last]
        weights[row, first + 1 : last + 1] += below[first:last]
    return weights


def _to_rest_frame(
    spectra: PreparedSpectra,
    weights: Float[np.ndarray, "galaxies pixels"],
    redshift: Float[np.ndarray, "galaxies"],
) -> tuple[int, Float[np.ndarray, "galaxies rest"]]:
    """Weighted light on the pixels of the rest frame, and the first of these pixels."""
    pixel, fraction = rest_pixels(spectra.loglam0, redshift)
    start, length = int(pixel.min()), spectra.flux.shape[1]
    light = np.zeros((len(pixel), int(pixel.max()) - start + length + 1))
    for row, offset in enumerate(pixel - start):
        here = spectra.flux[row] * weights[row]
        light[row, offset : offset + length] = (1 - fraction[row]) * here
        light[row, offset + 1 : offset + length + 1] += fraction[row] * here
    return start, light


def _ratio(value: Float[np.ndarray, "*shape"], denominator: Float[np.ndarray, "..."]) -> Float[np.ndarray, "*shape"]:
    """Value over denominator, 0 where the denominator vanishes."""
    return np.asarray(np.divide(value, denominator, out=np.zeros_like(value), where=denominator > 0))
