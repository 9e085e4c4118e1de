"""A member of a zip archive, read forward into the caller's own memory.

Python's own reader copies everything twice and reads compressed data in small pieces; for an archive of tens of
gigabytes that is most of the time. Only what numpy writes is known here: stored and deflated members.
"""

import struct
import zlib
from io import FileIO
from pathlib import Path
from types import TracebackType
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipInfo

__all__ = ["Member"]

LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, and the lengths of the name and of the extra field that stand before the data (APPNOTE.TXT 4.3.7)."""
LOCAL_SIGNATURE = b"PK\x03\x04"
ENCRYPTED = 0x1
LARGEST_RATIO = 1032
"""Bytes that deflate makes of one at most (zlib's technical details)."""
COMPRESSED_PIECE = 1 << 16
INFLATED_PIECE = 1 << 20
"""Bytes that a piece may inflate to at once: a cube of zeros must not fill the memory."""


class Member:
    """One member's bytes from first to last; a context manager.

    Whoever reads the last byte has the checksum of the archive verified.

    Args:
        path: the archive.
        info: its entry for the member.

    Raises:
        BadZipFile: if the member is damaged or encrypted, promises more than can be in it, or is
            compressed in a way that numpy does not write.
    """

    def __init__(self, path: Path, info: ZipInfo) -> None:
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & ENCRYPTED:
            raise BadZipFile(f"{info.filename} is neither stored nor deflated")
        self.size = info.file_size
        self.position = 0
        self.stored = info.compress_type == ZIP_STORED
        """Whether the bytes lie in the archive as they are."""
        self._info = info
        self._crc = 0
        if info.file_size > LARGEST_RATIO * info.compress_size:
            raise BadZipFile(f"{info.filename} promises {info.file_size} bytes, more than are packed in it")
        self._file = path.open("rb", buffering=0)
        try:
            self.offset = self._to_data()
            """Where in the archive the member's bytes begin."""
        except BaseException:
            self.close()
            raise
        kind = _Stored if info.compress_type == ZIP_STORED else _Deflated
        self._source = kind(self._file, info.compress_size)

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes, fewer at the end."""
        buffer = bytearray(min(count, self.size - self.position))
        self.readinto(memoryview(buffer))
        return bytes(buffer)

    def readinto(self, buffer: memoryview) -> None:
        """Fill a buffer with the next bytes.

        Raises:
            EOFError: if there are not so many left.
            BadZipFile: if this was the end, and the checksum is another.
        """
        view = buffer.cast("B")
        if len(view) > self.size - self.position:
            raise EOFError("the array ends too early")
        done = 0
        while done < len(view):
            part = view[done : done + INFLATED_PIECE]
            count = self._source.readinto(part)
            if not count:
                raise EOFError("the file ends too early")
            self._crc = zlib.crc32(part[:count], self._crc)
            done += count
        self.position += done
        if done and self.position == self.size and self._crc != self._info.CRC:
            raise BadZipFile(f"the checksum of {self._info.filename} is wrong")

    def skip(self, count: int) -> None:
        """Pass over bytes; they still count for the checksum."""
        scratch = memoryview(bytearray(min(count, INFLATED_PIECE)))
        while count:
            part = scratch[: min(count, len(scratch))]
            self.readinto(part)
            count -= len(part)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "Member":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _to_data(self) -> int:
        """Move to the member's first byte, which lies behind a header of its own, and tell where that is."""
        self._file.seek(self._info.header_offset)
        header = self._file.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or not header.startswith(LOCAL_SIGNATURE):
            raise BadZipFile(f"{self._info.filename} does not lie where the archive says")
        _, name, extra = LOCAL_HEADER.unpack(header)
        return self._file.seek(name + extra, 1)


class _Stored:
    """Bytes that lie in the archive as they are."""

    def __init__(self, file: FileIO, size: int) -> None:
        self._file = file
        self._left = size

    def readinto(self, part: memoryview) -> int:
        """Fill a buffer, or as much of it as comes at once; the count is 0 at the end."""
        count = self._file.readinto(part[: self._left])
        self._left -= count
        return count


class _Deflated:
    """Bytes that are inflated while they are read."""

    def __init__(self, file: FileIO, size: int) -> None:
        self._file = file
        self._left = size
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._ready = memoryview(b"")

    def readinto(self, part: memoryview) -> int:
        """As of stored bytes."""
        while not self._ready and not self._inflater.eof:
            piece = self._inflater.unconsumed_tail or self._compressed()
            self._ready = memoryview(self._inflated(piece))
            if not piece and not self._ready:
                break
        count = min(len(part), len(self._ready))
        part[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _compressed(self) -> bytes:
        """The next compressed piece; nothing at the end."""
        piece = self._file.read(min(COMPRESSED_PIECE, self._left))
        self._left -= len(piece)
        return piece

    def _inflated(self, piece: bytes) -> bytes:
        """What a compressed piece gives, or as much as may be inflated at once."""
        try:
            return self._inflater.decompress(piece, INFLATED_PIECE)
        except zlib.error as error:
            raise BadZipFile(str(error)) from error
