"""The moments at which a command touches the file system, as Python's own audit events tell: to stop it between two."""

import mmap
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOUCHING = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Moments:
    """Counts the moments of a command, and does something just before one of them.

    Args:
        root: what lies below it counts.
        at: number of the moment, from 1; 0 for none.
        action: what is done then.
    """

    def __init__(self, root: Path, at: int = 0, action: Callable[[], Any] = lambda: None) -> None:
        self._root, self._at, self._action = str(root), at, action
        self._count = mmap.mmap(-1, 8)  # shared with the processes that are forked

    @property
    def count(self) -> int:
        """Moments so far."""
        return int.from_bytes(self._count[:8], "little")

    def watch(self) -> None:
        """Begin, in the process that is to be watched."""
        sys.addaudithook(self._seen)

    def _seen(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._touches(event, args):
            return
        count = self.count + 1
        self._count[:8] = count.to_bytes(8, "little")
        if count == self._at:
            self._action()

    def _touches(self, event: str, args: tuple[Any, ...]) -> bool:
        if event not in TOUCHING and not (event == "open" and (args[2] or 0) & WRITING):
            return False
        path = os.fsdecode(args[0]) if isinstance(args[0], str | bytes | os.PathLike) else ""
        return bool(path) and (not Path(path).is_absolute() or path.startswith(self._root))
