"""The arrays of an open container as the columns of a table."""

from collections.abc import Sequence

from slipher.formats.column import Column
from slipher.formats.containers import Container
from slipher.formats.table import Table

__all__ = ["ArrayTable"]


class ArrayTable(Table):
    """Arrays with one entry a row; those of another length are there too, and cannot be read further than they go.

    Args:
        container: an open file of arrays.
        count: number of rows.
    """

    def __init__(self, container: Container, count: int) -> None:
        super().__init__(container.path, list(container.arrays), count)
        self._container = container

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        return {name: self._container.column(name, start, stop) for name in names}

    def __contains__(self, name: object) -> bool:
        return name in self._container
