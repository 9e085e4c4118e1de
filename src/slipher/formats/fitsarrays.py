"""The images and the table columns of a FITS file, read piece by piece."""

import bz2
import gzip
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from slipher.extras import require
from slipher.formats.container import PIECE, Container, scratch

__all__ = ["FitsContainer"]


class FitsContainer(Container):
    """Images and table columns of a FITS file.

    Images go by the names of their extensions, the first one PRIMARY. One without a name, or with the name of another,
    goes by its number. Any image may be asked for by its number.
    """

    kind = "FITS"

    def _open(self) -> None:
        self._fits = require("astropy.io.fits", "spectra")
        # from the root on, since astropy would go to the network for a path that begins with a folder called http:
        self._plain = _decompressed(self.path, self._closing).absolute()
        stream = self._closing.enter_context(self._plain.open("rb"))
        # not mapped into memory, so that what was read is not held
        options = {"memmap": False, "do_not_scale_image_data": True, "lazy_load_hdus": False}
        self._units = self._closing.enter_context(self._fits.open(stream, **options))
        self._home: dict[str, int] = {}
        self._numbers: dict[str, str] = {}
        tables = [number for number, unit in enumerate(self._units) if not self._is_image(unit)]
        for number, unit in enumerate(self._units):
            if number not in tables and unit.shape:
                self._note_image(number, unit)
        if tables:
            with self._fits.open(self._plain, memmap=True) as units:
                for number in tables:
                    self._note_columns(number, units[number])

    def notes(self, name: str) -> Mapping[str, Any]:
        """The header of an image, and of the file."""
        name = self.resolve(name)
        if name not in self._home or not self._is_image(self._units[self._home[name]]):
            return {}
        return {**self._units[0].header, **self._units[self._home[name]].header}

    def unit(self, name: str) -> str | None:
        """BUNIT of an image, TUNIT of a column."""
        name = self.resolve(name)
        if name not in self._home:
            return None
        unit = self._units[self._home[name]]
        said = unit.header.get("BUNIT") if self._is_image(unit) else unit.columns[name].unit
        return str(said).strip() or None if said else None

    def resolve(self, name: str) -> str:
        """The name of an image that is given by its number, or in another case."""
        if name in self.arrays:
            return name
        return self._numbers.get(name, name.upper() if name.upper() in self._numbers.values() else name)

    def _is_image(self, unit: Any) -> bool:
        """Whether an extension is an image, be it a compressed one."""
        return bool(unit.is_image)

    def _note_image(self, number: int, unit: Any) -> None:
        """Take down an image."""
        name = unit.name if unit.name and unit.name not in self.arrays else str(number)
        one = unit.section[tuple(slice(0, 1) for _ in unit.shape)]
        self.arrays[name] = (_scaled(one, unit.header).dtype, tuple(unit.shape))
        self._home[name] = number
        self._numbers[str(number)] = name

    def _note_columns(self, number: int, unit: Any) -> None:
        """Take down the columns of a table, by the first row of each."""
        begin = unit.data[:1]
        for column in unit.columns:
            if column.name in self.arrays:
                continue
            first = np.asarray(begin[column.name])
            self.arrays[column.name] = (first.dtype, (unit.header["NAXIS2"], *first.shape[1:]))
            self._home[column.name] = number

    def _read(self, name: str, start: int, stop: int, axis: int) -> np.ndarray:
        unit = self._units[self._home[name]]
        if self._is_image(unit):
            return _scaled(unit.section[(*[slice(None)] * axis, slice(start, stop))], unit.header)
        if axis:
            raise ValueError("a table holds one galaxy a row")
        pieces = [self._rows(name, at, min(at + PIECE, stop)) for at in range(start, stop, PIECE)]
        found = np.concatenate([np.ma.getdata(piece) for piece in pieces or [self._rows(name, start, stop)]])
        missing = [np.ma.getmaskarray(piece) for piece in pieces if np.ma.isMaskedArray(piece)]
        return np.ma.MaskedArray(found, np.concatenate(missing)) if missing else found

    def _rows(self, name: str, start: int, stop: int) -> np.ndarray:
        """Rows of a column of a table, opened anew: the memory that it is mapped to is free again afterwards."""
        with self._fits.open(self._plain, memmap=True) as units:
            unit = units[self._home[name]]
            rows, null = unit.data[start:stop], unit.columns[name].null
            values = np.array(rows[name])
            return values if null in (None, "") else np.ma.MaskedArray(values, rows.view(np.ndarray)[name] == null)


def _scaled(raw: np.ndarray, header: Any) -> np.ndarray:
    """An image's stored numbers as values, masked where they are BLANK; unsigned integers stay what they are."""
    scale, zero, bits = header.get("BSCALE", 1), header.get("BZERO", 0), 8 * raw.dtype.itemsize
    blank = header.get("BLANK") if raw.dtype.kind in "iu" else None
    if scale == 1 and zero == 0:
        values = raw
    elif scale == 1 and raw.dtype.kind == "i" and zero == 1 << bits - 1:
        # two's complement: half of the range more is the other sign bit
        values = raw.astype(f"i{bits // 8}").view(f"u{bits // 8}") ^ np.array(1 << bits - 1, f"u{bits // 8}")
    else:
        values = raw * np.float64(scale) + np.float64(zero)
        values = values.astype(np.float32) if bits <= 16 or raw.dtype == np.float32 else values
    return values if blank is None else np.ma.MaskedArray(values, raw == blank)


def _decompressed(path: Path, closing: ExitStack) -> Path:
    """A file's plain bytes: itself, or a temporary copy of what is compressed, read to its end and checked."""
    with path.open("rb") as stream:
        begin = stream.read(3)
    opener: Any = gzip.open if begin.startswith(b"\x1f\x8b") else bz2.open if begin == b"BZh" else None
    if opener is None:
        return path
    plain = closing.enter_context(scratch(path))
    with opener(path) as packed:
        shutil.copyfileobj(packed, plain, PIECE)
    plain.flush()
    return Path(plain.name)
