"""Tables of text, read line by line: one pass finds what every column holds, and later ones read blocks of rows.

Our own, since the readers of csv at hand either take a column's type from its first rows, so that one late cell sends
identifiers through floats, or hold the whole file in memory, or know no tables parted by spaces.
"""

import csv
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from io import BufferedIOBase, BufferedReader
from itertools import islice
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.formats.cells import Kind, kind_of, meet, typed
from slipher.formats.column import Column, as_column, joined
from slipher.formats.ecsv import declared
from slipher.formats.heading import Heading, cells_of, is_frame, read_heading, unboxed
from slipher.formats.opened import damaged, opened
from slipher.formats.table import Table
from slipher.progress import bar, say

__all__ = ["TextTable"]

LARGE = 1 << 25
"""Bytes of a file that are looked through in a second or more."""
PIECE = 4096
"""Rows that are turned into values at once; from every such row on, reading can begin."""

Cells = list[list[str]]


class TextTable(Table):
    """A table of text.

    Args:
        path: the file.
        kind: what it should be, for messages.
        suffix: what its name ends in.
    """

    def __init__(self, path: Path, kind: str, suffix: str) -> None:
        with damaged(path, kind), opened(path) as stream:
            self._heading = read_heading(stream, suffix)
            super().__init__(path, self._heading.names, 0)
            self._file = kind
            self._marks, self._kinds = self._scan(stream)
        self._rows: _Rows | None = None
        if self._heading.said:
            say(f"{path}: {self._heading.said}.")

    def _scan(self, stream: BufferedIOBase) -> tuple[list[int], list[Kind]]:
        """Where every piece of rows begins, and what every column holds."""
        rows = _Rows(stream, self._heading, self._heading.begin, self._heading.line)
        marks, kinds = [rows.place], [list[Kind]() for _ in self.names]
        # how far a packed file goes is not known
        size = self.path.stat().st_size if isinstance(stream, BufferedReader) else 0
        with ExitStack() as stack:
            progress = (
                stack.enter_context(bar(size, f"looking through {self.path.name}", "B")) if size > LARGE else None
            )
            while piece := rows.take(PIECE):
                if progress is not None:
                    progress.update(rows.place - marks[-1])
                marks.append(rows.place)
                self.count += len(piece)
                for known, cells in zip(kinds, zip(*piece, strict=True), strict=True):
                    known.append(kind_of(cells))
        if rows.comments:
            say(f"{self.path}: lines below the names that begin with # are taken for comments: {rows.comments:,}.")
        return marks, [meet(known) for known in kinds]

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        order = {name: place for place, name in enumerate(self.names)}
        places = [order[name] for name in names]
        parts = [[self._column(place, [], start)] for place in places]
        with damaged(self.path, self._file):
            for first, piece in self._pieces(start, stop):
                columns = list(zip(*piece, strict=True))
                for place, part in zip(places, parts, strict=True):
                    part.append(self._column(place, columns[place], first))
        return {name: joined(part) for name, part in zip(names, parts, strict=True)}

    def _pieces(self, start: int, stop: int) -> Iterator[tuple[int, Cells]]:
        """The rows from one to another in pieces, each with its first row."""
        if start == stop:
            return
        rows = self._at(start)
        while start < stop:
            piece = rows.take(min(PIECE, stop - start))
            if not piece:
                raise EOFError("it ends too early")
            yield start, piece
            start += len(piece)

    def _at(self, start: int) -> "_Rows":
        """The rows from one on; to go on where the last reading stopped costs nothing."""
        if self._rows is None or self._rows.row != start:
            stream = self._rows.stream if self._rows is not None else opened(self.path)
            if self._rows is None:
                weakref.finalize(self, stream.close)
            mark = min(start // PIECE, len(self._marks) - 1)
            self._rows = _Rows(stream, self._heading, self._marks[mark], row=mark * PIECE)
            self._rows.take(start - mark * PIECE)
        return self._rows

    def _column(self, place: int, cells: Sequence[str], first: int) -> Column:
        """Some cells of a column as values."""
        name, where = self.names[place], str(self.path)
        unit = self._heading.units.get(name)
        if name not in self._heading.types:
            return Column(name, where, *typed(cells, self._kinds[place]), unit=unit)
        kind = self._heading.types[name]
        try:
            return as_column(name, where, declared(cells, kind), unit)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            row = next((row for row, cell in enumerate(cells) if not _fits(declared, cell, kind)), None)
            if row is None:
                raise InputError(
                    f"{where}: column {name!r} is declared as {kind}, which cannot be read ({error})."
                ) from error
            raise InputError(
                f"{where}: column {name!r} is declared as {kind}, but row {first + row} has {cells[row]!r}; correct "
                "the cell."
            ) from error


def _fits(read: Callable[[Sequence[str], str], np.ndarray], cell: str, kind: str) -> bool:
    """Whether a cell can be read as a type."""
    try:
        read([cell], kind)
    except (ValueError, KeyError, TypeError, OverflowError):
        return False
    return True


class _Rows:
    """Rows of cells from a place in a file on.

    Args:
        stream: the file.
        heading: how to read it.
        place: the byte to begin at.
        line: lines that lie before it, for messages.
        row: rows that lie before it.
    """

    def __init__(self, stream: BufferedIOBase, heading: Heading, place: int, line: int = 0, row: int = 0) -> None:
        self.stream = stream
        self.place = place
        self.row = row
        self.comments = 0
        self._heading = heading
        self._line = line
        self._between = True
        self._spaced = False
        stream.seek(place)
        self._rows = self._parted() if heading.separator is None else self._separated(heading.separator)

    def take(self, count: int) -> Cells:
        """The next rows, fewer at the end, each with a cell for every column."""
        rows = list(islice(self._rows, count))
        self.row += len(rows)
        return rows

    def _separated(self, separator: str) -> Iterator[list[str]]:
        for cells in csv.reader(self._lines(), delimiter=separator, skipinitialspace=True, strict=True):
            yield self._whole([cell.strip() for cell in cells] if self._spaced else cells)
            self._spaced = False
            self._between = True

    def _parted(self) -> Iterator[list[str]]:
        for line in self._lines():
            yield self._whole(cells_of(line, None))
            self._between = True

    def _lines(self) -> Iterator[str]:
        """The lines but for comments and empty ones, unless they go on with a cell in quotes."""
        for raw in self.stream:
            self._line += 1
            self.place += len(raw)
            if self._between and raw.lstrip().startswith(b"#"):
                self.comments += 1
            elif self._between and self._heading.separator == "|" and is_frame(raw.decode(errors="replace")):
                continue
            elif not self._between or raw.strip():
                self._between = False
                self._spaced |= b" " in raw or b"\t" in raw
                line = self._decoded(raw)
                yield unboxed(line) if self._heading.boxed else line

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"line {self._line} is no UTF-8: save the file in that encoding") from error

    def _whole(self, cells: list[str]) -> list[str]:
        """A row that has a cell for every column.

        Raises:
            ValueError: if it has not.
        """
        if len(cells) != len(self._heading.names):
            raise ValueError(f"line {self._line} has {len(cells)} values for {len(self._heading.names)} columns")
        return cells
