"""Densities as they lie in a file, whatever the file: what they are, how many, and how some of them are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slipher.density.foreign import OWN_HIST, OWN_INTERP, Record
from slipher.errors import InputError
from slipher.formats.column import Column, as_column
from slipher.formats.opened import damaged
from slipher.formats.tables import Held, Table

__all__ = ["KIND", "Ancillary", "Stored", "first_text", "of_tables", "plain", "rows_of"]

BLOCK = 4096
"""Galaxies read at a time, and fewer"""
NUMBERS = 1 << 20
"""where these are more numbers than this: of some dozen arrays of that size."""
KNOTTED = ("hist", OWN_HIST, "interp", OWN_INTERP, "packed_interp", "quant", "spline")
"""Kinds that store a number a knot; others need"""
KNOTS = 200
"""a number."""

KIND = "a file of densities"
"""What a damaged file is not."""

Rows = Callable[[int, int], dict[str, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Stored:
    """Densities in an open file.

    Attributes:
        path: the file.
        kind: their parameterisation, by qp's name.
        meta: what is the same for all of them.
        count: how many there are.
        rows: reads what is not, from one row to another.
        ancil: columns with one value a galaxy.
    """

    path: Path
    kind: str
    meta: Mapping[str, np.ndarray]
    count: int
    rows: Rows
    ancil: Table

    @property
    def step(self) -> int:
        """Galaxies that memory holds with ease, on knots of their own."""
        numbers = sum(values.size for values in self.record(0, 1).data.values())
        knots = numbers if self.kind in KNOTTED else KNOTS * max(numbers, 1)
        return int(np.clip(NUMBERS // max(knots, 1), 16, BLOCK))

    def record(self, start: int, stop: int) -> Record:
        """What is stored of some galaxies.

        Raises:
            InputError: if it cannot be read.
        """
        with damaged(self.path, KIND):
            data = self.rows(start, min(stop, self.count))
        return Record(str(self.path), self.kind, self.meta, data)


class Ancillary(Table):
    """Columns beside densities, with one value a galaxy, be it written as (N,) or as (N, 1).

    Args:
        path: the file.
        names: the columns.
        count: number of galaxies.
        load: reads rows of a column.
    """

    def __init__(
        self, path: Path, names: Sequence[str], count: int, load: Callable[[str, int, int], np.ndarray]
    ) -> None:
        super().__init__(path, names, count)
        self._load = load

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        return {name: self._column(name, start, stop) for name in names}

    def _column(self, name: str, start: int, stop: int) -> Column:
        with damaged(self.path, KIND):
            try:
                return as_column(name, str(self.path), self._load(name, start, stop).reshape(-1))
            except UnicodeDecodeError as error:
                message = f"{self.path}: column {name!r} holds text that is no UTF-8; write it so."
                raise InputError(message) from error


def plain(column: Column) -> np.ndarray:
    """Values as they are, or as float64 with NaN where some are missing."""
    if column.missing is None or column.values.dtype.kind not in "biuf":
        return column.values
    return np.where(column.missing, np.nan, column.values.astype(np.float64))


def rows_of(path: Path, lengths: Mapping[str, int]) -> int:
    """How many galaxies some data sets are of; one row may stand for all.

    Raises:
        InputError: if they are of different numbers.
    """
    counts = set(lengths.values())
    if not counts or len(counts - {1}) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items()) or "none at all"
        raise InputError(f"{path} has data sets of different numbers of rows ({found}); it is damaged.")
    return max(counts)


def first_text(path: Path, name: str, values: np.ndarray) -> str:
    """The first entry as text, be it written as bytes, text or an object.

    Raises:
        InputError: if there is none.
    """
    first = next(iter(np.ravel(np.asarray(values)).tolist()), None)
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else first
    if not isinstance(text, str) or not text:
        raise InputError(f"{path} does not say in {name!r} what its densities are; it is damaged.")
    return text


def of_tables(path: Path, meta: Table, data: Table, ancil: Table | None) -> Stored:
    """Densities in three tables, as qp parts them for FITS and Parquet.

    Raises:
        InputError: if the tables do not go together.
    """
    if "pdf_name" not in meta or not meta.count:
        raise InputError(f"{meta.path} has no 'pdf_name', which says what its densities are; it is damaged.")
    if ancil is not None and ancil.names and ancil.count != data.count:
        raise InputError(
            f"{ancil.path} has {ancil.count} rows beside {data.count} densities; give one each, or leave it away."
        )

    def rows(start: int, stop: int) -> dict[str, np.ndarray]:
        return {name: plain(each) for name, each in data.read(data.names, start, stop).items()}

    constants = {name: each.values for name, each in meta.read(meta.names, 0, 1).items()}
    kind = first_text(path, "pdf_name", constants["pdf_name"])
    return Stored(path, kind, constants, data.count, rows, Held(path, []) if ancil is None else ancil)
