"""A function in a process of its own, timed whenever it is called.

What is compared must not share its memory allocator's habits, its threads or its warmed-up caches; and while one runs,
the other waits in the kernel and takes no core.
"""

import gc
import multiprocessing
import resource
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

__all__ = ["Apart", "Run"]

KIBIBYTE = 1 if sys.platform == "darwin" else 1024
"""Bytes that the system counts memory in."""


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
        self.process = context.Process(target=_serve, args=(there, prepare, args), daemon=True)

    def __enter__(self) -> Self:
        self.process.start()
        self._received()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.join()
        self.connection.close()

    def __call__(self) -> Run:
        """Call the function once.

        Raises:
            RuntimeError: if it fails, with its traceback; or if its process died.
        """
        self.connection.send("run")
        answer: Run = self._received()
        return answer

    def _received(self) -> Any:
        # a process that died would never answer
        while not self.connection.poll(0.2):
            if not self.process.is_alive() and not self.connection.poll():
                raise RuntimeError(f"the process of a benchmark ended with status {self.process.exitcode}.")
        worked, answer = self.connection.recv()
        if not worked:
            raise RuntimeError(answer)
        return answer


def _serve(connection: Connection, prepare: Callable[..., Callable[[], Any]], args: tuple[Any, ...]) -> None:
    """What the process does: prepare, then answer each request with one timed call."""
    try:
        function = prepare(*args)
        connection.send((True, None))
        while connection.recv() == "run":
            connection.send((True, _timed(function)))
    except EOFError:
        return
    except Exception:
        connection.send((False, traceback.format_exc()))


def _timed(function: Callable[[], Any]) -> Run:
    gc.collect()
    started = time.perf_counter()
    answer = function()
    seconds = time.perf_counter() - started
    return Run(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE, answer)
