"""Files of arrays that survey scientists keep: npz, HDF5 and FITS, read piece by piece and never unpickled."""

import bz2
import gzip
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from zipfile import BadZipFile, ZipFile

import h5py
import numpy as np
from numpy.lib import format as npy

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.member import Member

__all__ = ["Container", "NpzContainer", "open_container"]

LONGEST_HEADER = 1 << 16
"""Characters in which an array may describe itself: a table of hundreds of columns needs more than numpy's default."""

CHUNK_CACHE = 1 << 28
"""Bytes of an HDF5 file's chunks that are kept unpacked: one that reaches over several readings is unpacked once."""


class Container(ABC):
    """A file with named arrays; a context manager.

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
            with _damage(path, f"it is not a whole {self.kind} file"):
                self._open()
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def _open(self) -> None:
        """Open the file and take down its arrays."""

    @abstractmethod
    def _read(self, name: str, start: int, stop: int) -> np.ndarray:
        """Entries ``start`` to ``stop`` along the first axis."""

    def close(self) -> None:
        """Close the file."""
        self._closing.close()

    def read(self, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Entries ``start`` to ``stop`` along the first axis, in the machine's byte order.

        Raises:
            InputError: if there is no such array, it holds Python objects, or its bytes are damaged.
        """
        dtype, shape = self.describe(name)
        stop = shape[0] if stop is None else stop
        with _damage(self.path, f"{name!r} cannot be read"):
            data = self._read(name, start, stop)
        return np.ascontiguousarray(data, dtype.newbyteorder("="))

    def describe(self, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """The dtype and the shape of an array.

        Raises:
            InputError: if there is no such array, or it holds Python objects.
        """
        if name not in self.arrays:
            there = ", ".join(f"{key} {shape}" for key, (_, shape) in self.arrays.items()) or "nothing"
            raise InputError(f"{self.path} has no array {name!r}, only {there}; name one of these.")
        dtype, shape = self.arrays[name]
        if dtype.hasobject:
            raise InputError(f"{self.path}: {name!r} holds Python objects, which are never loaded; save plain numbers.")
        if not shape:
            raise InputError(f"{self.path}: {name!r} is a single number; an array with one entry a galaxy is needed.")
        return dtype, shape

    def __enter__(self) -> "Container":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class NpzContainer(Container):
    """numpy's zip of arrays, streamed: a member is read forward as far as needed and never held whole.

    Only an array in Fortran order must be, since its galaxies lie scattered.
    """

    kind = "npz"

    def _open(self) -> None:
        self._zip = self._closing.enter_context(ZipFile(self.path))
        self._members: dict[str, Member] = {}
        self._begin: dict[str, int] = {}
        self._closing.callback(self._close_members)
        self._fortran: dict[str, bool] = {}
        for entry in self._zip.namelist():
            if entry.endswith(".npy"):
                name = entry.removesuffix(".npy")
                with self._member(name) as member:
                    shape, self._fortran[name], dtype = _header(member)
                    self._begin[name] = member.position
                self.arrays[name] = (dtype, shape)

    def is_fortran(self, name: str) -> bool:
        """Whether an array lies in Fortran order, so that its galaxies are scattered."""
        return self._fortran[name] and len(self.arrays[name][1]) > 1

    def read_into(self, name: str, start: int, out: np.ndarray) -> None:
        """Fill an array, contiguous and of the dtype in the file, with the entries from ``start`` on.

        Reading on from where the last reading of the same array stopped costs nothing; going back begins anew.

        Raises:
            InputError: if its bytes are damaged.
        """
        dtype, shape = self.arrays[name]
        row = math.prod(shape[1:]) * dtype.itemsize
        with _damage(self.path, f"{name!r} cannot be read"):
            if self.is_fortran(name):
                raise ValueError("it is in Fortran order")
            self._at(name, self._begin[name] + start * row).readinto(out.reshape(-1).view(np.uint8).data)

    def exhaust(self, name: str) -> None:
        """Read an array to its end, where its checksum is verified.

        Raises:
            InputError: if its bytes are damaged.
        """
        with _damage(self.path, f"{name!r} cannot be read"):
            member = self._at(name, self._members[name].position if name in self._members else 0)
            member.skip(member.size - member.position)

    def _read(self, name: str, start: int, stop: int) -> np.ndarray:
        dtype, shape = self.arrays[name]
        if self.is_fortran(name):
            with self._zip.open(name + ".npy") as stream:
                return np.asarray(npy.read_array(stream, allow_pickle=False)[start:stop])
        out = np.empty((stop - start, *shape[1:]), dtype)
        self.read_into(name, start, out)
        return out

    def _member(self, name: str) -> Member:
        """An array's member, from its first byte."""
        return Member(self.path, self._zip.getinfo(name + ".npy"))

    def _close_members(self) -> None:
        """Close the members that are being read."""
        for member in self._members.values():
            member.close()

    def _at(self, name: str, position: int) -> Member:
        """The member, moved to a position."""
        member = self._members.get(name)
        if member is None or position < member.position:
            if member is not None:
                member.close()
            member = self._members[name] = self._member(name)
        member.skip(position - member.position)
        return member


class Hdf5Container(Container):
    """Datasets of an HDF5 file, by their full names."""

    kind = "HDF5"

    def _open(self) -> None:
        self._file = self._closing.enter_context(h5py.File(self.path, "r", rdcc_nbytes=CHUNK_CACHE))
        self._file.visititems(self._note)

    def _note(self, name: str, item: Any) -> None:
        """Take down one dataset."""
        if isinstance(item, h5py.Dataset):
            text = h5py.check_string_dtype(item.dtype)
            longest = max((len(value) for value in item[:].ravel()), default=1) if text and text.length is None else 0
            self.arrays[name] = (np.dtype(f"S{max(longest, 1)}") if longest else item.dtype, item.shape)

    def _read(self, name: str, start: int, stop: int) -> np.ndarray:
        return np.asarray(self._file[name][start:stop])


class FitsContainer(Container):
    """Images (by extension name, the first one PRIMARY) and table columns of a FITS file."""

    kind = "FITS"

    def _open(self) -> None:
        fits = require("astropy.io.fits", "spectra")
        _decompress(self.path)
        stream = self._closing.enter_context(self.path.open("rb"))
        file = self._closing.enter_context(fits.open(stream, memmap=None))
        self._home: dict[str, Any] = {}
        for unit in file:
            if isinstance(unit, fits.BinTableHDU | fits.TableHDU) and not isinstance(unit, fits.CompImageHDU):
                for name in unit.columns.names:
                    values = np.asarray(unit.data[name])
                    self.arrays[name], self._home[name] = (values.dtype, values.shape), values
            elif unit.shape:
                self.arrays[unit.name], self._home[unit.name] = (_fits_dtype(unit), tuple(unit.shape)), unit.section

    def _read(self, name: str, start: int, stop: int) -> np.ndarray:
        return np.asarray(self._home[name][start:stop])


def _decompress(path: Path) -> None:
    """Read a compressed file to its end: astropy takes one that is cut off for one with fewer extensions."""
    with path.open("rb") as stream:
        begin = stream.read(3)
    opener: Any = gzip.open if begin.startswith(b"\x1f\x8b") else bz2.open if begin == b"BZh" else None
    if opener is not None:
        with opener(path) as stream:
            while stream.read(1 << 20):
                pass


def _fits_dtype(unit: Any) -> np.dtype[Any]:
    """The dtype that an image has once its scaling is applied."""
    one = unit.section[tuple(slice(0, 1) for _ in unit.shape)]
    dtype: np.dtype[Any] = one.dtype
    return dtype


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, Fortran order and dtype of an npy stream, which then stands at its data."""
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream, max_header_size=LONGEST_HEADER)
    if version not in ((2, 0), (3, 0)):
        raise ValueError(f"npy version {version}")
    shape, fortran, dtype = npy.read_array_header_2_0(stream, max_header_size=LONGEST_HEADER)
    if version == (3, 0) and dtype.names:
        # Version 3 is version 2 with the names of columns in UTF-8, which numpy's public reader takes for Latin-1.
        dtype.names = tuple(name.encode("latin-1").decode("utf-8") for name in dtype.names)
    return shape, fortran, dtype


_KINDS: dict[bytes, type[Container]] = {
    b"PK\x03\x04": NpzContainer,
    b"\x89HDF": Hdf5Container,
    b"SIMP": FitsContainer,
    b"\x1f\x8b": FitsContainer,
    b"BZh": FitsContainer,
}


def open_container(path: Path) -> Container:
    """Open a file of arrays; its content, not its name, says which kind it is.

    Raises:
        InputError: if it is not there, of no known kind, or damaged.
    """
    if not path.is_file():
        raise InputError(f"{path} {'is a folder' if path.is_dir() else 'does not exist'}; give a file of cutouts.")
    with path.open("rb") as stream:
        begin = stream.read(4)
    for magic, kind in _KINDS.items():
        if begin.startswith(magic):
            return kind(path)
    raise InputError(f"{path} is neither npz, HDF5 nor FITS; save the cutouts as one of these.")


@contextmanager
def _damage(path: Path, what: str) -> Iterator[None]:
    """Say in one sentence what a library says in many ways."""
    try:
        with warnings.catch_warnings():
            # astropy reads on, with a warning, in a file that is cut off.
            warnings.filterwarnings("error", message="(?s).*(truncated|corrupted)")
            yield
    except InputError:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, BadZipFile, Warning) as error:
        raise InputError(f"{path} is damaged or truncated: {what} ({error}); get it again.") from error
