"""A table of any kind: names, a number of rows, and columns that are read when asked for, as a whole or block by block.

Reading forward in blocks costs no more than reading once, and needs memory for one block.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.formats.column import Column, as_column

__all__ = ["Held", "Table", "listed"]

LISTED = 40
"""How many column names an error lists."""


class Table(ABC):
    """The columns of a file by name; iterates over the names.

    Args:
        path: the file, for messages.
        names: its columns.
        count: its number of rows.
    """

    def __init__(self, path: Path, names: Sequence[str], count: int) -> None:
        self.path = path
        self.names = list(names)
        self.count = count

    @abstractmethod
    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        """Rows ``start`` to ``stop`` of columns that are there."""

    def read(self, names: Sequence[str], start: int = 0, stop: int | None = None) -> dict[str, Column]:
        """Rows ``start`` to ``stop``, all if left out, of some columns.

        Raises:
            InputError: if a column is not there, or cannot be read.
        """
        for name in names:
            if name not in self:
                raise InputError(f"{self.path} has no column {name!r}; it has {listed(self)}.")
        stop = self.count if stop is None else min(stop, self.count)
        return self._read(list(dict.fromkeys(names)), min(start, stop), stop)

    def describe(self, name: str) -> Column:
        """A column without its rows: its type, the shape of an entry and its unit."""
        return self.read([name], 0, 0)[name]

    def __getitem__(self, name: str) -> Column:
        return self.read([name])[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


class Held(Table):
    """Columns that are in memory already.

    Args:
        path: the file that they come from, for messages.
        columns: columns of equal length.
    """

    def __init__(self, path: Path, columns: Mapping[str, Column]) -> None:
        super().__init__(path, list(columns), max((len(each) for each in columns.values()), default=0))
        self._columns = columns

    @classmethod
    def of(cls, path: Path, arrays: Mapping[str, np.ndarray]) -> "Held":
        """Arrays as the columns of a table."""
        return cls(path, {name: as_column(name, str(path), values) for name, values in arrays.items()})

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        return {name: self._columns[name][start:stop] for name in names}


def listed(names: Iterable[str]) -> str:
    """Names for an error message: the first few, or that there are none."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more if every else "none"
