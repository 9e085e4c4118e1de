"""A table of any kind: names, a number of rows, and columns that are read when asked for, as a whole or block by block.

Reading forward in blocks costs no more than reading once, and needs memory for one block.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.formats.column import Column, as_column

__all__ = ["Held", "Table", "listed", "masked"]

LISTED = 40
"""How many column names an error lists."""
MASK = ".mask"
"""What astropy adds to the name of a column for that of its mask, where a format has no masks."""


class Table(ABC):
    """The columns of a file by name; iterates over the names.

    Args:
        path: the file, for messages.
        names: its columns.
        count: its number of rows.

    Raises:
        InputError: if two columns have one name.
    """

    elsewhere = ""
    """What a message says about columns that the file has beside those of the table."""

    def __init__(self, path: Path, names: Sequence[str], count: int) -> None:
        self.path = path
        self.names = list(names)
        self._known = frozenset(self.names)
        self.count = count
        twice = [name for name, times in Counter(self.names).items() if times > 1]
        if twice:
            raise InputError(f"{path} has several columns of the same name ({listed(twice)}); give each its own.")

    def length(self, name: str) -> int:
        """Number of rows of a column: files of arrays may hold some of another length than the others."""
        return self.count

    @abstractmethod
    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        """Rows ``start`` to ``stop`` of columns that are there."""

    def read(self, names: Sequence[str], start: int = 0, stop: int | None = None) -> dict[str, Column]:
        """Rows ``start`` to ``stop``, all if left out, of some columns; axes of length 1 behind the rows are left out.

        Raises:
            InputError: if a column is not there, or cannot be read.
        """
        self.check(names)
        most = max((self.length(name) for name in names), default=0)
        stop = most if stop is None else min(stop, most)
        found = self._read(list(dict.fromkeys(names)), min(start, stop), stop)
        return {name: replace(_flat(each), first=start) for name, each in found.items()}

    def check(self, names: Iterable[str]) -> None:
        """See that columns are there.

        Raises:
            InputError: if one is not.
        """
        for name in names:
            if name not in self:
                raise InputError(f"{self.path} has no column {name!r}; it has {listed(self)}{self.elsewhere}.")

    def describe(self, name: str) -> Column:
        """A column without its rows: its type, the shape of an entry and its unit."""
        return self.read([name], 0, 0)[name]

    def __getitem__(self, name: str) -> Column:
        return self.read([name])[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


class Held(Table):
    """Columns that are in memory already.

    Args:
        path: the file that they come from, for messages.
        columns: columns, mostly of equal length.
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        super().__init__(path, [each.name for each in columns], max(map(len, columns), default=0))
        self._columns = {each.name: each for each in columns}

    def length(self, name: str) -> int:
        """As it is held."""
        return len(self._columns[name])

    @classmethod
    def of(cls, path: Path, arrays: Mapping[str, np.ndarray]) -> "Held":
        """Arrays as the columns of a table."""
        return cls(path, [as_column(name, str(path), values) for name, values in arrays.items()])

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        return {name: self._columns[name][start:stop] for name in names}


class _Masked(Table):
    """A table some of whose columns say which values of others are missing."""

    def __init__(self, table: Table, masks: Sequence[str]) -> None:
        super().__init__(table.path, [name for name in table if name not in masks], table.count)
        self.elsewhere = table.elsewhere
        self._table = table
        self._masks = masks

    def __contains__(self, name: object) -> bool:
        return name in self._table and name not in self._masks

    def length(self, name: str) -> int:
        """As of the table."""
        return self._table.length(name)

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        masks = {name: name + MASK for name in names if _has_mask(self._table, name)}
        found = self._table.read([*names, *masks.values()], start, stop)
        hidden = {name: found[name].lacking | found[mask].values for name, mask in masks.items()}
        return {name: replace(found[name], missing=hidden.get(name, found[name].missing)) for name in names}


def masked(table: Table) -> Table:
    """The table with the columns NAME.mask of truth values, as astropy writes them, taken for masks of NAME."""
    masks = [name + MASK for name in table if _has_mask(table, name)]
    return _Masked(table, masks) if masks else table


def _has_mask(table: Table, name: str) -> bool:
    """Whether a column has one of truth values beside it that is its mask."""
    return name + MASK in table and table.describe(name + MASK).values.dtype.kind == "b"


def _flat(found: Column) -> Column:
    """A column without axes of length 1 behind the rows: ``(N, 1)`` is one value a row."""
    shape = (len(found), *(size for size in found.values.shape[1:] if size != 1))
    if shape == found.values.shape:
        return found
    missing = None if found.missing is None else found.missing.reshape(shape)
    return replace(found, values=found.values.reshape(shape), missing=missing)


def listed(names: Iterable[str]) -> str:
    """Names for an error message: the first few, or that there are none."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more if every else "none"
