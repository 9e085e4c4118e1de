"""Blocks of galaxies over processes: spawned, single-threaded, and gone when the process that started them is."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process

import numpy as np

__all__ = ["Block", "Columns", "Simulator", "available_cores", "run"]

Block = tuple[int, int]
"""First and past-the-last galaxy."""
Columns = Mapping[str, np.ndarray]
Simulator = Callable[[Block], Columns]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_simulator: Simulator | None = None
"""What a worker does; set once when the worker starts."""


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(simulator: Simulator, blocks: list[Block], workers: int) -> Iterator[tuple[Block, Columns]]:
    """Blocks with their columns, in the order in which they are done.

    Args:
        simulator: makes a block's columns; sent to every worker.
        blocks: what to make.
        workers: number of processes; with one, or one block, all is done in this process.
    """
    workers = min(workers, len(blocks))
    if workers > 1:
        yield from _in_pool(simulator, blocks, workers)
        return
    for block in blocks:
        yield block, simulator(block)


def _in_pool(simulator: Simulator, blocks: list[Block], workers: int) -> Iterator[tuple[Block, Columns]]:
    """As `run`, in processes of their own."""
    # Spawned, not forked: a fork would copy the locks of torch's threads in whatever state they are.
    with _single_threaded():
        pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start, initargs=(simulator,))
        try:
            for future in as_completed(_submitted(pool, blocks)):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, blocks: list[Block]) -> set[Future[tuple[Block, Columns]]]:
    """All blocks handed to the pool; kept in no variable, so that a block's memory is free once it is written."""
    return {pool.submit(_work, block) for block in blocks}


def _start(simulator: Simulator) -> None:
    """Begin a worker's life."""
    global _simulator
    _simulator = simulator
    # An interrupt from the keyboard reaches every process; the one that started the workers answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Wait for the starting process to end, however it ends, and end too: workers would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(block: Block) -> tuple[Block, Columns]:
    """One block, in a worker."""
    if _simulator is None:
        raise RuntimeError("a worker was given work before it was started")
    return block, _simulator(block)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Give processes started meanwhile one thread each for linear algebra: there is a worker for every core."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
