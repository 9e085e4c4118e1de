"""Files of the same columns as one table, one behind the other: those to train on, and those to test on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.formats.column import Column, decimal, joined
from slipher.formats.table import Table

__all__ = ["Stacked"]


class Stacked(Table):
    """The rows of several tables in order, in the columns that all of them have.

    Args:
        tables: at least one.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        first, others = tables[0], tables[1:]
        path = first.path.with_name(" with ".join(each.path.name for each in tables))
        names = [name for name in first if all(name in each for each in others)]
        super().__init__(path, names, sum(each.count for each in tables))
        self.elsewhere = ", the columns of all these files"
        self.tables = tuple(tables)

    def __contains__(self, name: object) -> bool:
        return all(name in each for each in self.tables)

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        parts = []
        for table in self.tables:
            _check_lengths(table, names)
            parts.append(table.read(names, max(start, 0), max(stop, 0)))
            start, stop = start - table.count, stop - table.count
        return {name: _behind_each_other([part[name] for part in parts], self.path) for name in names}


def _check_lengths(table: Table, names: Sequence[str]) -> None:
    """See that every row has a value, so that no column runs ahead of another where the next file begins."""
    odd = [name for name in names if table.length(name) != table.count]
    if odd:
        raise InputError(
            f"{table.path}: column {odd[0]!r} has {table.length(odd[0])} rows, but others have {table.count}; give one "
            "value a row."
        )


def _behind_each_other(parts: list[Column], where: Path) -> Column:
    """The same column of several files, in the type that keeps the values of all."""
    units = {part.unit for part in parts if part.unit}
    if len(units) > 1:
        raise InputError(f"{where}: column {parts[0].name!r} is in {' and '.join(sorted(units))}; give it one unit.")
    shapes = {part.values.shape[1:] for part in parts}
    if len(shapes) > 1:
        raise InputError(f"{where}: column {parts[0].name!r} has entries of the shapes {sorted(shapes)}; give one.")
    if not _alike([part.values.dtype for part in parts]):
        parts = [replace(part, values=part.values.astype(np.str_)) for part in parts]
    elif any(part.values.dtype.kind == "f" for part in parts):
        parts = [replace(part, values=decimal(part.values)) for part in parts]
    return replace(joined(parts), where=str(where), unit=next(iter(units), None))


def _alike(types: list[np.dtype[Any]]) -> bool:
    """Whether values meet in one type without loss; text keeps those that do not, such as int64 and uint64."""
    kinds = {each.kind for each in types}
    return len(kinds) == 1 or (kinds <= set("iuf") and ("f" in kinds or np.result_type(*types).kind != "f"))
