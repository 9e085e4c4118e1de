"""The arrays of an open container, such as npz, as the columns of a table."""

import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from slipher.formats.column import Column
from slipher.formats.containers import Container, NpzContainer
from slipher.formats.table import Table

__all__ = ["ArrayTable", "common_length", "open_npz"]


class ArrayTable(Table):
    """Arrays with one entry a row, and perhaps others.

    Args:
        container: an open file of arrays.
        count: number of rows.
        names: the arrays; all if left out.
    """

    def __init__(self, container: Container, count: int, names: Sequence[str] | None = None) -> None:
        super().__init__(container.path, list(container.arrays) if names is None else names, count)
        self._container = container

    def length(self, name: str) -> int:
        """As the file has it."""
        return self._container.describe(name)[1][0]

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        stops = {name: min(stop, self.length(name)) for name in names}
        return {name: self._container.column(name, min(start, end), end) for name, end in stops.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._container


def open_npz(path: Path) -> ArrayTable:
    """The arrays of an npz file, but for single numbers, and the fields of structured ones.

    Raises:
        InputError: if it is damaged.
    """
    container = NpzContainer(path)
    lengths = {
        name: shape[0]
        for array, (dtype, shape) in container.arrays.items()
        for name in ([f"{array}/{field}" for field in dtype.names] if dtype.names else [array])
        if shape
    }
    table = ArrayTable(container, common_length(lengths.values()), list(lengths))
    weakref.finalize(table, container.close)
    return table


def common_length(lengths: Iterable[int]) -> int:
    """The length that most arrays have, and of several the longest: that of the columns."""
    return max(Counter(lengths).items(), key=lambda item: item[::-1], default=(0, 0))[0]
