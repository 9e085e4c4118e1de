"""Progress of long work, always on standard error."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tqdm import tqdm

from slipher.errors import printable

__all__ = ["bar", "end_bars", "say", "track"]

T = TypeVar("T")


def say(message: str) -> None:
    """Write a line, or some, for a person to standard error, clear of any progress bar."""
    tqdm.write("\n".join(map(printable, message.split("\n"))), file=sys.stderr)


@contextmanager
def bar(total: int, label: str, unit: str = "galaxy", done: int = 0) -> Iterator[Any]:
    """A progress bar with rate and remaining time; ``update(n)`` moves it, ``set_postfix_str`` annotates it.

    Bytes (unit "B") are counted in thousands, millions, ...
    """
    with tqdm(
        total=total,
        initial=done,
        desc=label,
        unit=f" {unit}",
        unit_scale=unit == "B",
        file=sys.stderr,
        mininterval=0.5,
        smoothing=0.05,
        dynamic_ncols=True,
    ) as progress:
        yield progress


def track(items: Iterable[T], label: str, total: int | None = None, unit: str = "galaxy") -> Iterator[T]:
    """The items, with a progress bar while they are gone through."""
    return iter(
        tqdm(
            items,
            total=total,
            desc=label,
            unit=f" {unit}",
            file=sys.stderr,
            mininterval=0.5,
            dynamic_ncols=True,
        )
    )


def end_bars() -> None:
    """End the bars that an error left standing, so that what is said next begins a line."""
    for progress in list(getattr(tqdm, "_instances", ())):
        progress.close()
