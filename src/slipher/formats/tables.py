"""Tables of columns in the usual formats: csv, FITS, VOTable, Parquet, npz and HDF5.

A table is opened by reading its column names; a column is read when it is asked for, so that a table of any width, or a
galaxy store, serves as well as a small one.
"""

import csv
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import h5py
import numpy as np
from jaxtyping import Float64

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import replacing
from slipher.formats.column import Column, as_column
from slipher.formats.table import Held, Table, listed

__all__ = ["Held", "Table", "column", "listed", "numbers", "open_table", "read_table", "write_table"]

Load = Callable[[str], np.ndarray]


class _Loaded(Table):
    """A table whose columns are loaded whole, one by one."""

    def __init__(self, path: Path, names: Sequence[str], load: Load) -> None:
        self._load = load
        super().__init__(path, names, 0)
        self.count = len(self._whole(names[0])) if names else 0

    def _whole(self, name: str) -> Column:
        with _Readable(self.path):
            values = self._load(name)
        return as_column(name, str(self.path), values)

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        return {name: self._whole(name)[start:stop] for name in names}


def open_table(path: str | Path) -> Table:
    """Open a table by its suffix: csv, fits, vot (or xml), parquet, npz or hdf5.

    Raises:
        InputError: if there is no such file, its suffix names no format, or its content is not of that format.
    """
    path = Path(path)
    if path.suffix.lower() not in _OPEN:
        raise InputError(f"{path} is not a table that can be read; allowed are {', '.join(_OPEN)}.")
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file; give the path of a table.")
    with _Readable(path):
        names, load = _OPEN[path.suffix.lower()](path)
        return _Loaded(path, names, load)


def read_table(path: str | Path) -> dict[str, Column]:
    """All columns with one value a row; others, such as image cubes, are left out.

    Raises:
        InputError: as ``open_table``.
    """
    table = open_table(path)
    columns = {name: table[name] for name in table}
    return {name: each for name, each in columns.items() if each.values.ndim == 1}


def column(table: Table | str | Path, name: str) -> Column:
    """One column, with one value a row, if as (rows, 1), of a table or of the file at a path.

    Raises:
        InputError: if there is no such column, listing those there are, or if it has more than one value a row.
    """
    found = (open_table(table) if isinstance(table, str | Path) else table).read([name])[name]
    if found.values.ndim == 2 and found.values.shape[1] == 1:
        return found[:, 0]
    if found.values.ndim != 1:
        raise InputError(
            f"column {name!r} of {found.where} has the shape {found.values.shape}; one value a row is needed."
        )
    return found


def numbers(table: Table | str | Path, name: str) -> Float64[np.ndarray, "rows"]:
    """One column as float64, NaN where a value is missing.

    Raises:
        InputError: as ``column``, or if it does not hold numbers.
    """
    return column(table, name).numbers()


def write_table(path: str | Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write columns of equal length whole or not at all, as Parquet, FITS or csv by the suffix.

    Raises:
        InputError: for another suffix, columns of different lengths, or a destination that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITE:
        raise InputError(f"{path} is no table that can be written; the allowed suffixes are {', '.join(_WRITE)}.")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{path} cannot be written: its columns have different lengths, {lengths}.")
    plain = {name: as_column(name, str(path), np.asarray(values)).values for name, values in columns.items()}
    with replacing(path) as temporary:
        _WRITE[path.suffix.lower()](temporary, plain)


class _Readable:
    """Turns what the format libraries raise about a bad file into one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        bad = (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, BadZipFile, UserWarning, csv.Error)
        if isinstance(error, bad) and not isinstance(error, InputError):
            reason = " ".join(str(error).split()).rstrip(".")
            kind = self.path.suffix.lower().removeprefix(".")
            raise InputError(f"{self.path} is damaged or not {kind} ({reason}); give a whole table.") from error


def _open_csv(path: Path) -> tuple[Sequence[str], Load]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if not rows:
        raise ValueError("it is empty; a first line of column names is needed")
    names = [name.strip() for name in rows[0]]
    if len(set(names)) < len(names):
        raise ValueError("two of its columns have the same name")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise ValueError(f"row {number} has {len(row)} values for {len(names)} columns")
    cells = dict(zip(names, zip(*rows[1:], strict=True) if len(rows) > 1 else ((),) * len(names), strict=True))
    return names, lambda name: _typed(cells[name])


def _typed(cells: Sequence[str]) -> np.ndarray:
    """Text as integers if all are, else as numbers with empty cells NaN, else as it is."""
    text = np.array([cell.strip() for cell in cells], dtype=np.str_)
    for kind in (np.int64, np.uint64):
        try:
            return text.astype(kind)
        except (ValueError, OverflowError):
            continue
    try:
        return np.where(text == "", "nan", text).astype(np.float64)
    except ValueError:
        return text


def _open_fits(path: Path) -> tuple[Sequence[str], Load]:
    fits = require("astropy.io.fits", "catalog")

    def table(hdus: Any) -> Any:
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        if not tables:
            raise ValueError("it holds no table, only images")
        return tables[0]

    def read(take: Callable[[Any], Any]) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*truncated.*")
            with fits.open(path) as hdus:
                return take(table(hdus))

    names = read(lambda hdu: list(hdu.columns.names))
    return names, lambda name: np.array(read(lambda hdu: np.array(hdu.data[name])))


def _open_votable(path: Path) -> tuple[Sequence[str], Load]:
    """The first table of a VOTable, whole in memory; a number that is not given is NaN."""
    votable, exceptions = require("astropy.io.votable", "catalog"), require("astropy.io.votable.exceptions", "catalog")
    with warnings.catch_warnings():
        # archives write VOTables that break the standard in small things; astropy says so and reads them
        warnings.simplefilter("ignore", exceptions.VOTableSpecWarning)
        try:
            table = votable.parse_single_table(path)
        except (exceptions.VOWarning, SyntaxError) as error:
            raise ValueError(str(error)) from error
    names = [field.name or field.ID for field in table.fields]
    return names, lambda name: table.array[table.fields[names.index(name)].ID]


def _open_parquet(path: Path) -> tuple[Sequence[str], Load]:
    parquet = require("pyarrow.parquet", "catalog")

    def load(name: str) -> np.ndarray:
        found = parquet.read_table(path, columns=[name]).column(0)
        values = np.asarray(found.to_numpy())
        return np.ma.MaskedArray(values, np.asarray(found.is_null())) if found.null_count else values

    return list(parquet.read_schema(path).names), load


def _open_npz(path: Path) -> tuple[Sequence[str], Load]:
    def read(take: Callable[[Any], Any]) -> Any:
        # opened here since numpy leaves a damaged file open
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return take(archive)

    names = read(lambda archive: [name for name in archive.files if archive[name].ndim])
    return names, lambda name: np.asarray(read(lambda archive: archive[name]))


def _open_hdf5(path: Path) -> tuple[Sequence[str], Load]:
    """One-dimensional data sets at any depth, named ``group/dataset``, and the fields of compound ones."""

    def load(name: str) -> np.ndarray:
        with h5py.File(path) as file:
            if name in file:
                dataset = file[name]
                return np.asarray((dataset.asstr("utf-8") if h5py.check_string_dtype(dataset.dtype) else dataset)[:])
            group, field = name.rsplit("/", 1)
            return np.asarray(file[group].fields(field)[:])

    names: list[str] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 1:
            names.extend([f"{name}/{field}" for field in item.dtype.names] if item.dtype.names else [name])

    with h5py.File(path) as file:
        file.visititems(visit)
    return names, load


def _write_csv(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))


def _write_fits(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    table = require("astropy.table", "catalog")
    try:
        table.Table(dict(columns)).write(path, format="fits", overwrite=True)
    except UnicodeEncodeError as error:
        raise InputError(f"FITS holds no text but ASCII, and a column has {error.object!r}; write Parquet.") from error


def _write_parquet(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    arrow, parquet = require("pyarrow", "catalog"), require("pyarrow.parquet", "catalog")
    parquet.write_table(arrow.table({name: arrow.array(values) for name, values in columns.items()}), path)


_OPEN: dict[str, Callable[[Path], tuple[Sequence[str], Load]]] = {
    ".csv": _open_csv,
    ".fits": _open_fits,
    ".fit": _open_fits,
    ".vot": _open_votable,
    ".votable": _open_votable,
    ".xml": _open_votable,
    ".parquet": _open_parquet,
    ".npz": _open_npz,
    ".hdf5": _open_hdf5,
    ".h5": _open_hdf5,
}
_WRITE: dict[str, Callable[[Path, Mapping[str, np.ndarray]], None]] = {
    ".parquet": _write_parquet,
    ".fits": _write_fits,
    ".csv": _write_csv,
}
