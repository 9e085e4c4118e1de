"""Several processes at one study: who else is there, whose turn it is, and what killed ones left.

Each holds a lock of its own in the study's folder for as long as it works there, and that of a run while it does it. A
lock goes with its process, however that ends, so that another takes over.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from slipher.errors import InputError
from slipher.files import writing
from slipher.locks import LOCK, HeldError, held, holder_of
from slipher.progress import say
from slipher.study.folder import Run

__all__ = ["clear_locks", "others", "present", "share", "turn"]

PRESENT = "at-work-"
"""How the names begin of what each process locks while it works in a folder."""
TOKEN = secrets.token_hex(4)
"""Of this process, wherever it runs: its number tells it on one machine only."""
PAUSE = 0.5
"""Seconds between two looks at runs that others are at."""


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Be known to work in a folder meanwhile."""
    with held(folder / _own_name()):
        yield


def others(folder: Path) -> list[str]:
    """Who else works in a folder, in words."""
    places = (_locked_by(lock) for lock in sorted(folder.glob(f"{LOCK}{PRESENT}*")))
    return [holder for place in places if place.name != _own_name() and (holder := holder_of(place))]


def _own_name() -> str:
    return f"{PRESENT}{TOKEN}-{os.getpid()}"


def clear_locks(folder: Path, below: Iterable[Path]) -> None:
    """Remove the locks that nobody holds, and the temporary files that these name.

    Only where no other process is at work: a lock that is looked at is held for a moment.

    Args:
        folder: that of the study; of what lies deeper only the folders ``below`` are looked at.
        below: with all that is below them.
    """
    deeper = (Path(path) for top in below for path, _, _ in os.walk(top))
    for place in (folder, *deeper):
        for lock in list(place.glob(f"{LOCK}*")):
            with suppress(InputError):  # not every file of such a name is ours
                holder_of(_locked_by(lock))


def _locked_by(lock: Path) -> Path:
    """What a lock file is for."""
    return lock.with_name(lock.name.removeprefix(LOCK))


@contextmanager
def turn(place: Path, what: str) -> Iterator[None]:
    """Hold a lock; another process that holds it is waited for, which is said.

    Raises:
        InputError: if there can be no lock.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(place))
        except HeldError as error:
            say(f"Waiting for {error.holder}, which makes {what}.")
            stack.enter_context(held(place, wait=True))
        yield


def share(runs: Mapping[Run, str], done: Callable[[Run], bool], work: Callable[[Run], None]) -> None:
    """Do runs one by one; those that other processes are at come last, and are taken over if these end before them.

    Args:
        runs: all of them, in order, and what messages call each.
        done: whether a run is finished.
        work: finishes one, while this process holds its lock.
    """
    left, holders, told = list(runs), dict[Run, str](), False
    while left:
        found = {run: _holder_unless_done(run, runs[run], holders.get(run), done, work) for run in left}
        holders |= (busy := {run: holder for run, holder in found.items() if holder})
        if len(busy) == len(left):
            if not told:
                say(f"Waiting for {', '.join(f'{holder} ({run.name})' for run, holder in busy.items())}.")
            told = True
            time.sleep(PAUSE)
        left = list(busy)


def _holder_unless_done(
    run: Run, label: str, before: str | None, done: Callable[[Run], bool], work: Callable[[Run], None]
) -> str | None:
    """Do a run, unless it is finished or another process is at it; who that is."""
    if done(run):
        say(f"{label}: finished by {before}" if before else f"{label}: finished before")
        return None
    with writing(run.folder):
        run.folder.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(held(run.folder))
        except HeldError as error:
            if error.holder != before:
                say(f"{label}: left to {error.holder}, which is at it")
            return error.holder
        if not done(run):
            work(run)
    return None
