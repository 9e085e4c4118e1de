"""Threads of arithmetic: how they wait for each other, and how many there are.

Libraries cut each operation into as many parts as there are threads, and who is done first waits for the others. Left
alone they wait by turning round and round, for milliseconds or for ever. Where other programs are at work too, the one
that is waited for is often not running, and who waits keeps it from running: a training beside two busy processes on
two cores then makes a tenth of its way. So they are told to sleep instead. The arithmetic stays the same, bit by bit;
another number of threads changes the last bits of sums, and is never chosen by what else the machine does.
"""

import math
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from slipher.errors import InputError

__all__ = ["available_cores", "inherited", "limited", "prepare"]

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What libraries of arithmetic read their number of threads from when they are loaded."""
ASLEEP = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}
"""To sleep while waiting; GNU's library after some ten microseconds, so that short waits cost no call of the system."""
OTHERS = ("KMP_BLOCKTIME",)
"""What a user may have set to the same end."""
QUOTA = (Path("/sys/fs/cgroup/cpu.max"),)
PERIOD = (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us"))
"""Where Linux tells a container how much of the processors it gets: time to compute in each period of time, in
microseconds, in one file (version 2 of control groups) or two."""

_most: int | None = None
"""Threads and processes that a user allows."""


def prepare(environment: MutableMapping[str, str]) -> None:
    """Set how threads wait, and in a container with part of a machine how many there are, where a user has not.

    Libraries read it when they are loaded: it has no effect on those that are there already. Processes that are started
    later inherit it.

    Args:
        environment: is changed; where one variable of how threads wait is set, none of the others is.
    """
    if not any(name in environment for name in (*ASLEEP, *OTHERS)):
        environment.update(ASLEEP)
    if available_cores() < _affinity():
        environment.setdefault("OMP_NUM_THREADS", str(available_cores()))


def available_cores() -> int:
    """Cores that this process may use: by its affinity, its container's share and `limited`, whatever is least."""
    return min(each for each in (_affinity(), _share(), _most) if each is not None)


@contextmanager
def limited(count: int | None) -> Iterator[None]:
    """Compute with so many threads, and work with at most so many processes, as long as the context lasts.

    Args:
        count: of threads; None changes nothing. The same number gives the same bytes again.

    Raises:
        InputError: if there are less than 1 or more than the machine has cores.
    """
    global _most
    if count is None:
        yield
        return
    cores = max(os.cpu_count() or 1, _affinity())
    if not 1 <= count <= cores:
        raise InputError(f"{count} threads were asked for, but there must be 1 to {cores}, the cores of this machine.")
    before = _most
    _most = count
    try:
        with inherited(count), _loaded(count):
            yield
    finally:
        _most = before


@contextmanager
def inherited(count: int) -> Iterator[None]:
    """Give so many threads to libraries that are loaded, and processes that are started, as long as it lasts."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@contextmanager
def _loaded(count: int) -> Iterator[None]:
    """The same for libraries that are there."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)


def _affinity() -> int:
    """Cores that the system may run this process on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _share() -> int | None:
    """Whole cores that its container's share of the processors fills, at least one; None if it has all of them."""
    for paths in (QUOTA, PERIOD):
        try:
            quota, period = " ".join(path.read_text(encoding="ascii") for path in paths).split()
            return max(1, math.ceil(int(quota) / int(period))) if int(quota) > 0 else None
        except (OSError, ValueError):
            # no such file, or the word max: no limit
            continue
    return None
