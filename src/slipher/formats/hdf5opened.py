"""HDF5 files opened for reading by the library, which is handed no heap of values in which it would turn in circles.

Text and arrays of many lengths lie in heaps: collections of objects in a list, each of which says where the next one
begins. The library follows a damaged list for ever, or out of its memory. Whatever it reads from a file goes through
`_Watched`, so that a list is looked through before the library has it, wherever it is needed: for a data set, an
attribute, a fill value, a virtual data set or a reference.
"""

import fcntl
import os
import weakref
from pathlib import Path
from struct import Struct
from typing import Any

import h5py

from slipher.errors import InputError

__all__ = ["open_hdf5"]

SIGNATURE = b"GCOL\x01\0\0\0"
"""What a collection begins with (HDF5 File Format Specification, section III.E)."""
SMALLEST = 4096
"""Bytes of a collection."""
MOST_OBJECTS = 1 << 16
"""Objects of a collection, each of which has an index of 16 bits."""
LAYOUTS = {2: Struct("<H6xH"), 4: Struct("<H6xI"), 8: Struct("<H6xQ")}
"""The index and the length at the begin of an object, by the bytes of a length."""


def open_hdf5(path: Path, chunk_cache: int | None = None) -> h5py.File:
    """Open an HDF5 file for reading.

    Args:
        path: the file.
        chunk_cache: bytes of a data set's chunks that are kept unpacked; the library's choice if left out.

    Raises:
        OSError: if it cannot be opened, or is no HDF5 file.
        InputError: from any later reading, if the file is damaged where values of many lengths lie.
    """
    stream, how = _Watched(path), h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    how.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    if chunk_cache is not None:
        slots, many, _, preemption = how.get_cache()
        how.set_cache(slots, many, chunk_cache, preemption)
    how.set_fileobj_driver(h5py.h5fd.fileobj_driver, stream)
    file = h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDONLY, how)
    stream.width = file.get_create_plist().get_sizes()[1]
    return h5py.File(file)


class _Watched:
    """A file as ``h5py`` reads it, by its own position, so that processes can share it.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.width = 8
        """Bytes of a length in this file."""
        self._path, self._at = path, 0
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        _share(self._file)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte."""
        self._at = offset + (os.fstat(self._file).st_size if whence == os.SEEK_END else 0)
        return self._at

    def tell(self) -> int:
        """The byte that is read next."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read as many bytes as there is room for; what lies behind the end of the file are zeros.

        Raises:
            InputError: if they begin a collection whose list of objects does not advance or leaves it.
        """
        view, count = memoryview(buffer).cast("B"), 0
        while count < len(view) and (more := os.preadv(self._file, [view[count:]], self._at + count)):
            count += more
        view[count:] = bytes(len(view) - count)
        if view[: len(SIGNATURE)] == SIGNATURE:
            self._check_collection(view)
        return len(view)

    def _check_collection(self, view: memoryview) -> None:
        """Look through a collection of which some is read; of one that is no collection the library complains."""
        size = int.from_bytes(view[8 : 8 + self.width], "little")
        if not SMALLEST <= size <= os.fstat(self._file).st_size - self._at:
            return
        content = view[:size] if size <= len(view) else os.pread(self._file, size, self._at)
        if not _is_listed(content, self.width):
            raise InputError(
                f"{self._path} is damaged (the list of its text or arrays of many lengths at byte {self._at:,} leads "
                "nowhere); get it again."
            )


def _is_listed(collection: memoryview | bytes, width: int) -> bool:
    """Whether the objects of a collection follow each other to its end.

    An object without index is what is free; its size counts its header, that of the others does not.
    """
    layout, header = LAYOUTS[width], _aligned(8 + width)
    at = header
    for _ in range(MOST_OBJECTS):
        if at + header > len(collection):
            return at <= len(collection)
        index, length = layout.unpack_from(collection, at)
        step = header + _aligned(length) if index else length
        if step < header:
            return False
        at += step
    return False


def _aligned(length: int) -> int:
    """The next multiple of eight."""
    return -(-length // 8) * 8


def _share(file: int) -> None:
    """Lock a file against whoever writes it with HDF5, as the library does, where the file system can.

    Raises:
        BlockingIOError: if it is being written.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return
