"""densities.hdf5: densities as a qp ``hist`` ensemble, written and read by h5py alone, a block of galaxies at a time.

    meta/pdf_name (1,)  meta/pdf_version (1,)  meta/bins (1, C + 1)     edges
    data/pdfs (N, C)                                                    density per unit of redshift, float64
    ancil/{id, redshift, zmean, zmedian, zmode} (N,)                    id and redshift where known
    ancil/{split, ra, dec, ebv, r} (N,)                                 as `slipher predict` knows them of a store

The same galaxies give the same bytes, in blocks of any size. ``qp.read`` opens the file; other parameterisations than
``hist`` are read through qp (``foreign.py``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float

from slipher.density.foreign import qp_masses, rebinned
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.files import replacing
from slipher.formats.column import decimal
from slipher.formats.tables import Held, Table, listed
from slipher.redshift import Grid

__all__ = ["DensityFile", "DensityWriter", "is_densities", "read", "write"]

BLOCK = 4096
"""Galaxies read at a time."""
NUMBERS = "biuf"
"""Kinds of numpy's types whose values have one width."""

Masses = Float[np.ndarray, "galaxies bins"]


class DensityWriter:
    """Writes a densities file block by block; it appears under its name when the ``with`` ends without error.

    Args:
        path: where the file shall lie.
        grid: the redshift grid.
        count: number of galaxies.

    Raises:
        InputError: if the destination cannot be written.
    """

    def __init__(self, path: str | Path, grid: Grid, count: int) -> None:
        self.path = Path(path)
        self.grid = grid
        self.count = count
        self._stack = ExitStack()
        self._written: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._texts: defaultdict[str, dict[int, np.ndarray]] = defaultdict(dict)

    def __enter__(self) -> "DensityWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(replacing(self.path))
            self._file = stack.enter_context(h5py.File(temporary, "w"))
            _write_meta(self._file, self.grid)
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


class DensityFile:
    """An open file of densities, ours or any that qp wrote, read a block at a time; a context manager.

    Args:
        path: an HDF5 file with the groups ``meta`` and ``data`` of qp.
        grid: the grid on which the densities are wanted; that of the file, or one that resolves them, if None.

    Raises:
        InputError: if it is no such file.
    """

    def __init__(self, path: str | Path, grid: Grid | None = None) -> None:
        self.path = Path(path)
        self._file = _opened(self.path)
        try:
            self.grid, self._masses, self._count = _reader(self.path, self._file, grid)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "DensityFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    @property
    def ancil(self) -> Table:
        """The ancillary columns with one value a galaxy, to be read while the file is open."""
        ancil = self._file.get("ancil", {})
        # qp writes one value a galaxy as (N, 1) where it joins ensembles or finds their modes
        names = [name for name in ancil if ancil[name].shape in ((self._count,), (self._count, 1))]
        return Held.of(self.path, {name: self._rows(name, slice(None)) for name in names})

    def _rows(self, name: str, rows: slice) -> np.ndarray:
        dataset = self._file["ancil"][name]
        is_text = h5py.check_string_dtype(dataset.dtype) is not None
        try:
            return np.asarray((dataset.asstr("utf-8") if is_text else dataset)[rows]).reshape(-1)
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path}: column {name!r} holds text that is no UTF-8; write it so.") from error

    def density(self, start: int, stop: int) -> Density:
        """The densities of rows start to stop, with their id and redshift where the file has them.

        Raises:
            InputError: if a row holds no density.
        """
        mass = _checked(self.path, start, np.asarray(self._masses(start, stop), dtype=np.float64))
        rows = slice(start, stop)
        known = {name: self._rows(name, rows) for name in ("id", "redshift") if name in self.ancil}
        if "redshift" in known:
            known["redshift"] = decimal(known["redshift"])
        return Density(self.grid, mass / mass.sum(axis=1, keepdims=True), **known)

    def blocks(self, size: int = BLOCK) -> Iterator[Density]:
        """The densities in order, ``size`` galaxies at a time."""
        for start in range(0, len(self), size):
            yield self.density(start, min(start + size, len(self)))


def write(path: str | Path, density: Density, ancil: Mapping[str, np.ndarray] | None = None) -> None:
    """Write densities whole or not at all.

    Raises:
        InputError: if the destination cannot be written.
    """
    with DensityWriter(path, density.grid, len(density)) as writer:
        writer.write(0, density.mass, density.id, density.redshift, ancil)


def read(path: str | Path, grid: Grid | None = None) -> Density:
    """Read all densities of a file, ours or any that qp wrote.

    Raises:
        InputError: if the file is not one of densities, is damaged, or a row holds no density.
    """
    with DensityFile(path, grid) as file:
        return file.density(0, len(file))


def is_densities(path: str | Path) -> bool:
    """Whether a file has the layout of qp; a table in HDF5 has not."""
    if not h5py.is_hdf5(path):
        return False
    with _opened(Path(path)) as file:
        return "meta" in file and "data" in file


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


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file; give the path of a densities file (.hdf5).")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        kind = "a damaged or truncated HDF5 file" if _has_signature(path) else "not an HDF5 file"
        raise InputError(f"{path} is {kind}; give densities in HDF5 as slipher predict or qp write them.") from error


def _has_signature(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\x89HDF"


def _reader(path: Path, file: h5py.File, grid: Grid | None) -> tuple[Grid, Callable[[int, int], Masses], int]:
    """The grid, a function that reads the masses of rows, and the number of rows."""
    if not ("meta/pdf_name" in file and isinstance(file.get("data"), h5py.Group)):
        raise InputError(
            f"{path} is no file of densities: qp's groups meta and data are wanted, it has {listed(file.keys())}."
        )
    name = bytes(np.ravel(file["meta/pdf_name"][()])[0]).decode()
    if name != "hist":
        return qp_masses(path, file, grid)
    edges, pdfs = np.ravel(file["meta/bins"][()]).astype(np.float64), file["data/pdfs"]
    _check_hist(path, edges, pdfs)
    own = Grid(float(edges[-1]), len(edges) - 1)
    wanted = grid or own
    if np.allclose(edges, own.edges, rtol=0, atol=1e-6 * own.width) and _same(wanted, own):
        return wanted, lambda start, stop: pdfs[start:stop] * wanted.width, len(pdfs)
    return rebinned(edges, pdfs, grid)


def _same(first: Grid, second: Grid) -> bool:
    return first.bins == second.bins and bool(np.isclose(first.z_max, second.z_max))


def _check_hist(path: Path, edges: np.ndarray, pdfs: Any) -> None:
    if pdfs.ndim != 2 or pdfs.shape[1] != len(edges) - 1:
        raise InputError(f"{path} has {len(edges)} bin edges but densities of the shape {pdfs.shape}; it is damaged.")
    if not (np.isfinite(edges).all() and (np.diff(edges) > 0).all() and edges[-1] > 0):
        raise InputError(f"{path} has bin edges that do not increase to a positive redshift; it is damaged.")


def _checked(path: Path, start: int, mass: Masses) -> Masses:
    """Non-negative masses with something in every row; a density of any scale will do."""
    good = (mass >= 0).all(axis=1) & np.isfinite(mass).all(axis=1) & (mass.sum(axis=1) > 0)
    if not good.all():
        row = start + int(np.argmin(good))
        raise InputError(
            f"{path} holds no density in row {row}: its values are NaN, negative or all zero; drop the row."
        )
    return mass
