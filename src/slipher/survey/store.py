"""Reading a galaxy store: lazy views of its rows."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, Shaped, UInt8

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.formats.parts import TEST, TRAIN, VALIDATION
from slipher.survey.extents import Extent
from slipher.survey.header import damaged, read_header, truncated
from slipher.survey.layout import CHECKSUMS, METADATA_CHECKSUM

__all__ = ["Galaxies", "Spectra", "open_store", "truth", "widened"]

PARTS = {
    "images": "images",
    "spectra": "spectrum/flux",
    "photometry": "photometry/flux",
    "sources": "sources",
    "sky": "sky/level",
    "correlation": "sky/correlation",
    "valid": "valid",
}
CATALOGUE = "catalogue/"
# Reading a little too much is cheaper than one more system call.
WORTH_SKIPPING = 4096
# Rows as narrow as a number each are held whole once some are picked: a system call for each would take longer.
NARROW = 8


@dataclass(frozen=True)
class Spectra:
    """Observed spectra on one grid of wavelengths, uniform in log10 λ with a step of 1e-4."""

    loglam0: float
    """log10 of the wavelength (Å) of the first pixel."""
    flux: Float32[np.ndarray, "galaxies pixels"]
    """F_λ in 1e-17 erg/s/cm²/Å."""
    ivar: Float32[np.ndarray, "galaxies pixels"]
    """Inverse variance of the flux; 0 where a pixel is unusable or unobserved."""
    have: Bool[np.ndarray, "galaxies"]
    """Which galaxies have a spectrum."""


@dataclass
class StoreFile:
    """A store's file: its header, and the bytes of its columns; holds nothing open that a fork or a pickle breaks."""

    path: Path
    attributes: dict[str, Any]
    places: dict[str, Extent]
    inode: int
    """Which file it was when its header was read."""
    _open: dict[int, int] = field(default_factory=dict, repr=False)
    _columns: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}, "_columns": {}}

    def __del__(self) -> None:
        descriptor = self._open.pop(os.getpid(), None)
        if descriptor is not None:
            os.close(descriptor)

    @property
    def descriptor(self) -> int:
        """The file, opened once in each process.

        Raises:
            InputError: if another file lies there by now, in which everything may lie elsewhere.
        """
        process = os.getpid()
        if process not in self._open:
            self._open[process] = os.open(self.path, os.O_RDONLY)
            if os.fstat(self._open[process]).st_ino != self.inode:
                raise InputError(f"{self.path} was replaced while it was in use; open it again.")
        return self._open[process]

    def read(self, name: str, rows: Int64[np.ndarray, "galaxies"]) -> Shaped[np.ndarray, " galaxies *entry"]:
        """The rows of a dataset in the order asked for, as they are stored."""
        place = self.places[name]
        out = np.empty((len(rows), *place.shape[1:]), place.dtype)
        if _consecutive(rows):
            self._fill(out, place, int(rows[0]))
            return out
        if place.row_bytes <= NARROW and len(rows):
            return np.take(self._column(name), rows, axis=0)
        order = np.argsort(rows, kind="stable")
        for first, last in _runs(rows[order], place.row_bytes):
            self._gather(out, place, rows, order[first:last])
        return out

    def read_all(self, name: str) -> Shaped[np.ndarray, " rows *entry"]:
        """A whole dataset."""
        return self.read(name, np.arange(self.places[name].shape[0], dtype=np.int64))

    def _column(self, name: str) -> Shaped[np.ndarray, " rows *entry"]:
        """A whole dataset, read once."""
        if name not in self._columns:
            self._columns[name] = self.read_all(name)
        return self._columns[name]

    def _gather(
        self, out: np.ndarray, place: Extent, rows: Int64[np.ndarray, "galaxies"], where: Int64[np.ndarray, "run"]
    ) -> None:
        """Read rows that lie close together at once: straight to where they belong, or by way of all between them."""
        start, low, high = int(where[0]), int(rows[where[0]]), int(rows[where[-1]]) + 1
        target = slice(start, start + high - low)
        if len(where) == 1 or (high - low == len(where) and np.array_equal(rows[target], np.arange(low, high))):
            self._fill(out[target], place, low)
            return
        span = np.empty((high - low, *place.shape[1:]), place.dtype)
        self._fill(span, place, low)
        out[where] = span[rows[where] - low]

    def _fill(self, out: Any, place: Extent, row: int) -> None:
        """Fill an array with consecutive rows."""
        view, offset = memoryview(out).cast("B"), place.offset + row * place.row_bytes
        while view:
            count = os.preadv(self.descriptor, [view], offset)
            if count == 0:
                raise truncated(self.path)
            view, offset = view[count:], offset + count


def _consecutive(rows: Int64[np.ndarray, "galaxies"]) -> bool:
    """Whether rows lie one after the other in the file: then one read fetches them, without a copy."""
    return len(rows) > 0 and int(rows[-1] - rows[0]) == len(rows) - 1 and bool((rows[1:] > rows[:-1]).all())


def _runs(ordered: Int64[np.ndarray, "galaxies"], row_bytes: int) -> Iterator[tuple[int, int]]:
    """Positions of sorted rows that lie so close together that one read fetches them."""
    if len(ordered) == 0:
        return
    jumps = np.flatnonzero(np.diff(ordered) > 1 + WORTH_SKIPPING // max(row_bytes, 1)) + 1
    bounds = [0, *jumps.tolist(), len(ordered)]
    yield from pairwise(bounds)


class Galaxies:
    """Some rows of a store, in an order; nothing is read before it is asked for.

    Indexing with a slice, an array of positions or a mask gives another view. Cheap to copy, to pickle and to hand to
    another process. Axis order: galaxies, bands, y, x; bands from blue to red; fluxes in nanomaggies.
    """

    def __init__(self, file: StoreFile, rows: Int64[np.ndarray, "galaxies"]) -> None:
        self._file = file
        self.rows = rows
        """Row numbers in the store."""

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Galaxies({len(self)} of {self.path}, bands {' '.join(self.bands)})"

    def __getitem__(self, which: slice | Shaped[np.ndarray, "chosen"] | list[int]) -> "Galaxies":
        return Galaxies(self._file, self.rows[which])

    @property
    def path(self) -> Path:
        """Where the store lies."""
        return self._file.path

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the file."""
        return self._file.attributes

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands from blue to red."""
        return tuple(self.attributes["bands"].split())

    @property
    def unit(self) -> str:
        """The unit of images and fluxes."""
        return str(self.attributes["unit"])

    @property
    def pixel_scale(self) -> float | None:
        """Arcseconds a pixel, where known."""
        return self.attributes.get("pixel_scale")

    @property
    def source(self) -> str:
        """Where the galaxies come from."""
        return str(self.attributes.get("source", "unknown"))

    @property
    def simulated(self) -> bool:
        """Whether the galaxies are rendered."""
        return bool(self.attributes.get("simulated", False))

    @property
    def fingerprint(self) -> str:
        """Digest of the store's content."""
        return str(self.attributes["fingerprint"])

    @property
    def shape(self) -> tuple[int, int] | None:
        """(y, x) of the cutouts, or None without images."""
        place = self._file.places.get("images")
        return None if place is None else (place.shape[2], place.shape[3])

    @property
    def dusty(self) -> bool:
        """Whether any E(B−V) is known that is not 0."""
        return bool(np.any(np.nan_to_num(self.ebv)))

    def has(self, part: str) -> bool:
        """Whether the store has "images", "spectra", "photometry", "sources", "sky", "correlation" or "valid"."""
        return PARTS[part] in self._file.places

    @property
    def train(self) -> "Galaxies":
        """The galaxies to train on."""
        return self[self.split == TRAIN]

    @property
    def validation(self) -> "Galaxies":
        """The galaxies that choose the checkpoint."""
        return self[self.split == VALIDATION]

    @property
    def test(self) -> "Galaxies":
        """The galaxies that no training sees."""
        return self[self.split == TEST]

    @cached_property
    def id(self) -> Shaped[np.ndarray, "galaxies"]:
        """Identifiers: int64, or text."""
        return self.column("id")

    @cached_property
    def redshift(self) -> Float64[np.ndarray, "galaxies"]:
        """Spectroscopic redshifts; NaN where unknown."""
        return self._read("redshift")

    @cached_property
    def ebv(self) -> Float32[np.ndarray, "galaxies"]:
        """E(B−V) of the Galaxy in magnitudes; NaN where unknown."""
        return self._read("ebv")

    @cached_property
    def split(self) -> UInt8[np.ndarray, "galaxies"]:
        """0 train, 1 validation, 2 test."""
        return self._read("split")

    @property
    def catalogue(self) -> tuple[str, ...]:
        """What else the store says of each galaxy, by name: read it with ``column("catalogue/" + name)``."""
        names = sorted(self._file.places)
        return tuple(name.removeprefix(CATALOGUE) for name in names if name.startswith(CATALOGUE))

    def column(self, name: str) -> Shaped[np.ndarray, "galaxies ..."]:
        """Any dataset with one entry a galaxy, by its HDF5 name; text as text.

        Raises:
            InputError: if the store does not have it, or it holds text that is no UTF-8.
        """
        values = self._read(name)
        if values.dtype.kind != "S":
            return values
        try:
            return np.char.decode(values, "utf-8")
        except UnicodeDecodeError as error:
            raise damaged(self.path, f"{name} holds text that is no UTF-8") from error

    def numbers(self, name: str) -> Float64[np.ndarray, "galaxies"]:
        """A dataset with one number a galaxy, by its HDF5 name.

        Raises:
            InputError: if the store does not have it, or it holds anything else.
        """
        values = self._read(name)
        if values.ndim > 1 or values.dtype.kind not in "biuf":
            raise InputError(f"{self.path}: {name} must hold one number a galaxy; import it as such.")
        return values.astype(np.float64)

    @property
    def flux(self) -> Float32[np.ndarray, "galaxies bands"]:
        """Measured fluxes in nanomaggies, as observed (reddened)."""
        return self._read("photometry/flux")

    @property
    def flux_error(self) -> Float32[np.ndarray, "galaxies bands"]:
        """Standard errors of the fluxes in nanomaggies."""
        return self._read("photometry/flux_error")

    @property
    def sky_level(self) -> Float32[np.ndarray, "galaxies bands"]:
        """Median of the source-free pixels, nanomaggies."""
        return self._read("sky/level")

    @property
    def sky_sigma(self) -> Float32[np.ndarray, "galaxies bands"]:
        """Scatter of the source-free pixels, nanomaggies."""
        return self._read("sky/sigma")

    @property
    def sky_correlation(self) -> Float32[np.ndarray, "bands dy dx"]:
        """Normalised autocorrelation of the sky noise at lags −2 … 2, averaged over the store."""
        self._place("sky/correlation")
        return self._file.read_all("sky/correlation")

    def images(self) -> Float32[np.ndarray, "galaxies bands y x"]:
        """Cutouts in nanomaggies; 0 where a pixel is bad."""
        return widened(self._read("images"))

    def valid(self) -> Bool[np.ndarray, "galaxies bands y x"]:
        """Which pixels are good."""
        if not self.has("valid"):
            return np.ones((len(self), *self._place("images").shape[1:]), bool)
        return self._unpacked("valid")

    def sources(self) -> Bool[np.ndarray, "galaxies y x"]:
        """Which pixels hold light of a source."""
        return self._unpacked("sources")

    def spectra(self) -> Spectra:
        """Observed spectra; rows of zeros where a galaxy has none."""
        flux, ivar = self._read("spectrum/flux"), self._read("spectrum/ivar")
        return Spectra(float(self.attributes["loglam0"]), flux, ivar, self.spectrum_have)

    @property
    def spectrum_have(self) -> Bool[np.ndarray, "galaxies"]:
        """Which galaxies have a spectrum."""
        return np.asarray(self._read("spectrum/have").astype(bool))

    def batches(self, size: int) -> Iterator["Galaxies"]:
        """Views of at most ``size`` galaxies each, in order."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def _place(self, name: str) -> Extent:
        """The place of a dataset.

        Raises:
            InputError: if the store does not have it.
        """
        if name not in self._file.places:
            raise InputError(f"{self.path} has no {name}; this needs a store that was made with it.")
        return self._file.places[name]

    def _read(self, name: str) -> np.ndarray:
        """These rows of a dataset."""
        self._place(name)
        return self._file.read(name, self.rows)

    def _unpacked(self, name: str) -> np.ndarray:
        """These rows of booleans."""
        width = self._place("images").shape[-1]
        return np.unpackbits(self._read(name), axis=-1, count=width).view(bool)


def open_store(path: str | Path) -> Galaxies:
    """Open a galaxy store; only its header is read.

    Args:
        path: a file that `slipher data` made.

    Raises:
        InputError: if it is not there, damaged, or something else.
    """
    file = open_file(Path(path))
    places = {name: place for name, place in file.places.items() if not _internal(name)}
    rows = np.arange(places["redshift"].shape[0], dtype=np.int64)
    return Galaxies(StoreFile(file.path, file.attributes, places, file.inode), rows)


def truth(path: str | Path) -> dict[str, np.ndarray]:
    """What a simulated survey was made from, by name; for tests and figures, never for a method.

    Raises:
        InputError: as `open_store`.
    """
    file = open_file(Path(path))
    names = [name for name in file.places if name.startswith("truth/")]
    return {name.removeprefix("truth/"): file.read_all(name) for name in names}


def widened(values: Shaped[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """Images as float32."""
    import torch

    # torch widens half floats with the processor's own instruction, ten times as fast as numpy.
    return np.asarray(torch.from_numpy(values).float().numpy())


def _internal(name: str) -> bool:
    """Whether a dataset is none of a method's business."""
    return name.startswith(("truth/", CHECKSUMS)) or name == METADATA_CHECKSUM


def open_file(path: Path) -> StoreFile:
    """Read the header of a store with all its datasets, and see that nothing is missing.

    Raises:
        InputError: if it is not there, damaged, or something else.
    """
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give a galaxy store that `slipher data` made.")
    inode = path.stat().st_ino
    attributes, places = read_header(path)
    return StoreFile(path.absolute(), attributes, places, inode)
