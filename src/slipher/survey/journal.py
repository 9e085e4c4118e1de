"""The journal of a file that is being written: which blocks are in it, with their checksums."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Journal"]


class Journal:
    """An append-only file of JSON lines, the first of which says what is being written.

    A line counts once it ends in a newline. It outlives a kill; after a power cut lines may be lost, or be there before
    what they tell of, so whoever reads them must verify.

    Args:
        path: where the journal lies, in a folder that is this process's alone; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def read(self) -> list[dict[str, Any]]:
        """All whole lines, in order; a torn end is cut off."""
        content = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        entries, good = [], 0
        for line in content.splitlines(keepends=True):
            entry = _parse(line)
            if entry is None:
                break
            entries.append(entry)
            good += len(line)
        os.ftruncate(self._descriptor, good)
        return entries

    def restart(self, header: dict[str, Any]) -> None:
        """Empty the journal and write its first line."""
        os.ftruncate(self._descriptor, 0)
        self.append(header)

    def append(self, entry: dict[str, Any]) -> None:
        """Add a line."""
        line = json.dumps(entry, sort_keys=True).encode() + b"\n"
        os.pwrite(self._descriptor, line, os.fstat(self._descriptor).st_size)

    def close(self) -> None:
        """Close the file, which stays."""
        os.close(self._descriptor)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _parse(line: bytes) -> dict[str, Any] | None:
    """A line's entry, or None if the line is torn."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
