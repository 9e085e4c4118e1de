"""Processes that die before one of their calls to the system, as one that is killed does; for the programs of tests."""

import os
import signal
import traceback
from collections.abc import Callable

__all__ = ["Dying", "ended"]


class Dying:
    """Kills this process before the call of some number, counted from 0.

    Args:
        at: the number.
    """

    def __init__(self, at: int) -> None:
        self._left = at

    def watch(self, *names: str) -> None:
        """Count the calls of functions of ``os``."""
        for name in names:
            setattr(os, name, self.counted(getattr(os, name)))

    def counted(self, function: Callable, changes: Callable = lambda *_args, **_options: True) -> Callable:
        """A function whose calls count, but for those that change nothing."""

        def call(*args, **options):
            if changes(*args, **options):
                if self._left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                self._left -= 1
            return function(*args, **options)

        return call


def ended(work: Callable[[], object]) -> int:
    """Do a work in a child; its exit status, which is -9 if it was killed and 1 if it raised an error, which is told."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
