"""Sending a growing file to the disk while more of it is being made, so that little is left to wait for at the end."""

import os
from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["WriteBack"]

EVERY = 1 << 26
"""Bytes after which the disk gets to work: enough to keep it busy, few enough that the last wait is short."""


class WriteBack:
    """The disk's share in writing one file.

    Left alone, the system keeps gigabytes in memory and an fsync at the end waits for all of them.

    Args:
        descriptor: the open file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._since = 0
        self._running: Future[None] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def wrote(self, count: int) -> None:
        """Take note of bytes that were written; not to be called from two threads at once.

        Raises:
            OSError: if the disk could not take what was written earlier.
        """
        self._since += count
        if self._since < EVERY or (self._running is not None and not self._running.done()):
            return
        self._since = 0
        self._result()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1)
        self._running = self._thread.submit(os.fsync, self._descriptor)

    def wait(self) -> None:
        """Wait until everything written so far is on the disk.

        Raises:
            OSError: if the disk could not take it.
        """
        # An error is told to one fsync only: if the one in the background met it, the last one would not.
        self._result()
        os.fsync(self._descriptor)

    def close(self) -> None:
        """End the thread, which must be done before the file is closed."""
        if self._thread is not None:
            self._thread.shutdown()

    def _result(self) -> None:
        """Raise what the fsync in the background raised."""
        if self._running is not None:
            self._running.result()
