"""What became of every file: one JSON line each, kept beside the files."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO, get_args

from slipher.errors import InputError
from slipher.files import replacing, writing

__all__ = ["GOOD", "MANIFEST", "Entry", "Manifest"]

MANIFEST = "manifest.jsonl"
NOTES = "notes.jsonl"
GOOD = "good"
LONGEST = 1 << 16
"""Bytes of a line; a longer one is none of ours."""
SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one file."""

    file: str
    """Relative to the folder."""
    address: str
    status: str
    """good; missing (the server has none), refused (it does not give it), bad (what it sends is not the file), failed
    (no attempt ended), waiting (not tried) or occupied (something else lies there)."""
    size: int | None = None
    """Bytes."""
    sha256: str | None = None
    attempts: int = 0
    """0 if it was there already."""
    error: str | None = None


class Manifest:
    """The entries of a folder, ``manifest.jsonl``; while a run lasts, each is noted as soon as it is known.

    A context; the manifest is written whole when it is left.

    Args:
        folder: of the files.
        work: the folder of the work under way, which is this process's alone.

    Raises:
        InputError: on entering, if something else lies in the manifest's place.
    """

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self.path = folder / MANIFEST
        self._notes = work / NOTES
        self.entries: dict[str, Entry] = {}
        self.addresses: set[str] = set()
        """Whence files came, or should have come, in earlier runs."""
        self._stream: BinaryIO

    def __enter__(self) -> "Manifest":
        with writing(self.path):
            for entry in [*_ours(self.path), *_noted(self._notes)]:
                self.entries[entry.file] = entry
                self.addresses.add(entry.address)
            self._stream = self._notes.open("ab", buffering=0)
            # what a run that was killed wrote last may lack its end
            self._stream.write(b"\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        if self.entries:
            with replacing(self.path) as temporary, temporary.open("w", encoding="utf-8") as stream:
                stream.writelines(_line(self.entries[name]) for name in sorted(self.entries))
        self._notes.unlink(missing_ok=True)

    def note(self, entry: Entry) -> None:
        """Keep what became of a file, in the place of what was known of it; the digest of its first arrival stays.

        Raises:
            InputError: if it cannot be written down.
        """
        known = self.entries.get(entry.file)
        if known is not None and entry.sha256 is None:
            entry = replace(entry, sha256=known.sha256)
        self.entries[entry.file] = entry
        with writing(self.path):
            self._stream.write(_line(entry).encode())

    def has(self, name: str) -> bool:
        """Whether a file arrived whole and is still there with all its bytes."""
        entry = self.entries.get(name)
        if entry is None or entry.status != GOOD:
            return False
        path = self.folder / name
        return path.is_file() and path.stat().st_size == entry.size


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry)) + "\n"


def _ours(path: Path) -> Iterator[Entry]:
    """The entries of a manifest, which is written whole or not at all.

    Raises:
        InputError: if it is something else, which would be lost.
    """
    if not path.exists() and not path.is_symlink():
        return
    foreign = InputError(
        f"{path} is there and is no manifest of downloads, or a damaged one; move it away, or choose another folder."
    )
    if path.is_symlink() or not path.is_file():
        raise foreign
    for line in _lines(path):
        entry = _entry(line)
        if entry is None:
            raise foreign
        yield entry


def _noted(path: Path) -> Iterator[Entry]:
    """What a run that was killed has noted; a line that was cut off is none, and its file is looked at."""
    if path.is_file() and not path.is_symlink():
        yield from filter(None, map(_entry, _lines(path)))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while line := stream.readline(LONGEST):
            yield line


def _entry(line: bytes) -> Entry | None:
    """What a line says; None if it is no entry."""
    try:
        entry = Entry(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    types = all(type(getattr(entry, each.name)) in (get_args(each.type) or (each.type,)) for each in fields(Entry))
    return entry if types and SHA256.fullmatch(entry.sha256 or "0" * 64) else None
