"""Blocks of galaxies over processes: spawned, single-threaded, and gone when the process that started them is."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import connection, parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

import numpy as np

from slipher.errors import InputError
from slipher.survey.script import script_hidden
from slipher.threads import available_cores, inherited

__all__ = ["Block", "Columns", "Work", "processes", "run"]

Made = TypeVar("Made")
Block = tuple[int, int]
"""First and past-the-last galaxy, or whatever else is worked on piece by piece."""
Columns = Mapping[str, np.ndarray]
Work = Callable[[Block, Any], Columns]
"""Makes the columns of a block from what was read for it."""

MOST_WORKERS = 1024

AHEAD = 2
"""Blocks that wait for each worker: enough that none is idle, few enough that memory does not grow."""

_work: Callable[[Block, Any], Any] | None = None
"""What a worker does; set once when the worker starts."""


def processes(workers: int | None) -> int:
    """How many processes work: as many as were asked for, or one for every core that this process may use.

    Raises:
        InputError: if there would be none, or more than any machine starts.
    """
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise InputError(
            f"{workers} workers were asked for, but there must be at least 1, and at most {MOST_WORKERS:,}."
        )
    return available_cores() if workers is None else workers


def run(
    work: Callable[[Block, Any], Made], jobs: Iterable[tuple[Block, Any]], workers: int
) -> Iterator[tuple[Block, Made]]:
    """Blocks with what was made of each, mostly their columns, in the order in which they are done.

    Args:
        work: makes it; sent once to every worker.
        jobs: blocks, each with what ``work`` needs for it beside; read in this process, a few blocks ahead.
        workers: number of processes; with one, all is done in this process and in order.
    """
    if workers > 1:
        yield from _in_pool(work, jobs, workers)
        return
    for block, payload in jobs:
        yield block, work(block, payload)


def _in_pool(
    work: Callable[[Block, Any], Made], jobs: Iterable[tuple[Block, Any]], workers: int
) -> Iterator[tuple[Block, Made]]:
    """As `run`, in processes of their own."""
    pool = ProcessPoolExecutor(workers, _Context(), initializer=_start, initargs=(work,))
    try:
        waiting = iter(jobs)
        running = _submitted(pool, islice(waiting, AHEAD * workers))
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= _submitted(pool, islice(waiting, len(done)))
            while done:
                yield done.pop().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, jobs: Iterable[tuple[Block, Any]]) -> set[Future[tuple[Block, Any]]]:
    """Jobs handed to the pool; kept in no other variable, so that a block's memory is free once it is written."""
    return {pool.submit(_do, block, payload) for block, payload in jobs}


def _start(work: Callable[[Block, Any], Any]) -> None:
    """Begin a worker's life."""
    global _work
    _work = work
    # An interrupt from the keyboard reaches every process; the one that started the workers answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Wait for the starting process to end, however it ends, and end too: workers would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _do(block: Block, payload: Any) -> tuple[Block, Any]:
    """One block, in a worker."""
    if _work is None:
        raise RuntimeError("a worker was given work before it was started")
    return block, _work(block, payload)


class _Worker(SpawnProcess):
    """A process that is started without the caller's script, and with one thread for linear algebra."""

    def start(self) -> None:
        """Start it."""
        # there is a worker for every core
        with script_hidden(), inherited(1):
            super().start()


class _Context(SpawnContext):
    """Spawned, not forked: a fork would copy the locks of torch's threads in whatever state they are."""

    Process = _Worker
