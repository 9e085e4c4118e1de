"""A function in a process of its own, timed whenever it is called.

What is compared must not share its memory allocator's habits, its threads or its warmed-up caches; and while one runs,
the other waits in the kernel and takes no core.
"""

import gc
import multiprocessing
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from slipher.errors import InputError
from slipher.survey.script import script_hidden

__all__ = ["Apart", "Run"]

KIBIBYTE = 1 if sys.platform == "darwin" else 1024
"""Bytes that the system counts memory in."""
PATIENCE = 5
"""Seconds in which a process may end by itself."""
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Run:
    """One call."""

    seconds: float
    peak: int
    """Most memory that the process has held so far, in bytes."""
    answer: Any


class Apart:
    """What a prepared function does, in a spawned process; used as a context, and called there.

    Args:
        prepare: module-level function that makes everything ready and gives the function to be timed.
        args: its arguments.
    """

    def __init__(self, prepare: Callable[..., Callable[[], Any]], *args: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, there = context.Pipe()
        # no daemon: it may start processes of its own, and it ends by itself when nobody holds the other end any more
        self.process = context.Process(target=_serve, args=(there, prepare, args))
        self.last = Run(0.0, 0, None)
        """The latest call."""

    def __enter__(self) -> "Apart":
        with script_hidden():
            self.process.start()
        try:
            self._received()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __call__(self) -> Run:
        """Call the function once.

        Raises:
            InputError: if it raises one.
            RuntimeError: if it fails otherwise, with its traceback; or if its process died.
        """
        self.connection.send("run")
        self.last = self._received()
        return self.last

    def _received(self) -> Any:
        try:
            worked, answer = self.connection.recv()
        except EOFError as error:
            self.process.join()
            raise RuntimeError(f"the process of a benchmark ended with status {self.process.exitcode}.") from error
        if not worked:
            raise answer if isinstance(answer, InputError) else RuntimeError(answer)
        return answer

    def _stop(self) -> None:
        # asked first: libraries then put away what they hold of the system, such as semaphores
        with suppress(OSError):
            self.connection.send("stop")
        self.process.join(PATIENCE)
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, prepare: Callable[..., Callable[[], Any]], args: tuple[Any, ...]) -> None:
    """What the process does: prepare, then answer each request with one timed call."""
    # an interrupt from the keyboard reaches both: the process that started this one ends it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        function = prepare(*args)
        connection.send((True, None))
        while connection.recv() == "run":
            connection.send((True, _timed(function)))
    except EOFError:
        return
    except InputError as error:
        connection.send((False, error))
    except Exception:
        connection.send((False, traceback.format_exc()))


def _timed(function: Callable[[], Any]) -> Run:
    gc.collect()
    started = time.perf_counter()
    answer = function()
    seconds = time.perf_counter() - started
    return Run(seconds, _peak(), answer)


def _peak() -> int:
    """Most memory that this process has held.

    Not what getrusage says, where there is better: a new process inherits the figure of the one that started it.
    """
    status = STATUS.read_text(encoding="utf-8") if STATUS.is_file() else ""
    held = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(held[1]) * 1024 if held else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE
