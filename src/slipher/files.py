"""Files that are whole or absent: written under a temporary name that nobody can foresee, then renamed."""

import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipher.errors import InputError
from slipher.locks import LONGEST_NAME, PARTIAL, held, hidden_name

__all__ = [
    "ABSENT",
    "State",
    "content_of",
    "give_name",
    "keep_apart",
    "nearest_writable",
    "reason_of",
    "replacing",
    "state_of",
    "unreadable",
    "write_json",
    "write_text",
    "writing",
]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when a disk, a share of it, or the size that a file may have, is used up."""
State = list[int]
"""Of a file: inode, time of the last change in nanoseconds, and bytes."""
ABSENT = "does not exist"
RANDOM = 10
"""Characters that make a temporary name one that nobody can foresee."""


def unreadable(path: Path, folder: bool = False) -> str | None:
    """Why there is no file, or no folder, to be read at a path, in the words of a sentence; None if there is.

    A pipe may never be written to, and a device never ends: neither is opened.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if folder != stat.S_ISDIR(mode):
        return _what(mode)
    if not (folder or stat.S_ISREG(mode)):
        return f"{_what(mode)}, which cannot be read as a file"
    return None if os.access(path, os.R_OK) else "cannot be read (no permission)"


def _what(mode: int) -> str:
    """What lies at a path that is not what was looked for."""
    kinds = {stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return f"is {kinds.get(stat.S_IFMT(mode), 'a device')}"


def nearest_writable(path: Path, folder: bool = False) -> None:
    """Check, before any work is done, that a file, or a folder, can be made or replaced at ``path``.

    Raises:
        InputError: if the nearest existing parent is no folder or cannot be written to, or what lies there is
            something that no file of ours may take the place of.
    """
    with writing(path):
        parent = path.absolute().parent
        while not parent.exists():
            parent = parent.parent
        if not parent.is_dir():
            raise InputError(f"{path} cannot be written: {parent} is a file, not a folder; choose another destination.")
        if not os.access(parent, os.W_OK):
            raise InputError(
                f"{path} cannot be written: no permission to write in {parent}; choose another destination."
            )
        _check_there(path, folder)


def _check_there(path: Path, folder: bool) -> None:
    """See that what lies at a destination, if anything, is a file, or a folder."""
    if path.is_symlink() and not path.exists():
        raise InputError(f"{path} cannot be written: it is a link that leads nowhere; remove it, or choose another.")
    mode = path.stat().st_mode if path.exists() else 0
    if mode and not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)):
        raise InputError(f"{path} cannot be written: it {_what(mode)}; choose another destination.")


def keep_apart(out: Path | None, *read: Path | None) -> None:
    """See that what is written is not what is read: a name, a link or another way to the same file.

    Args:
        out: the destination; None where there is none.
        read: files that are read.

    Raises:
        InputError: if it is.
    """
    for path in read:
        if out is None or path is None:
            continue
        there = out.exists() and path.exists()
        if out.resolve() == path.resolve() or (there and out.samefile(path)):
            raise InputError(f"{out} would be written over {path}, which is read; choose another destination.")


def content_of(path: Path, algorithm: str = "sha256") -> str:
    """The digest of a file's content, the same wherever it lies."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextmanager
def replacing(path: Path, wait: bool = False) -> Iterator[Path]:
    """Yield a new, empty file beside ``path``; rename it to ``path`` on success, remove it on failure.

    The destination is locked meanwhile. What a killed process left of the same work is removed.

    Args:
        path: the destination; a file that lies there is replaced.
        wait: whether to wait for another process that writes there, rather than to give up.

    Raises:
        InputError: if the destination cannot be written, another process writes it, or wrote it meanwhile.
    """
    nearest_writable(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with held(path, wait) as lock:
            before = state_of(path)
            temporary = _temporary_name(path)
            try:
                lock.say([temporary])  # before it is there, so that none is left that nobody knows of
                os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
                yield temporary
                give_name(temporary, path, before)
            finally:
                temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one sentence that a destination takes no more: the disk is full, a limit reached, a folder gone.

    Raises:
        InputError: for any error of the system.
    """
    try:
        yield
    except OSError as error:
        remedy = "make room, or choose another destination" if error.errno in FULL else "choose another destination"
        raise InputError(f"{path} cannot be written: {reason_of(error)}; {remedy}.") from error


def reason_of(error: OSError) -> str:
    """What the system says is wrong, in its own words, without what a library adds to them."""
    return os.strerror(error.errno) if error.errno else str(error)


def _temporary_name(path: Path) -> Path:
    """A name beside a destination that nobody can foresee."""
    start = hidden_name(PARTIAL, path.stem, LONGEST_NAME - RANDOM - len(path.suffix.encode()))
    return path.with_name(f"{start}-{secrets.token_hex(RANDOM // 2 - 1)}{path.suffix}")


def give_name(temporary: Path, path: Path, before: State | None) -> None:
    """Give a file that is written its name, readable as the user's mask allows, if nobody else wrote there.

    Args:
        temporary: the file.
        path: the name.
        before: what `state_of` said of ``path`` when the work began.

    Raises:
        InputError: if it says something else now.
    """
    if state_of(path) != before:
        raise InputError(f"{path} was written by somebody else meanwhile, and is left as it is.")
    temporary.chmod(0o666 & ~MASK)
    temporary.replace(path)


def _mask() -> int:
    """The permissions that new files of this process lack; the system tells them only by changing them."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


MASK = _mask()


def state_of(path: Path) -> State | None:
    """What tells whether a file was replaced or changed; None where there is none."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [status.st_ino, status.st_mtime_ns, status.st_size]


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        InputError: as of `replacing`.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document whole or not at all.

    Raises:
        InputError: as of `replacing`.
        ValueError: if it holds NaN, since JSON has none.
    """
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")
