"""The first binary tables of a FITS file, read column by column.

SDSS keeps every spectrum in a file of its own, with 126 columns of results of which a handful is wanted. Describing all
of those costs a general reader 10 to 30 ms a file and reading the few that are wanted a hundredth of that, so this one
knows only what such tables need: the layout of the standard (Pence et al. 2010, A&A 524, A42, sections 4.4 and 7.3).
"""

import bz2
import gzip
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.formats.opened import told

__all__ = ["Table", "read_tables"]

BLOCK, CARD = 2880, 80
MOST_BLOCKS = 1000
"""No header of a spectrum has more cards than so many blocks hold: what goes on longer is no header."""
MOST_BYTES = 10**9
"""No table of a spectrum is so large: what says so is damaged."""
DTYPES = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
BYTES = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
FORMAT = re.compile(r"(\d*)([LXBIJKAEDCMPQ])")

Header = Mapping[str, str]
Stream = BufferedReader | gzip.GzipFile | bz2.BZ2File


@dataclass(frozen=True, eq=False)
class Table:
    """Some columns of one extension, and the header that stands before them."""

    header: Header
    """Values by keyword as they are written, texts without their quotes."""
    columns: Mapping[str, Shaped[np.ndarray, "rows *entry"]]
    """By name in lower case; texts as bytes without trailing blanks."""


def read_tables(path: Path, wanted: Sequence[Sequence[str]]) -> tuple[Header, list[Table]]:
    """The primary header and the first extensions of a FITS file; what comes behind them is not read.

    Args:
        path: the file, plain or packed with gzip (.gz) or bzip2 (.bz2).
        wanted: for each of the first extensions the names of the columns, in any case, to read if they are there.

    Raises:
        InputError: if the file is not there, no FITS file, cut off, or damaged in these parts.
    """
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give SDSS spectrum files (spec-PLATE-MJD-FIBER.fits).")
    with (
        told(lambda reason: f"{path} is damaged or no FITS file ({reason}); download it again."),
        _opened(path) as stream,
    ):
        primary = _header(path, stream)
        stream.seek(_data_bytes(primary), os.SEEK_CUR)
        return primary, [_table(path, stream, number, names) for number, names in enumerate(wanted, 1)]


def _opened(path: Path) -> Stream:
    """The file's bytes, unpacked."""
    match path.suffix.lower():
        case ".gz":
            return gzip.open(path)
        case ".bz2":
            return bz2.open(path)
        case _:
            return path.open("rb")


def _table(path: Path, stream: Stream, number: int, names: Sequence[str]) -> Table:
    """The next extension."""
    header = _header(path, stream, number)
    rows, width, behind = int(header["NAXIS2"]), int(header["NAXIS1"]), _data_bytes(header)
    places = _places(header)
    data = stream.read(rows * width)
    if len(data) < rows * width:
        raise InputError(f"{path} is truncated in extension {number}; download it again.")
    stream.seek(behind - rows * width, os.SEEK_CUR)
    there = [name.lower() for name in names if name.lower() in places]
    return Table(header, {name: _column(header, places[name], data, rows, width) for name in there})


def _header(path: Path, stream: Stream, number: int = 0) -> Header:
    """The cards up to END, and the stream behind them.

    Raises:
        InputError: if this is no header of the primary part (0) or of a table.
    """
    expected = "XTENSION" if number else "SIMPLE"
    cards: dict[str, str] = {}
    for _ in range(MOST_BLOCKS):
        block = stream.read(BLOCK)
        if len(block) < BLOCK or (not cards and not block.startswith(expected.encode())):
            raise _not_there(path, stream, number, block)
        text = block.decode("latin-1")
        for start in range(0, BLOCK, CARD):
            keyword = text[start : start + 8].rstrip()
            if keyword == "END":
                return _of_a_table(path, cards, number)
            if text[start + 8 : start + 10] == "= ":
                cards.setdefault(keyword, _value(text[start + 10 : start + CARD]))
    raise InputError(f"{path} has a header without end; download it again.")


def _not_there(path: Path, stream: Stream, number: int, block: bytes) -> InputError:
    """What to say where a header should begin or go on."""
    if number == 0 and not block.startswith(b"SIMPLE"):
        return InputError(f"{path} is damaged or no FITS file; give SDSS spectrum files, or download it again.")
    if block and len(block) < BLOCK:
        return InputError(f"{path} is truncated; download it again.")
    what = f"lacks extension {number}" if not block else f"is damaged before extension {number}"
    return InputError(f"{path} {what}; give SDSS spectrum files (spec or spec-lite format), or download it again.")


def _of_a_table(path: Path, header: Header, number: int) -> Header:
    """The header, if it is the primary one or that of a binary table."""
    if number and header["XTENSION"] != "BINTABLE":
        raise InputError(
            f"{path} has no table in extension {number}; give SDSS spectrum files (spec or spec-lite format)."
        )
    return header


def _value(text: str) -> str:
    """A card's value without its comment; a text without quotes and the blanks that fill it up."""
    stripped = text.lstrip()
    if not stripped.startswith("'"):
        return stripped.split("/", 1)[0].strip()
    # Two quotes within a text stand for one.
    return stripped[1:].replace("''", "\0").split("'", 1)[0].rstrip().replace("\0", "'")


def _data_bytes(header: Header) -> int:
    """Bytes of the data behind a header, with the filling up to whole blocks."""
    sizes = [int(header[f"NAXIS{axis}"]) for axis in range(1, int(header["NAXIS"]) + 1)]
    count = math.prod(sizes) + int(header.get("PCOUNT", 0)) if sizes else 0
    size = math.ceil(count * abs(int(header["BITPIX"])) / 8 / BLOCK) * BLOCK
    if min(sizes, default=0) < 0 or not 0 <= size <= MOST_BYTES:
        raise ValueError(f"its axes are {sizes}")
    return size


def _places(header: Header) -> dict[str, tuple[int, int, int, str]]:
    """Number, first byte in a row, repeats and type of every column, by name in lower case."""
    places, offset = {}, 0
    for field in range(1, int(header["TFIELDS"]) + 1):
        found = FORMAT.match(header[f"TFORM{field}"])
        if found is None:
            raise ValueError(f"column {field} has format {header[f'TFORM{field}']}")
        repeats, kind = int(found[1] or 1), found[2]
        places[header.get(f"TTYPE{field}", "").lower()] = (field, offset, repeats, kind)
        offset += -(-repeats // 8) if kind == "X" else repeats * BYTES[kind]
    if offset != int(header["NAXIS1"]):
        raise ValueError(f"its columns take {offset} bytes a row and not {header['NAXIS1']}")
    return places


def _column(
    header: Header, place: tuple[int, int, int, str], data: bytes, rows: int, width: int
) -> Shaped[np.ndarray, "rows *entry"]:
    """A copy of one column in the machine's own byte order."""
    field, offset, repeats, kind = place
    dtype = np.dtype(f"S{repeats}" if kind == "A" else DTYPES[kind])
    shape: tuple[int, ...] = (rows,) if kind == "A" or repeats == 1 else (rows, repeats)
    strides = (width,) if len(shape) == 1 else (width, dtype.itemsize)
    raw = np.ndarray(shape, dtype, data, offset, strides) if rows else np.zeros(shape, dtype)
    if kind == "A":
        return np.char.rstrip(raw)
    zero, scale = float(header.get(f"TZERO{field}", 0)), float(header.get(f"TSCAL{field}", 1))
    return raw.astype(dtype.newbyteorder("=")) if (zero, scale) == (0, 1) else raw * scale + zero
