"""densities.hdf5: densities as a qp ``hist`` ensemble, written and read by h5py alone, a block of galaxies at a time.

    meta/pdf_name (1,)  meta/pdf_version (1,)  meta/bins (1, C + 1)     edges
    data/pdfs (N, C)                                                    density per unit of redshift, float64
    ancil/{id, redshift, zmean, zmedian, zmode} (N,)                    id and redshift where known
    ancil/{split, ra, dec, ebv, r} (N,)                                 as `slipher predict` knows them of a store
    attributes identity, catalogue                                      what it was made from, by `slipher predict`, and
                                                                        the digest of the catalogue beside it

The same galaxies give the same bytes, in blocks of any size. ``qp.read`` opens the file. Read are these, and densities
of others (``sources``, ``foreign``), which stay as they are stored: without a wish no grid is laid over them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import NamedTuple

import h5py
import numpy as np
from jaxtyping import Bool, Float

from slipher.density.foreign import Record, piecewise
from slipher.density.histogram import Density
from slipher.density.piecewise import Piecewise
from slipher.density.sources import Stored, ensemble
from slipher.errors import InputError
from slipher.files import replacing, unreadable
from slipher.formats.plausible import ESTIMATE
from slipher.formats.tables import Table, listed
from slipher.formats.written import Written
from slipher.redshift import Grid

__all__ = ["Block", "DensityFile", "DensityWriter", "attributes_of", "is_densities", "read", "write"]

NUMBERS = "biuf"
"""Kinds of numpy's types whose values have one width."""

NEAR = 1e-3
"""How far above an impossible redshift a median is taken for it."""

LONGEST_TEXT = 128
"""Bytes of an attribute that is read."""

Masses = Float[np.ndarray, "galaxies bins"]


class DensityWriter:
    """Writes a densities file block by block; it appears under its name when the ``with`` ends without error.

    Args:
        path: where the file shall lie.
        grid: the redshift grid.
        count: number of galaxies.
        attributes: short texts about the whole file, for `attributes_of`.

    Raises:
        InputError: if the destination cannot be written.
    """

    def __init__(
        self, path: str | Path, grid: Grid, count: int, attributes: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.path = Path(path)
        self.grid = grid
        self.count = count
        self.attributes = attributes
        self._stack = ExitStack()
        self._written: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._texts: defaultdict[str, dict[int, np.ndarray]] = defaultdict(dict)

    def __enter__(self) -> "DensityWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(replacing(self.path))
            self._file = stack.enter_context(h5py.File(stack.enter_context(Written(temporary)), "w"))
            _write_meta(self._file, self.grid)
            for name, text in self.attributes.items():
                self._file.attrs[name] = np.bytes_(text)
            self._pdfs = self._file.create_dataset("data/pdfs", (self.count, self.grid.bins), np.float64)
            self._stack = stack.pop_all()
        return self

    def write(
        self,
        start: int,
        mass: Masses,
        id: np.ndarray | None = None,  # noqa: A002
        redshift: Float[np.ndarray, "galaxies"] | None = None,
        ancil: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Write the masses of galaxies ``start`` and following, with what is known of them.

        Args:
            start: row of the first of them.
            mass: probability masses.
            id: their names.
            redshift: their spectroscopic redshifts, NaN where unknown.
            ancil: further columns, such as ``r`` and ``ebv``, by which ``evaluate`` can split.
        """
        density = Density(self.grid, mass, id, redshift)
        self._pdfs[start : start + len(density)] = density.mass / self.grid.width
        points = {"zmean": density.mean(), "zmedian": density.median(), "zmode": density.mode()}
        known = {"id": id, "redshift": redshift, **points, **(ancil or {})}
        for name, values in known.items():
            if values is not None:
                self._write_column(name, start, np.asarray(values))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._finish()

    def _write_column(self, name: str, start: int, values: np.ndarray) -> None:
        """Write some values of a column; text is kept until its width is known."""
        self._written[name][start] = len(values)
        if values.dtype.kind not in NUMBERS:
            self._texts[name][start] = values
            return
        column = self._file.require_dataset(f"ancil/{name}", (self.count,), values.dtype, exact=True)
        column[start : start + len(values)] = values

    def _finish(self) -> None:
        """See that every column is whole, and write those of text."""
        counts = {sum(blocks.values()) for blocks in self._written.values()} or {0}
        if counts != {self.count}:
            raise ValueError(f"{self.path} was to hold {self.count} galaxies, but others were written.")
        for name, blocks in self._texts.items():
            values = np.concatenate([blocks[start] for start in sorted(blocks)])
            _write_text(self._file, f"ancil/{name}", values)


class Block(NamedTuple):
    """Some galaxies of a file."""

    good: Bool[np.ndarray, "rows"]
    """Which rows hold a density."""
    density: Density | Piecewise
    """Of these rows."""
    outside: Float[np.ndarray, "galaxies"]
    """How much of each lies below redshift 0, where it stays, or outside of the grid that was asked for."""


class DensityFile:
    """An open file of densities, ours or those of others, read a block at a time; a context manager.

    Args:
        source: an ensemble of qp in HDF5, FITS or Parquet, or densities in a file that is open already.
        grid: the grid on which the densities are wanted; if None they stay on the bins or knots of the file.

    Raises:
        InputError: if it is no such file.
    """

    def __init__(self, source: str | Path | Stored, grid: Grid | None = None) -> None:
        with ExitStack() as stack:
            self._stored = source if isinstance(source, Stored) else _opened(Path(source), stack)
            self._own = _own_grid(self._stored)
            self._stack = stack.pop_all()
        self.path = self._stored.path
        self.wanted = grid
        self.grid = grid or self._own
        """The grid of the densities; None where they stay on knots of their own."""

    def __enter__(self) -> "DensityFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def __len__(self) -> int:
        return self._stored.count

    @property
    def ancil(self) -> Table:
        """The ancillary columns with one value a galaxy, to be read while the file is open."""
        return self._stored.ancil

    def block(self, start: int, stop: int) -> Block:
        """The rows start to stop that hold a density, and which these are.

        Raises:
            InputError: if the file is damaged.
        """
        record = self._stored.record(start, stop)
        if self._own is not None and self.grid is not None and _same(self.grid, self._own):
            good, mass = _masses(record, self.grid)
            return Block(good, Density(self.grid, mass), np.zeros(len(mass)))
        good, density = _possible(*piecewise(record))
        return Block(good, density, density.cdf(0.0)) if self.grid is None else _on(self.grid, good, density)

    def density(self, start: int, stop: int) -> Density | Piecewise:
        """The densities of rows start to stop, with their id and redshift where the file has them.

        Raises:
            InputError: if a row holds no density.
        """
        good, density, _ = self.block(start, stop)
        if not good.all():
            raise InputError(
                f"{self.path} holds no density in row {start + int(np.argmin(good))}: its values are NaN, infinite, "
                f"negative or all zero, or lie outside of the grid; drop the row."
            )
        known = self.ancil.read([name for name in ("id", "redshift") if name in self.ancil], start, stop)
        names = known["id"].values if "id" in known else None
        redshift = known["redshift"].numbers() if "redshift" in known else None
        if isinstance(density, Density):
            return replace(density, id=names, redshift=redshift)
        return replace(density, id=names, redshift=redshift)

    def blocks(self, size: int | None = None) -> Iterator[Density | Piecewise]:
        """The densities in order, some galaxies at a time."""
        for start, stop in self.bounds(size):
            yield self.density(start, stop)

    def bounds(self, size: int | None = None) -> Iterator[tuple[int, int]]:
        """Where blocks start and stop; of so many galaxies as memory holds with ease, if no size is given."""
        step = size or self._stored.step
        return ((start, min(start + step, len(self))) for start in range(0, len(self), step))


def write(path: str | Path, density: Density, ancil: Mapping[str, np.ndarray] | None = None) -> None:
    """Write densities whole or not at all.

    Raises:
        InputError: if the destination cannot be written.
    """
    with DensityWriter(path, density.grid, len(density)) as writer:
        writer.write(0, density.mass, density.id, density.redshift, ancil)


def read(path: str | Path, grid: Grid | None = None) -> Density | Piecewise:
    """Read all densities of a file, ours or those of others.

    Args:
        path: the file.
        grid: the grid on which they are wanted.

    Returns:
        Histograms on the grid, or on that of the file if its bins are equal from 0 on, as ours are; else, and where no
        grid is given, the densities as they are stored.

    Raises:
        InputError: if the file is not one of densities, is damaged, or a row holds no density.
    """
    with DensityFile(path, grid) as file:
        return file.density(0, len(file))


def attributes_of(path: Path) -> dict[str, str]:
    """The short texts about a whole file; none of any other file."""
    try:
        with h5py.File(path) as file:
            names = [name for name in file.attrs if _is_short(file.attrs.get_id(name))]
            return {name: bytes(file.attrs[name]).decode() for name in names}
    except (OSError, RuntimeError, ValueError, TypeError, KeyError):
        return {}


def _is_short(attribute: h5py.h5a.AttrID) -> bool:
    """Whether an attribute is a text that lies in its place, so that no pointer of the file is followed to read it."""
    kind = attribute.get_type()
    plain = kind.get_class() == h5py.h5t.STRING and not kind.is_variable_str()
    return bool(plain and attribute.shape == () and kind.get_size() <= LONGEST_TEXT)


def is_densities(path: str | Path) -> bool:
    """Whether a file holds an ensemble of qp; a table does not."""
    with ExitStack() as stack:
        return ensemble(path, stack) is not None


def _write_meta(file: h5py.File, grid: Grid) -> None:
    file["meta/pdf_name"] = np.array([b"hist"])
    file["meta/pdf_version"] = np.array([0])
    file["meta/bins"] = grid.edges[None, :]


def _write_text(file: h5py.File, name: str, values: np.ndarray) -> None:
    """Write a column of text in its least width; HDF5 is told that it is UTF-8 where it is not ASCII."""
    encoded = np.char.encode(values, "utf-8") if values.dtype.kind == "U" else values
    is_ascii = bool((np.ascontiguousarray(encoded).view(np.uint8) < 128).all())
    kind = encoded.dtype if is_ascii else h5py.string_dtype("utf-8", encoded.dtype.itemsize)
    file[name] = encoded.astype(kind)


def _opened(path: Path, stack: ExitStack) -> Stored:
    stored = ensemble(path, stack)
    if stored is None:
        raise InputError(
            f"{path} is no file of densities: qp's tables meta and data are wanted, {_instead(path)}; give densities "
            f"as slipher predict or qp write them."
        )
    return stored


def _instead(path: Path) -> str:
    """What is there in place of densities."""
    if why := unreadable(path):
        return f"it {why}"
    if not h5py.is_hdf5(path):
        return "it is not an HDF5 file"
    with h5py.File(path) as file:
        return f"it has {listed(file.keys())}"


def _own_grid(stored: Stored) -> Grid | None:
    """The grid of a histogram in equal bins from 0 on; None for every other density."""
    if stored.kind != "hist" or "bins" not in stored.meta:
        return None
    edges = stored.record(0, 0).knots("bins")[0]
    if len(edges) < 3 or edges[-1] <= 0:
        return None
    own = Grid(float(edges[-1]), len(edges) - 1)
    return own if np.allclose(edges, own.edges, rtol=0, atol=1e-6 * own.width) else None


def _same(first: Grid, second: Grid) -> bool:
    return first.bins == second.bins and bool(np.isclose(first.z_max, second.z_max))


def _masses(record: Record, grid: Grid) -> tuple[Bool[np.ndarray, "rows"], Masses]:
    """Which rows of a histogram on its own grid are densities of any scale, and their masses."""
    heights = record.heights("pdfs", grid.bins)
    total = heights.sum(axis=1)
    good = np.isfinite(total) & (total > 0)
    return good, heights[good] / total[good, None]


def _possible(good: Bool[np.ndarray, "rows"], density: Piecewise) -> tuple[Bool[np.ndarray, "rows"], Piecewise]:
    """Rows whose median could be an estimate of a redshift: around a code such as −99 lies no density."""
    holds = (density.cdf(ESTIMATE.low + NEAR) < 0.5) & (density.cdf(ESTIMATE.high) >= 0.5)
    if holds.all():
        return good, density
    good = good.copy()
    good[good] = holds
    return good, density[holds]


def _on(grid: Grid, good: Bool[np.ndarray, "rows"], density: Piecewise) -> Block:
    """Densities on a grid; a row that lies outside of it altogether holds none."""
    mass = density.masses(grid)
    total = mass.sum(axis=1)
    inside = total > 0
    good = good.copy()
    good[good] = inside
    return Block(good, Density(grid, mass[inside] / total[inside, None]), 1 - total[inside])
