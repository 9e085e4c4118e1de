"""The door to tables of every format: what a file is called says what it must be, and its content is held to that.

A table is opened by reading its column names (of text, all of it once); columns are read when they are asked for, so
that a table of any width and length serves as well as a small one.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.formats.arrays import open_npz
from slipher.formats.column import Column
from slipher.formats.fits import open_fits
from slipher.formats.hdf5 import Hdf5Table
from slipher.formats.opened import PACKED, begins
from slipher.formats.parquet import ParquetTable
from slipher.formats.table import Held, Table, listed, masked
from slipher.formats.text import TextTable
from slipher.formats.votable import open_votable
from slipher.formats.writing import write_table

__all__ = [
    "Held",
    "Table",
    "column",
    "file_of",
    "listed",
    "numbers",
    "open_table",
    "read_table",
    "write_table",
]

TEXT = (".csv", ".tsv", ".ecsv", ".txt", ".dat", ".cat", ".bpz", ".out", ".zout", ".ascii", ".tab")
"""Suffixes of tables of text."""
OPEN: dict[str, tuple[str, Callable[[Path], Table]]] = {
    ".fits": ("fits", open_fits),
    ".fit": ("fits", open_fits),
    ".parquet": ("parquet", ParquetTable),
    ".pq": ("parquet", ParquetTable),
    ".vot": ("votable", open_votable),
    ".votable": ("votable", open_votable),
    ".xml": ("votable", open_votable),
    ".npz": ("npz", open_npz),
    ".hdf5": ("hdf5", Hdf5Table),
    ".h5": ("hdf5", Hdf5Table),
    ".hdf": ("hdf5", Hdf5Table),
}
"""What other suffixes promise, and what opens it."""
CONTENT = {
    b"SIMPLE": "fits",
    b"PAR1": "parquet",
    b"PK\x03\x04": "npz",
    b"\x89HDF": "hdf5",
    b"\x93NUMPY": "npy",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
    b"<": "votable",
}
"""What files of a kind begin with."""


def open_table(path: str | Path) -> Table:
    """Open a table by its suffix; behind it may stand .gz, .bz2 or .xz, and of a FITS file one table as [NAME] or [2].

    Raises:
        InputError: if there is no such file, its suffix names no format, or its content is not of that format.
    """
    path, chosen = file_of(path), _chosen(path)
    suffix = _suffix(path)
    if suffix not in OPEN and suffix not in TEXT:
        raise InputError(f"{path} is not a table that can be read; allowed are {', '.join((*TEXT, *OPEN))}.")
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give the path of a table.")
    promised = OPEN[suffix][0] if suffix in OPEN else "text"
    _check_content(path, promised)
    if chosen is not None:
        if promised != "fits":
            raise InputError(f"{path}[{chosen}] names a table of a FITS file, but {path.name} is none; leave it out.")
        return open_fits(path, chosen)
    return masked(TextTable(path, suffix[1:], suffix) if promised == "text" else OPEN[suffix][1](path))


def file_of(path: str | Path) -> Path:
    """The file of a table that may be given as FILE[HDU]."""
    chosen = _chosen(path)
    return Path(path if chosen is None else str(path)[: -len(chosen) - 2])


def read_table(path: str | Path) -> dict[str, Column]:
    """All columns with one value a row; others, such as image cubes, are left out.

    Raises:
        InputError: as ``open_table``.
    """
    table = open_table(path)
    return table.read([name for name in table if table.describe(name).values.ndim == 1])


def column(table: Table | str | Path, name: str) -> Column:
    """One column, with one value a row, of a table or of the file at a path.

    Raises:
        InputError: if there is no such column, listing those there are, or if it has more than one value a row.
    """
    table = open_table(table) if isinstance(table, str | Path) else table
    shape = table.describe(name).values.shape[1:]
    if shape:
        raise InputError(
            f"column {name!r} of {table.path} has the shape {(table.length(name), *shape)}; one value a row is needed."
        )
    return table[name]


def numbers(table: Table | str | Path, name: str) -> Float64[np.ndarray, "rows"]:
    """One column as float64, NaN where a value is missing.

    Raises:
        InputError: as ``column``, or if it does not hold numbers.
    """
    return column(table, name).numbers()


def _chosen(path: str | Path) -> str | None:
    """The table that FILE[HDU] names, unless a file is called so."""
    text = str(path)
    if not text.endswith("]") or "[" not in text or Path(path).exists():
        return None
    return text[text.rindex("[") + 1 : -1]


def _suffix(path: Path) -> str:
    """What the content of a file is called, packed or not."""
    packed = path.suffix.lower() in PACKED
    return (Path(path.stem) if packed else path).suffix.lower()


def _check_content(path: Path, promised: str) -> None:
    """See that a file holds what its suffix says.

    Raises:
        InputError: if it is empty, or something else.
    """
    begin = begins(path).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not begin:
        raise InputError(f"{path} is damaged or not {_suffix(path)[1:]} (it is empty); give a whole table.")
    found = next((kind for magic, kind in CONTENT.items() if begin[: len(magic)].lower() == magic.lower()), "text")
    if found not in (promised, "text"):
        what = found if found == "a web page" else f"a file of {found}"
        raise InputError(f"{path} is {what} by its content, not {promised} as its suffix says; rename or replace it.")
