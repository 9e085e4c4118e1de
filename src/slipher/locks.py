"""One process at a time at each destination: a lock beside it that a crash does not leave closed.

The system holds the lock (flock) and lets go of it when the process ends, however it ends. What the lock file says
outlives a crash: who wrote, and under which temporary name, so that the next one clears up behind a killed one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipher.errors import InputError

__all__ = ["LOCK", "Held", "HeldError", "held", "hidden_name", "holder_of", "signed"]

LONGEST_NAME = 255
"""Bytes in a file's name, on every file system in use."""
MOST_SUFFIX = 30
"""Characters of a suffix that is kept."""
PAUSE = 0.05
"""Seconds between two looks at a lock that one waits for."""
REMEDY = "remove it, or choose another destination"
PARTIAL = ".partial-"
"""How the names of temporary files begin."""
LOCK = ".lock-"
"""How the names of lock files begin."""
LONGEST_LOCK = 1 << 16
"""Bytes of a lock file that are read."""

_holding: dict[tuple[int, int, Path], "Held"] = {}
"""What this thread of this process holds: who holds a destination may write to it."""


class HeldError(InputError):
    """Another process holds the lock.

    Args:
        message: the whole sentence.
        holder: who, in words.
    """

    def __init__(self, message: str, holder: str = "another process") -> None:
        super().__init__(message)
        self.holder = holder


class Held:
    """A lock that this process holds.

    Args:
        path: the lock file.
        descriptor: the open, locked file.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def clear(self) -> None:
        """Remove the temporary files that a process which held the lock, and was killed, left beside it."""
        names = (_said(self._descriptor) or {}).get("temporary", [])
        for name in names if isinstance(names, list) else []:
            if isinstance(name, str) and name.startswith(PARTIAL) and Path(name).name == name:
                self._path.with_name(name).unlink(missing_ok=True)

    def say(self, temporary: Sequence[Path] = ()) -> None:
        """Write down who holds the lock, and which temporary files a crash would leave."""
        said = {"slipher": {"process": os.getpid(), "host": socket.gethostname()}}
        content = json.dumps({**said, "temporary": [path.name for path in temporary]}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)


@contextmanager
def held(path: Path, wait: bool = False) -> Iterator[Held]:
    """Hold the lock of a destination, a file or a folder, whose parent folder exists.

    Args:
        path: the destination.
        wait: whether to wait for another process that holds it, rather than to give up.

    Raises:
        HeldError: if another process holds it and is not waited for.
        InputError: if something else lies where the lock would, or none can be made.
    """
    lock = _lock_of(path)
    key = os.getpid(), threading.get_ident(), lock
    if key in _holding:
        yield _holding[key]
        return
    descriptor = _locked(lock, path, wait)
    _holding[key] = Held(lock, descriptor)
    try:
        _holding[key].clear()
        with contextlib.suppress(OSError):  # on a full disk it holds all the same, and says nothing
            _holding[key].say()
        yield _holding[key]
    finally:
        del _holding[key]
        # still locked: whoever waits finds that the file it opened is no longer the lock, and begins again
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def holder_of(path: Path) -> str | None:
    """Who holds the lock of a destination, in words; if nobody does, what a killed process left of it is removed.

    Raises:
        InputError: if something else lies where the lock would.
    """
    if not os.path.lexists(_lock_of(path)):
        return None
    try:
        with held(path):
            return None
    except HeldError as error:
        return error.holder


def _lock_of(path: Path) -> Path:
    """Where the lock of a destination lies."""
    return path.absolute().with_name(hidden_name(LOCK, path.name))


def hidden_name(kind: str, name: str, room: int = LONGEST_NAME) -> str:
    """A hidden name that begins with what the file is for; a digest stands for a name that is too long for that.

    The suffix stays last, for libraries that choose a format by it.
    """
    if len((kind + name).encode()) <= room:
        return kind + name
    return kind + hashlib.blake2b(name.encode(), digest_size=16).hexdigest() + Path(name).suffix[:MOST_SUFFIX]


def _locked(lock: Path, path: Path, wait: bool) -> int:
    """The open lock file, locked."""
    while True:
        descriptor = _opened(lock, path)
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, descriptor)
            if not _flocked(descriptor, path):
                if not wait:
                    raise _held_by(_holder(descriptor), path)
                time.sleep(PAUSE)
            elif _is_at(descriptor, lock):
                # only now: whoever holds it may be writing into it
                _check(_is_ours(descriptor), lock, path)
                stack.pop_all()
                return descriptor


def _flocked(descriptor: int, path: Path) -> bool:
    """Lock an open file, unless another process has."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise InputError(
            f"{path} cannot be locked ({error.strerror}), so that two processes might write it at once; choose a "
            "destination on a file system with flock."
        ) from error
    return True


def _held_by(holder: str, path: Path) -> HeldError:
    return HeldError(f"{path} is being written by {holder}; wait until it ends, or choose another destination.", holder)


def _opened(lock: Path, path: Path) -> int:
    """The lock file, made if it is not there."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {lock} cannot be opened ({error.strerror}); {REMEDY}.") from error
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        _check(stat.S_ISREG(os.fstat(descriptor).st_mode), lock, path)
        stack.pop_all()
    return descriptor


def _is_ours(descriptor: int) -> bool:
    """Whether a file that is locked is a lock of ours: empty, or it says so."""
    return not os.fstat(descriptor).st_size or _said(descriptor) is not None


def _check(ours: bool, lock: Path, path: Path) -> None:
    """See that nobody else's file is taken for a lock."""
    if not ours:
        raise InputError(f"{path} cannot be written: {lock} is there and is no lock of slipher's; {REMEDY}.")


def _is_at(descriptor: int, lock: Path) -> bool:
    """Whether the open file is still the one of that name: its holder removes it in the end."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(lock))
    return False


def _said(descriptor: int) -> dict[str, Any] | None:
    """What a lock file of ours says; None if it is none of ours."""
    return signed(os.pread(descriptor, LONGEST_LOCK, 0))


def signed(content: bytes) -> dict[str, Any] | None:
    """What a small file of slipher's own says, which has the key "slipher"; None of anybody else's."""
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(content)
        if isinstance(said, dict) and isinstance(said.get("slipher"), dict):
            return said
    return None


def _holder(descriptor: int) -> str:
    """Who holds a lock, in words."""
    said = (_said(descriptor) or {}).get("slipher")
    return f"process {said.get('process')} on {said.get('host')}" if said else "another process"
