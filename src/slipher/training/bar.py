"""The progress of a whole training, or nothing where nobody looks."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from slipher import progress

__all__ = ["epochs_bar"]


class _NoBar:
    """Stands in for a progress bar that nobody wants to see."""

    def update(self, count: int) -> None:
        """Nothing."""

    def set_postfix_str(self, text: str) -> None:
        """Nothing."""


def epochs_bar(total: int, done: int, label: str, shown: bool) -> AbstractContextManager[Any]:
    """A bar over galaxies times epochs.

    Args:
        total: of all epochs.
        done: of the epochs before.
        label: what it is called.
        shown: whether there is to be one.
    """
    return progress.bar(total, label, done=done) if shown else nullcontext(_NoBar())
