"""One column of a file, whatever the file: its values, which of them are missing, and its unit.

A file says in many ways that a value is missing: an empty cell, ``null``, TNULL, a mask. Whatever reads it says it in
one, and no value that merely stands in for a missing one is ever taken for data.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from slipher.errors import InputError

__all__ = ["Column", "as_column", "decimal"]


@dataclass(frozen=True, eq=False)
class Column:
    """Values of one name, one entry a row.

    Attributes:
        name: the column, for messages.
        where: the file, for messages.
        values: bool, int64, uint64, a float of the file's precision, or str; anything where missing.
        missing: which of them are no value; None if all are. A NaN that a file holds as a number needs no mark.
        unit: as the file writes it; None if it says nothing.
    """

    name: str
    where: str
    values: Shaped[np.ndarray, "rows *entry"]
    missing: Bool[np.ndarray, "rows *entry"] | None = None
    unit: str | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> "Column":
        """Some of the rows."""
        missing = None if self.missing is None else self.missing[rows]
        return Column(self.name, self.where, self.values[rows], missing, self.unit)

    @property
    def lacking(self) -> Bool[np.ndarray, "rows *entry"]:
        """Which values are missing."""
        return np.zeros(self.values.shape, bool) if self.missing is None else self.missing

    def numbers(self) -> Float64[np.ndarray, "rows *entry"]:
        """As float64, NaN where missing; lower precision by its shortest decimal, so that 0.4 stays 0.4.

        Raises:
            InputError: if the column does not hold numbers.
        """
        if self.values.dtype.kind not in "iuf":
            raise InputError(f"column {self.name!r} of {self.where} holds {self.kind}, not numbers; {self._example()}.")
        values = decimal(self.values)
        return values if self.missing is None else np.where(self.missing, np.nan, values)

    @property
    def kind(self) -> str:
        """What the values are, in a word."""
        return {"b": "yes or no", "U": "text"}.get(self.values.dtype.kind, self.values.dtype.name)

    def _example(self) -> str:
        """A value that is no number, and the row it stands in, where there is one."""
        if self.values.dtype.kind == "U":
            for row, cell in enumerate(self.values.ravel()[:1_000_000]):
                if not _is_number(str(cell)) and not self.lacking.ravel()[row]:
                    return f"row {row} is {str(cell)!r}: correct the cell, or name a column of numbers"
        return "name a column of numbers"


def as_column(name: str, where: str, values: Shaped[np.ndarray, "rows *entry"], unit: str | None = None) -> Column:
    """A column of what a library gives: masked or not, in any byte order, text as bytes or as objects."""
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    return Column(name, where, _plain(np.ma.getdata(values)), missing, unit)


def _plain(values: Shaped[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "*shape"]:
    """Native byte order, and text as str."""
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8")
    if values.dtype.kind == "O":
        return np.array(["" if each is None else each for each in values.ravel()], np.str_).reshape(values.shape)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def decimal(values: Shaped[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Numbers as float64, those of lower precision by their shortest decimal."""
    low = values.dtype.kind == "f" and values.dtype.itemsize < 8
    return np.asarray((values.astype(str) if low else values).astype(np.float64))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
