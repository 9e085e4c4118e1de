"""Tables of one file side by side as one: mostly such as have a row for each of the same galaxies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.table import Table

__all__ = ["Beside"]

KEYS = ("id", "objid", "object_id", "targetid", "specobjid", "source_id", "galaxy_id")
"""Columns, in lower case, that name galaxies: where two tables differ in them, their rows are not of the same."""
PIECE = 65536
"""Rows that are compared at once."""


class Beside(Table):
    """The columns of several tables by name.

    One that stands in several has the name TABLE/NAME in each. NAME alone is then that of the first table with rows or
    of those as long as it, if all of them hold the same; a table of another length never stands in its way.

    Args:
        path: the file.
        tables: tables by name, of any lengths.

    Raises:
        InputError: if tables of one length name different galaxies.
    """

    def __init__(self, path: Path, tables: Mapping[str, Table]) -> None:
        homes: dict[str, list[str]] = {}
        for key, table in tables.items():
            for name in table:
                homes.setdefault(name, []).append(key)
        self._tables = tables
        count = next((table.count for table in tables.values() if table.count), 0)
        long = {name: [key for key in keys if tables[key].count == count] or keys for name, keys in homes.items()}
        self._places = {name: (keys[0], name) for name, keys in long.items() if _same(path, name, keys, tables)}
        shared = {name: keys for name, keys in homes.items() if len(keys) > 1}
        self._places |= {f"{key}/{name}": (key, name) for name, keys in shared.items() for key in keys}
        super().__init__(path, list(self._places), count)

    def length(self, name: str) -> int:
        """As of the table that it stands in."""
        return self._tables[self._places[name][0]].count

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        found: dict[str, Column] = {}
        for key, table in self._tables.items():
            here = {name: self._places[name][1] for name in names if self._places[name][0] == key}
            columns = table.read(list(here.values()), start, stop) if here else {}
            found |= {name: replace(columns[inner], name=name) for name, inner in here.items()}
        return found


def _same(path: Path, name: str, keys: Sequence[str], tables: Mapping[str, Table]) -> bool:
    """Whether a column of several tables holds the same in all."""
    first = tables[keys[0]]
    if any(tables[key].count != first.count for key in keys):
        return False
    for key in keys[1:]:
        for start in range(0, first.count, PIECE):
            one, other = (table.read([name], start, start + PIECE)[name] for table in (first, tables[key]))
            if not _equal(one, other):
                if name.lower() in KEYS:
                    raise InputError(
                        f"{path}: the tables {keys[0]} and {key} have as many rows, but not of the same galaxies: they "
                        f"differ in {name}; choose one as {path}[{keys[0]}]."
                    )
                return False
    return True


def _equal(one: Column, other: Column) -> bool:
    if one.values.shape != other.values.shape or not np.array_equal(one.lacking, other.lacking):
        return False
    known = ~one.lacking
    first, second = one.values[known], other.values[known]
    both_numbers = first.dtype.kind in "fc" and second.dtype.kind in "fc"
    return bool(np.array_equal(first, second, equal_nan=both_numbers))
