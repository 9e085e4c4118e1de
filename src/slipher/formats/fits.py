"""Tables of FITS files, read row by row from the file's own bytes: what TNULL marks is missing, whatever the scaling.

astropy reads the headers; the rows are ours, since astropy converts whole columns, and gives what stands for a missing
number as a number.
"""

import re
import weakref
from collections.abc import Sequence
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.beside import Beside
from slipher.formats.cells import as_floats
from slipher.formats.column import Column, as_column, joined
from slipher.formats.opened import damaged, opened
from slipher.formats.table import Table, listed
from slipher.progress import say

__all__ = ["open_fits"]

KIND = "fits"
PIECE = 16384
"""Rows whose bytes are held at once."""


def open_fits(path: Path, chosen: str | None = None) -> Table:
    """The tables of a FITS file, side by side.

    Args:
        path: the file.
        chosen: the name or the number of one HDU, to read it alone.

    Raises:
        InputError: if there is no such table, or as `Beside`.
    """
    tables = _tables(path)
    if chosen is not None:
        return _chosen(path, tables, chosen)
    if len(tables) == 1:
        return next(iter(tables.values()))
    found = " and ".join(f"{name} ({table.count:,} rows)" for name, table in tables.items())
    say(f"{path}: reading the tables {found} together; {path}[HDU] reads one alone.")
    return Beside(path, tables)


def _chosen(path: Path, tables: dict[str, "FitsTable"], chosen: str) -> Table:
    for name, table in tables.items():
        if chosen in (name, str(table.number)):
            return table
    there = listed(f"{name} (number {table.number})" for name, table in tables.items())
    raise InputError(f"{path} has no table {chosen!r}; it has {there}.")


def _tables(path: Path) -> dict[str, "FitsTable"]:
    """Every table of a file, by the name of its HDU, or its number where it has none of its own."""
    fits = require("astropy.io.fits", "catalog")
    found: dict[str, FitsTable] = {}
    with damaged(path, KIND), opened(path) as stream, fits.open(stream, memmap=False) as hdus:
        for number, hdu in enumerate(hdus):
            if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU):
                name = hdu.name if hdu.name and hdu.name not in found else str(number)
                found[name] = table = FitsTable(path, hdu, number)
                if isinstance(stream, BufferedReader) and path.stat().st_size < table.end:
                    raise EOFError("it is truncated")
    if not found:
        raise InputError(f"{path} holds no table, only images; give a table.")
    return found


class FitsTable(Table):
    """One table of a FITS file.

    Args:
        path: the file.
        hdu: astropy's, of which the header alone is used.
        number: which HDU it is.
    """

    def __init__(self, path: Path, hdu: Any, number: int) -> None:
        header = hdu.header
        super().__init__(path, [str(name) for name in hdu.columns.names], int(header["NAXIS2"]))
        self.number = number
        self._begin = int(hdu.fileinfo()["datLoc"])
        self._heap = self._begin + int(header.get("THEAP", header["NAXIS1"] * header["NAXIS2"]))
        self._columns = {str(each.name): each for each in hdu.columns}
        self._text = type(hdu).__name__ == "TableHDU"
        self._packed = bool(header.get("ZTABLE", False))
        layout = hdu.columns.dtype
        fields = {name: (kind.newbyteorder(">"), place) for name, (kind, place) in layout.fields.items()}
        self._row = np.dtype(
            {
                "names": list(fields),
                "formats": [kind for kind, _ in fields.values()],
                "offsets": [place for _, place in fields.values()],
                "itemsize": int(header["NAXIS1"]),
            }
        )
        self._stream: BufferedIOBase | None = None

    @property
    def end(self) -> int:
        """The byte behind the last row."""
        return self._begin + self._row.itemsize * self.count

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        if self._packed:
            raise InputError(f"{self.path} holds a table packed by fpack; unpack it (funpack) and give that.")
        with damaged(self.path, KIND):
            starts = range(start, stop, PIECE) or [start]
            parts = [self._piece(names, first, min(first + PIECE, stop)) for first in starts]
        return {name: joined([part[name] for part in parts]) for name in names}

    def _piece(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        """Some rows, whose bytes are held all at once."""
        size = self._row.itemsize
        rows = np.frombuffer(self._bytes(self._begin + start * size, (stop - start) * size), self._row)
        return {name: self._column(name, rows[name]) for name in names}

    def _bytes(self, place: int, count: int) -> bytes:
        """Bytes of the file, from a place on."""
        if self._stream is None:
            self._stream = opened(self.path)
            weakref.finalize(self, self._stream.close)
        self._stream.seek(place)
        found = self._stream.read(count)
        if len(found) < count:
            raise EOFError("it is truncated")
        return found

    def _column(self, name: str, raw: np.ndarray) -> Column:
        """Bytes of a column as values."""
        column, where = self._columns[name], str(self.path)
        if self._text:
            return as_column(name, where, _from_text(raw, column), column.unit, empty=True)
        code = _code(column.format)
        if code in "PQ":
            raw = self._from_heap(name, raw, column)
            code = _element(column.format)
        if code == "A":
            return as_column(name, where, _words(raw), column.unit, empty=True)
        if code == "L":
            return as_column(name, where, np.ma.MaskedArray(raw == ord("T"), raw == 0), column.unit)
        if code == "X":
            raise InputError(f"{where}: column {name!r} holds bits, which are no values; name another column.")
        missing = raw == column.null if column.null is not None and raw.dtype.kind in "iu" else None
        values = _scaled(raw, column)
        return as_column(name, where, values if missing is None else np.ma.MaskedArray(values, missing), column.unit)

    def _from_heap(self, name: str, raw: np.ndarray, column: Any) -> np.ndarray:
        """Arrays that lie behind the table, all of one length."""
        lengths = {int(length) for length, _ in raw} | {self._length(name)}
        if len(lengths) > 1:
            raise InputError(
                f"{self.path}: column {name!r} holds arrays of different lengths "
                f"({listed(map(str, sorted(lengths)))}); one length is needed."
            )
        length = lengths.pop()
        dtype = np.dtype(_TYPES[_element(column.format)]).newbyteorder(">")
        entries = [self._bytes(self._heap + int(place), length * dtype.itemsize) for _, place in raw]
        return np.frombuffer(b"".join(entries), dtype).reshape(len(raw), length)

    def _length(self, name: str) -> int:
        """The length of a column's arrays, as the first row has it."""
        if not self.count:
            return 0
        row = np.frombuffer(self._bytes(self._begin, self._row.itemsize), self._row)
        return int(row[name][0][0])


_TYPES = {"B": "u1", "I": "i2", "J": "i4", "K": "i8", "E": "f4", "D": "f8", "A": "S1", "C": "c8", "M": "c16", "L": "u1"}


def _code(form: str) -> str:
    """The letter of a format such as 5E."""
    return re.sub(r"^\d*", "", str(form))[:1]


def _element(form: str) -> str:
    """The letter of the type of the arrays that a format such as 1PE(5) means."""
    return re.sub(r"^\d*[PQ]", "", str(form))[:1]


def _scaled(raw: np.ndarray, column: Any) -> np.ndarray:
    """Numbers as TSCAL and TZERO make them: unsigned and shifted whole numbers stay whole."""
    scale, zero = column.bscale or 1, column.bzero or 0
    scale, zero = (1 if scale == "" else scale), (0 if zero == "" else zero)
    if scale == 1 and zero == 0:
        return raw
    if raw.dtype.kind == "f" or scale != 1 or zero != int(zero):
        return raw.astype(np.float64) * scale + zero
    if raw.dtype == np.dtype(">i8") and zero == 2**63:
        return raw.astype(np.int64).view(np.uint64) ^ np.uint64(2**63)
    return raw.astype(np.int64) + int(zero)


def _words(raw: np.ndarray) -> np.ndarray:
    """Text without the spaces and zeros that fill it up."""
    ended = np.array([each.split(b"\0", 1)[0].rstrip() for each in raw.ravel()] or [b""], "S")
    return ended[: raw.size].reshape(raw.shape)


def _from_text(raw: np.ndarray, column: Any) -> np.ndarray:
    """Cells of a table of text as values: whole numbers, numbers or text, as the format says."""
    cells = [each.decode("ascii").strip() for each in raw]
    code = _code(column.format)
    if code == "A":
        return np.array(cells, np.str_)
    missing = [cell in ("", str(column.null).strip()) for cell in cells]
    filled = ["0" if gap else cell for cell, gap in zip(cells, missing, strict=True)]
    if code == "I" and (column.bscale or 1) == 1 and not (column.bzero or 0):
        return np.ma.MaskedArray(np.array(list(map(int, filled)), np.int64), missing)
    values = as_floats([cell.upper().replace("D", "E") for cell in filled])
    if values is None:
        raise ValueError(f"column {column.name!r} has a cell that is no number")
    return np.ma.MaskedArray(values * float(column.bscale or 1) + float(column.bzero or 0), missing)
