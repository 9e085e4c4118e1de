"""One column of a file, whatever the file: its values, which of them are missing, and its unit.

A file says in many ways that a value is missing: an empty cell, ``null``, TNULL, a mask. Whatever reads it says it in
one, and no value that merely stands in for a missing one is ever taken for data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from slipher.errors import InputError
from slipher.formats.cells import MISSING, as_floats

__all__ = ["Column", "as_column", "as_text", "decimal", "joined"]

MOST_TEXT = 1 << 28
"""Characters of an array of text, of four bytes each."""


@dataclass(frozen=True, eq=False)
class Column:
    """Values of one name, one entry a row.

    Attributes:
        name: the column, for messages.
        where: the file, for messages.
        values: bool, int64, uint64, a float of the file's precision, or str; anything where missing.
        missing: which of them are no value; None if all are. A NaN that a file holds as a number needs no mark.
        unit: as the file writes it; None if it says nothing.
        first: the row of the file that the first value stands in, for messages.
    """

    name: str
    where: str
    values: Shaped[np.ndarray, "rows *entry"]
    missing: Bool[np.ndarray, "rows *entry"] | None = None
    unit: str | None = None
    first: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> "Column":
        """Some of the rows."""
        missing = None if self.missing is None else self.missing[rows]
        return replace(self, values=self.values[rows], missing=missing)

    @property
    def lacking(self) -> Bool[np.ndarray, "rows *entry"]:
        """Which values are missing."""
        return np.zeros(self.values.shape, bool) if self.missing is None else self.missing

    def numbers(self) -> Float64[np.ndarray, "rows *entry"]:
        """As float64, NaN where missing; lower precision by its shortest decimal, so that 0.4 stays 0.4.

        Text counts where every value is a number, as those that may be names are kept: 007, or more than int64 holds.

        Raises:
            InputError: if the column does not hold numbers.
        """
        if self.values.dtype.kind == "U":
            return self._read_as_numbers()
        if self.values.dtype.kind not in "iuf":
            raise InputError(f"column {self.name!r} of {self.where} holds {self.kind}, not numbers; name another one.")
        values = decimal(self.values)
        return values if self.missing is None else np.where(self.missing, np.nan, values)

    @property
    def kind(self) -> str:
        """What the values are, in a word."""
        return {"b": "yes or no", "U": "text", "c": "complex numbers"}.get(
            self.values.dtype.kind, self.values.dtype.name
        )

    def _read_as_numbers(self) -> Float64[np.ndarray, "rows *entry"]:
        """Text as the numbers it spells."""
        cells = np.where(self.lacking, "", np.char.strip(self.values)).ravel().tolist()
        cells = ["nan" if cell in MISSING else cell for cell in cells]
        values = as_floats(cells)
        if values is None:
            place = next(place for place, cell in enumerate(cells) if as_floats([cell]) is None)
            row = self.first + place // max(int(np.prod(self.values.shape[1:])), 1)
            raise InputError(
                f"column {self.name!r} of {self.where} holds text, not numbers; row {row} is {cells[place]!r}: "
                "correct the cell, or name a column of numbers."
            )
        return values.reshape(self.values.shape)


def as_column(
    name: str, where: str, values: Shaped[np.ndarray, "rows *entry"], unit: str | None = None, empty: bool = False
) -> Column:
    """A column of what a library gives: masked or not, in any byte order, text as bytes or as objects.

    Args:
        name: the column.
        where: the file.
        values: what the library gives.
        unit: as the file writes it.
        empty: whether text without a letter is a missing value.
    """
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = _plain(name, where, np.ma.getdata(values))
    if empty and plain.dtype.kind == "U":
        missing = (plain == "") if missing is None else missing | (plain == "")
    return Column(name, where, plain, missing, unit or None)


def as_text(name: str, where: str, values: Shaped[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "*shape"]:
    """Text as an array, each value as wide as the longest.

    Args:
        name: the column.
        where: the file.
        values: text or bytes as objects; None is empty text.

    Raises:
        InputError: if a single long text would make the column too wide for memory.
    """
    text = [each.decode() if isinstance(each, bytes) else "" if each is None else each for each in values.ravel()]
    longest = max((len(each) for each in text if isinstance(each, str)), default=0)
    if longest * len(text) > MOST_TEXT:
        raise InputError(
            f"column {name!r} of {where} holds a text of {longest:,} characters; shorten it, or leave the column out."
        )
    return np.array(text, np.str_).reshape(values.shape)


def joined(parts: Sequence[Column]) -> Column:
    """Columns of one name, one behind the other."""
    missing = None if all(part.missing is None for part in parts) else np.concatenate([part.lacking for part in parts])
    return replace(parts[0], values=np.concatenate([part.values for part in parts]), missing=missing)


def _plain(name: str, where: str, values: Shaped[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "*shape"]:
    """Native byte order, and text as str."""
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8")
    if values.dtype.kind == "O":
        return as_text(name, where, values)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def decimal(values: Shaped[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Numbers as float64, those of lower precision by their shortest decimal."""
    low = values.dtype.kind == "f" and values.dtype.itemsize < 8
    return np.asarray((values.astype(str) if low else values).astype(np.float64))
