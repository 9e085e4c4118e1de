"""What every file of arrays can do: tell what it holds, and give pieces of it by name.

Opening a file takes down what it holds and reads no values: what is asked for by name is all that is ever read.
"""

import errno
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.column import Column, as_column
from slipher.formats.opened import told

__all__ = ["PIECE", "Container", "damage", "scratch"]

PIECE = 1 << 16
"""Rows of a table that are read at once where only one of its columns is wanted."""


class Container(ABC):
    """A file with named arrays, which are columns where they have one value a galaxy; a context manager.

    Args:
        path: the file.
    """

    kind: str

    def __init__(self, path: Path) -> None:
        self.path = path
        self.arrays: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}
        """The dtype and the shape of every array, by name."""
        self._closing = ExitStack()
        try:
            with damage(path, f"it is not a whole {self.kind} file"):
                self._open()
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def _open(self) -> None:
        """Open the file and take down its arrays."""

    @abstractmethod
    def _read(self, name: str, start: int, stop: int, axis: int) -> np.ndarray:
        """Entries ``start`` to ``stop`` along an axis, masked where the file itself says that they are no values."""

    def notes(self, name: str) -> Mapping[str, Any]:
        """What the file says of an array beside its values: a FITS header, HDF5 attributes."""
        return {}

    def unit(self, name: str) -> str | None:
        """The unit of an array as the file writes it; None if it says nothing."""
        return None

    def close(self) -> None:
        """Close the file."""
        self._closing.close()

    def read(self, name: str, start: int = 0, stop: int | None = None, axis: int = 0) -> np.ndarray:
        """Entries ``start`` to ``stop`` along an axis, in the machine's byte order; masked where values are missing.

        Raises:
            InputError: if there is no such array, it holds Python objects, or its bytes are damaged.
        """
        dtype, shape = self.describe(name)
        name = self.resolve(name)
        stop = shape[axis] if stop is None else stop
        with damage(self.path, f"{name!r} cannot be read"):
            data = self._field(name, start, stop) if name not in self.arrays else self._read(name, start, stop, axis)
        plain = np.ascontiguousarray(np.ma.getdata(data), dtype.newbyteorder("="))
        return np.ma.MaskedArray(plain, np.ma.getmaskarray(data)) if np.ma.is_masked(data) else plain

    def column(self, name: str, start: int = 0, stop: int | None = None, axis: int = 0) -> Column:
        """The same as a `Column`: with what is missing marked, the unit, and text as text.

        An array of truth values of the same shape that is called NAME.mask, as astropy writes it, marks missing ones.

        Raises:
            InputError: as `read`, or if text is no UTF-8.
        """
        with damage(self.path, f"{name!r} cannot be read"):
            found = as_column(name, str(self.path), self.read(name, start, stop, axis), self.unit(name))
        mask = f"{name}.mask"
        if mask not in self or self.describe(mask) != (np.dtype(bool), self.describe(name)[1]):
            return found
        return replace(found, missing=found.lacking | self.read(mask, start, stop, axis))

    def pixels(self, name: str, start: int = 0, stop: int | None = None, axis: int = 0) -> Float32[np.ndarray, "..."]:
        """The same of an array of numbers, as float32 with NaN where a value is missing.

        Raises:
            InputError: as `read`.
        """
        found = self.column(name, start, stop, axis)
        values = found.values.astype(np.float32, copy=False)
        return values if found.missing is None else np.where(found.missing, np.float32(np.nan), values)

    def describe(self, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """The dtype and the shape of an array; ``TABLE/COLUMN`` is a column of a table.

        Raises:
            InputError: if there is no such array, or it holds Python objects.
        """
        found = self.arrays.get(self.resolve(name)) or self._described_field(name)
        if found is None:
            there = ", ".join(f"{key} {shape}" for key, (_, shape) in self.arrays.items()) or "nothing"
            raise InputError(f"{self.path} has no array {name!r}, only {there}; name one of these.")
        dtype, shape = found
        if dtype.hasobject:
            raise InputError(f"{self.path}: {name!r} holds Python objects, which are never loaded; save plain numbers.")
        if not shape:
            raise InputError(f"{self.path}: {name!r} is a single number; an array with one entry a galaxy is needed.")
        return dtype, shape

    def resolve(self, name: str) -> str:
        """The name under which an array is listed that may be called otherwise."""
        return name

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self.resolve(name) in self.arrays or self._described_field(name) is not None)

    def _described_field(self, name: str) -> tuple[np.dtype[Any], tuple[int, ...]] | None:
        """The dtype and the shape of a column of a table, if there is such."""
        table, _, field = name.rpartition("/")
        dtype, shape = self.arrays.get(table, (None, ()))
        if dtype is None or dtype.names is None or field not in dtype.names:
            return None
        return dtype[field].base, (*shape, *dtype[field].shape)

    def _field(self, name: str, start: int, stop: int) -> np.ndarray:
        """Rows of a column of a table, without holding the others."""
        table, _, field = name.rpartition("/")
        pieces = (self._read(table, at, min(at + PIECE, stop), 0)[field].copy() for at in range(start, stop, PIECE))
        return np.concatenate([*pieces]) if stop > start else self._read(table, start, stop, 0)[field]

    def __enter__(self) -> "Container":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def scratch(path: Path, size: int = 0) -> Iterator[IO[bytes]]:
    """A temporary file for what must be unpacked to be read, gone when it is closed."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if size > free:
        raise InputError(
            f"{path} must be unpacked to be read, {size / 1e9:.1f} GB, but {folder} has {free / 1e9:.1f} GB free; "
            "unpack it on another disk, or name one with room in TMPDIR."
        )
    with tempfile.NamedTemporaryFile(prefix="slipher-") as stream:
        yield stream


@contextmanager
def damage(path: Path, what: str) -> Iterator[None]:
    """Say in one sentence what a library says in many ways, or that there is no room to unpack the file."""
    with told(lambda reason: f"{path} is damaged or truncated: {what} ({reason}); get it again."):
        try:
            yield
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise InputError(
                f"{path}: {tempfile.gettempdir()} has no room to unpack it; name another in TMPDIR."
            ) from error
