"""What has arrived of a file: bytes under a hidden name, and beside them a note of what they are a part of."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from slipher.files import partial_path

__all__ = ["Origin", "Partial"]

CHUNK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """Which bytes a server began to send."""

    address: str
    validator: str | None
    """Its strong ETag, else Last-Modified: what If-Range takes (RFC 9110, section 13.1.5)."""
    total: int | None
    """Bytes of the whole file."""


class Partial:
    """The part of a file that has arrived, also of an earlier run; counts and digests the bytes as they come.

    Args:
        path: of the file once it is whole.
        digests: names of the algorithms.
    """

    def __init__(self, path: Path, digests: tuple[str, ...] = ("sha256",)) -> None:
        self._path, self.path = path, partial_path(path)
        self._note = self.path.with_name(f"{self.path.name}.json")
        self._digests = digests
        self.origin = self._noted()
        self._reset()
        if self.origin is None:
            self.clear()
        else:
            self._digest_again()

    @property
    def whole(self) -> bool:
        """Whether all the bytes that the server promised are here."""
        return self.origin is not None and self.size > 0 and self.size == self.origin.total

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
        with self.path.open("ab", buffering=0) as stream:
            yield stream

    def add(self, stream: BinaryIO, chunk: bytes) -> None:
        """Append bytes."""
        view = memoryview(chunk)
        while view:
            view = view[stream.write(view) :]
        self._count(chunk)

    def clear(self) -> None:
        """Remove all, the bytes first: without their note they mean nothing."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self.origin = None
        self._reset()

    def finish(self) -> None:
        """Give the whole file its name."""
        self.path.replace(self._path)
        self._note.unlink(missing_ok=True)

    def _reset(self) -> None:
        self.size = 0
        self._hashes: dict[str, Any] = {name: hashlib.new(name) for name in self._digests}

    def _count(self, chunk: bytes) -> None:
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
