"""What became of every file: one JSON line each, kept beside the files."""

import fcntl
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

from slipher.errors import InputError
from slipher.files import replacing

__all__ = ["GOOD", "Entry", "Manifest"]

GOOD = "good"


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one file."""

    file: str
    """Relative to the folder."""
    address: str
    status: str
    """good; missing (the server has none), refused (it does not give it), bad (what it sends is not the file), failed
    (no attempt ended) or waiting (not tried)."""
    size: int | None = None
    """Bytes."""
    sha256: str | None = None
    attempts: int = 0
    """0 if it was there already."""
    error: str | None = None


class Manifest:
    """The entries of a folder, ``manifest.jsonl``; while a run lasts, each is noted beside it as soon as it is known.

    A context, which one run at a time can enter (InputError for the others); the manifest is written whole when it is
    left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "manifest.jsonl"
        self._notes = folder / ".manifest-notes.jsonl"
        self.entries: dict[str, Entry] = {}
        self._stream: TextIO

    def __enter__(self) -> "Manifest":
        self._stream = self._notes.open("a", encoding="utf-8")
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._stream.close()
            raise InputError(f"another run fetches into {self.folder}; wait for it, or name another folder.") from error
        self.entries = {entry.file: entry for path in (self.path, self._notes) for entry in _read(path)}
        # what a run that was killed wrote last may lack its end
        self._stream.write("\n")
        return self

    def __exit__(self, *_: object) -> None:
        with replacing(self.path) as temporary, temporary.open("w", encoding="utf-8") as stream:
            stream.writelines(_line(self.entries[name]) for name in sorted(self.entries))
        self._notes.unlink(missing_ok=True)
        self._stream.close()

    def note(self, entry: Entry) -> None:
        """Keep what became of a file, in the place of what was known of it; the digest of its first arrival stays."""
        known = self.entries.get(entry.file)
        if known is not None and entry.sha256 is None:
            entry = replace(entry, sha256=known.sha256)
        self.entries[entry.file] = entry
        self._stream.write(_line(entry))
        self._stream.flush()

    def has(self, name: str) -> bool:
        """Whether a file arrived whole and is still there with all its bytes."""
        entry = self.entries.get(name)
        if entry is None or entry.status != GOOD:
            return False
        path = self.folder / name
        return path.is_file() and path.stat().st_size == entry.size


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


def _read(path: Path) -> list[Entry]:
    """The entries of a file; lines that are none were cut off when a run was killed, and their files are looked at."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entries.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return entries
