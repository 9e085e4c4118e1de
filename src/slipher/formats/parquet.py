"""Tables of Parquet, a batch of rows at a time."""

import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import Column, joined
from slipher.formats.ecsv import read_header
from slipher.formats.opened import damaged
from slipher.formats.table import Table

__all__ = ["ParquetTable"]

KIND = "parquet"
BATCH = 16384
"""Rows that are unpacked at once."""
BUFFER = 1 << 20
"""Bytes of a column that are read at once: without a limit, all of a row group."""
WHOLE_DIGITS = 18
"""Digits of a decimal without a fraction that int64 always holds."""


class ParquetTable(Table):
    """A table of Parquet.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._arrow: Any = require("pyarrow", "catalog")
        self._compute: Any = require("pyarrow.compute", "catalog")
        parquet = require("pyarrow.parquet", "catalog")
        with damaged(path, KIND):
            self._file = parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
            weakref.finalize(self, self._file.close, force=True)
            self._schema = self._file.schema_arrow
            super().__init__(path, self._schema.names, self._file.metadata.num_rows)
            self._units = _units(self._schema)
        self._lengths: dict[str, int] = {}
        self._going: tuple[list[str], int, Iterator[Any]] = ([], 0, iter(()))
        self._left: Any = None

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        with damaged(self.path, KIND):
            parts = [self._columns(self._schema.empty_table().select(list(names)), start)]
            for first, table in self._batches(list(names), start, stop):
                parts.append(self._columns(table, first))
            return {name: joined([part[name] for part in parts]) for name in names}

    def _batches(self, names: list[str], start: int, stop: int) -> Iterator[tuple[int, Any]]:
        """The rows from one to another in batches, each with its first row; going on where it stopped costs nothing."""
        if start == stop:
            return
        known, row, batches = self._going
        if (known, row) != (names, start):
            row, batches = self._from(names, start)
            self._left = None
        while row < stop:
            batch = self._left if self._left is not None else next(batches)
            skipped = max(start - row, 0)
            taken = min(stop - row, len(batch))
            if taken > skipped:
                yield row + skipped, batch.slice(skipped, taken - skipped)
            self._left = batch.slice(taken) if taken < len(batch) else None
            row += taken
            self._going = (names, row, batches)

    def _from(self, names: list[str], start: int) -> tuple[int, Iterator[Any]]:
        """Batches from the row group on that holds a row, and the first row of them."""
        metadata, row, group = self._file.metadata, 0, 0
        while row + metadata.row_group(group).num_rows <= start:
            row, group = row + metadata.row_group(group).num_rows, group + 1
        groups = list(range(group, metadata.num_row_groups))
        return row, self._file.iter_batches(BATCH, groups, columns=names, use_threads=False)

    def _columns(self, table: Any, first: int) -> dict[str, Column]:
        """Arrow's columns as ours."""
        found = {}
        for name in table.schema.names:
            column = table.column(name)
            array = column.combine_chunks() if isinstance(column, self._arrow.ChunkedArray) else column
            found[name] = Column(name, str(self.path), *self._values(name, array, first), unit=self._units.get(name))
        return found

    def _values(self, name: str, array: Any, first: int) -> tuple[np.ndarray, np.ndarray | None]:
        """An array of Arrow as values, and which are missing."""
        types, kind = self._arrow.types, array.type
        if types.is_dictionary(kind):
            return self._values(name, array.dictionary_decode(), first)
        if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
            return self._arrays(name, array, first)
        if types.is_null(kind):
            return np.full(len(array), np.nan), np.ones(len(array), bool)
        missing = np.asarray(array.is_null()) if array.null_count else None
        return self._plain(name, array), missing

    def _plain(self, name: str, array: Any) -> np.ndarray:
        """Values of a plain type; anything where there is none."""
        types, kind = self._arrow.types, array.type
        if types.is_boolean(kind):
            return np.asarray(array.fill_null(False)).astype(bool)
        if types.is_integer(kind) or types.is_floating(kind):
            return np.asarray(array.fill_null(0)) if array.null_count else np.asarray(array)
        if types.is_decimal(kind):
            return self._decimals(array)
        if types.is_nested(kind):
            raise InputError(f"{self.path}: column {name!r} holds {kind}, not one value a row; name another column.")
        text = [each if isinstance(each, str) else "" for each in array.cast(self._arrow.string()).to_pylist()]
        return np.array(text, np.str_)

    def _decimals(self, array: Any) -> np.ndarray:
        """Decimals: whole ones as int64, or text if they may be longer, and others as float64."""
        text = ["0" if each is None else str(each) for each in array.to_pylist()]
        if array.type.scale > 0:
            return np.array(text, np.float64)
        return (
            np.array(list(map(int, text)), np.int64)
            if array.type.precision <= WHOLE_DIGITS
            else np.array(text, np.str_)
        )

    def _arrays(self, name: str, array: Any, first: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Lists, which must all be of one length, as rows of an array."""
        length = self._length(name, array)
        gaps = np.asarray(array.is_null())
        lengths = np.asarray(self._compute.list_value_length(array).fill_null(length))
        if (lengths != length).any():
            row = int(np.argmax(lengths != length))
            raise InputError(
                f"{self.path}: column {name!r} holds lists of different lengths, {length} and, in row {first + row}, "
                f"{lengths[row]}; one length is needed."
            )
        inner, inner_missing = self._values(name, array.drop_null().flatten(), first)
        shape = (len(array), length)
        values, missing = np.zeros(shape, inner.dtype), np.repeat(gaps[:, None], length, axis=1)
        values[~gaps] = inner.reshape(-1, length)
        if inner_missing is not None:
            missing[~gaps] = inner_missing.reshape(-1, length)
        return values, missing if missing.any() else None

    def _length(self, name: str, array: Any) -> int:
        """The length of a column's lists: as declared, or that of the first."""
        if self._arrow.types.is_fixed_size_list(array.type):
            return int(array.type.list_size)
        if name not in self._lengths:
            known = iter(self._from([name], 0)[1]) if self.count else iter(())
            lists = (each for batch in known for each in batch.column(0) if each.is_valid)
            self._lengths[name] = len(next(lists, []))
        return self._lengths[name]


def _units(schema: Any) -> dict[str, str]:
    """The units that a field's own notes name, or that astropy wrote beside."""
    notes = (schema.metadata or {}).get(b"table_meta_yaml", b"")
    units = dict(read_header(notes.decode().splitlines()).units) if notes else {}
    own = {name: (schema.field(name).metadata or {}).get(b"unit", b"").decode() for name in schema.names}
    return units | {name: unit for name, unit in own.items() if unit}
