"""Densities as they lie in a file, whatever the file: what they are, how many, and how some of them are read."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slipher.density.foreign import OWN_HIST, OWN_INTERP, Record
from slipher.errors import InputError
from slipher.formats.column import Column, as_column
from slipher.formats.tables import Table

__all__ = ["Ancillary", "Stored", "first_text", "plain", "rows_of", "whole"]

BLOCK = 4096
"""Galaxies read at a time, and fewer"""
NUMBERS = 1 << 20
"""where these are more numbers than this: of some dozen arrays of that size."""
KNOTTED = ("hist", OWN_HIST, "interp", OWN_INTERP, "packed_interp", "quant", "spline")
"""Kinds that store a number a knot; others need"""
KNOTS = 200
"""a number."""

BAD = (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, RuntimeError, AttributeError, Warning)
"""What libraries raise about damaged files."""

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
        with whole(self.path):
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
        with whole(self.path):
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


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Say in one sentence what libraries raise about a damaged file.

    Raises:
        InputError: for what they raise.
    """
    try:
        with warnings.catch_warnings():
            # astropy reads on, with a warning, in a file that is cut off
            warnings.filterwarnings("error", message="(?s).*(truncated|corrupted)")
            yield
    except InputError:
        raise
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        RuntimeError,
        AttributeError,
        Warning,
    ) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise InputError(f"{path} is damaged or truncated ({reason}); get it again.") from error
