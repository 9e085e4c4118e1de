"""What has arrived of a file, in the folder of the work: bytes, and beside them a note of what they are a part of."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote

__all__ = ["Origin", "Partial", "clear_parts", "part_path"]

CHUNK = 1 << 20
PART, NOTE = ".part", ".origin"


@dataclass(frozen=True)
class Origin:
    """Which bytes a server began to send."""

    address: str
    validator: str | None
    """Its strong ETag, else Last-Modified: what If-Range takes (RFC 9110, section 13.1.5)."""
    total: int | None
    """Bytes of the whole file."""


def part_path(work: Path, name: str) -> Path:
    """Where the bytes of a file lie while they are not all there.

    Args:
        work: the folder of the work under way, which is this process's alone.
        name: of the file, relative to the folder where it belongs.
    """
    return work / f"{quote(name, safe='')}{PART}"


def clear_parts(work: Path, names: Collection[str]) -> None:
    """Remove what has arrived of files, and the notes of it."""
    for path in list(work.iterdir()):
        if path.suffix in (PART, NOTE) and unquote(path.stem) in names:
            path.unlink(missing_ok=True)


class Partial:
    """The part of a file that has arrived, also of an earlier run; counts and digests the bytes as they come.

    Args:
        path: where the bytes lie, as `part_path` says.
        digests: names of the algorithms.
    """

    def __init__(self, path: Path, digests: tuple[str, ...] = ("sha256",)) -> None:
        self.path = path
        self._note = path.with_suffix(NOTE)
        self._digests = digests
        self.origin = self._noted()
        self._reset()
        if self.origin is None or path.is_symlink():
            self.clear()
        else:
            self._digest_again()

    @property
    def whole(self) -> bool:
        """Whether all the bytes that the server promised are here."""
        return self.origin is not None and self.size > 0 and self.size == self.origin.total

    @property
    def can_continue(self) -> bool:
        """Whether the rest can be asked for, and told from the rest of another file."""
        return self.size > 0 and self.origin is not None and (self.origin.validator or self.origin.total) is not None

    def hex(self, algorithm: str) -> str:
        """The digest of what is here."""
        return str(self._hashes[algorithm].hexdigest())

    def begin(self, origin: Origin) -> None:
        """Forget what was here: another file comes, or the same from its start."""
        self.clear()
        self.origin = origin
        # a note that is cut off counts as none
        self._note.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    @contextmanager
    def growing(self) -> Iterator[BinaryIO]:
        """The file, open at its end."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o666), "ab", buffering=0) as stream:
            yield stream

    def add(self, stream: BinaryIO, chunk: bytes) -> None:
        """Append bytes."""
        view = memoryview(chunk)
        while view:
            written = stream.write(view)
            self._count(view[:written])
            view = view[written:]

    def clear(self) -> None:
        """Remove all, the bytes first: without their note they mean nothing."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self.origin = None
        self._reset()

    def _reset(self) -> None:
        self.size = 0
        self._hashes: dict[str, Any] = {name: hashlib.new(name) for name in self._digests}

    def _count(self, chunk: bytes | memoryview) -> None:
        self.size += len(chunk)
        for digest in self._hashes.values():
            digest.update(chunk)

    def _noted(self) -> Origin | None:
        """The note of an earlier run, if it left one that can be read."""
        try:
            return Origin(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _digest_again(self) -> None:
        """Go through what an earlier run left."""
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                self._count(chunk)
