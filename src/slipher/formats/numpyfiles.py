"""What numpy saves: an array (npy) or a zip of arrays (npz), read piece by piece and never unpickled."""

import math
import os
from io import BytesIO
from tokenize import TokenError
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy

from slipher.formats.container import PIECE, Container, damage, scratch
from slipher.formats.laid import Laid
from slipher.formats.member import Member

__all__ = ["NpyContainer", "NpzContainer"]

LONGEST_HEADER = 1 << 16
"""Bytes in which an array may describe itself: a table of hundreds of columns needs more than numpy's default."""


class NpyContainer(Container):
    """One array that numpy saved, named as the file is."""

    kind = "npy"

    def _open(self) -> None:
        stream = self._closing.enter_context(self.path.open("rb"))
        shape, fortran, dtype = _header(stream)
        self.arrays[self.path.stem] = (dtype, shape)
        self._laid = Laid(stream.fileno(), stream.tell(), shape, dtype, fortran)
        _check_size(shape, dtype, os.fstat(stream.fileno()).st_size - stream.tell())

    def _read(self, name: str, start: int, stop: int, axis: int) -> np.ndarray:
        return self._laid.read(start, stop, axis)


class NpzContainer(Container):
    """numpy's zip of arrays, streamed: a member is read forward as far as needed and never held whole.

    Where the galaxies lie scattered, in Fortran order or along another axis than the first, a member is read from where
    it lies, or unpacked once to a temporary file.
    """

    kind = "npz"

    def _open(self) -> None:
        self._zip = self._closing.enter_context(ZipFile(self.path))
        self._members: dict[str, Member] = {}
        self._begin: dict[str, int] = {}
        self._laid: dict[str, Laid] = {}
        self._closing.callback(self._close_members)
        self._fortran: dict[str, bool] = {}
        for entry in self._zip.namelist():
            if entry.endswith(".npy"):
                name = entry.removesuffix(".npy")
                with self._member(name) as member:
                    shape, self._fortran[name], dtype = _header(member)
                    self._begin[name] = member.position
                    _check_size(shape, dtype, member.size - member.position)
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
        with damage(self.path, f"{name!r} cannot be read"):
            if self.is_fortran(name):
                raise ValueError("it is in Fortran order")
            self._at(name, self._begin[name] + start * row).readinto(out.reshape(-1).view(np.uint8).data)

    def exhaust(self, name: str) -> None:
        """Read an array to its end, where its checksum is verified.

        Raises:
            InputError: if its bytes are damaged.
        """
        with damage(self.path, f"{name!r} cannot be read"):
            member = self._at(name, self._members[name].position if name in self._members else 0)
            member.skip(member.size - member.position)

    def _read(self, name: str, start: int, stop: int, axis: int) -> np.ndarray:
        dtype, shape = self.arrays[name]
        if axis or self.is_fortran(name):
            if name not in self._laid:
                self._laid[name] = self._lay(name)
            return self._laid[name].read(start, stop, axis)
        out = np.empty((stop - start, *shape[1:]), dtype)
        self.read_into(name, start, out)
        return out

    def _lay(self, name: str) -> Laid:
        """A member whose bytes can be read in any order, its checksum verified."""
        dtype, shape = self.arrays[name]
        with self._member(name) as member:
            if member.stored:
                member.skip(member.size)
                stream: IO[bytes] = self._closing.enter_context(self.path.open("rb"))
                return Laid(stream.fileno(), member.offset + self._begin[name], shape, dtype, self._fortran[name])
            stream = self._closing.enter_context(scratch(self.path, member.size))
            for _ in range(0, member.size, PIECE):
                stream.write(member.read(PIECE))
            stream.flush()
        return Laid(stream.fileno(), self._begin[name], shape, dtype, self._fortran[name])

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


def _check_size(shape: tuple[int, ...], dtype: np.dtype[Any], size: int) -> None:
    """See that an array is of the shape and in the bytes that its header and its file say."""
    if dtype.hasobject:
        return
    if min(shape, default=1) < 0 or not dtype.itemsize:
        raise ValueError(f"an array of shape {shape} and values of {dtype.itemsize} bytes")
    if math.prod(shape) * dtype.itemsize > size:
        raise EOFError("it ends too early")


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, Fortran order and dtype of an npy stream, which then stands at its data."""
    begin = stream.read(8)
    version = npy.read_magic(BytesIO(begin))
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"npy version {version}")
    length = stream.read(2 if version == (1, 0) else 4)
    longest = int.from_bytes(length, "little")
    if longest > LONGEST_HEADER:
        raise ValueError(f"a header of {longest} bytes")
    described = BytesIO(length + stream.read(longest))
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        shape, fortran, dtype = read(described, max_header_size=LONGEST_HEADER)
    except (SyntaxError, TokenError, MemoryError, ArithmeticError, LookupError) as error:
        raise ValueError(f"a header that is none ({error})") from error
    if version == (3, 0) and dtype.names:
        # Version 3 is version 2 with the names of columns in UTF-8, which numpy's public reader takes for Latin-1.
        dtype.names = tuple(name.encode("latin-1").decode("utf-8") for name in dtype.names)
    return shape, fortran, dtype
