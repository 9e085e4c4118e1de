"""What to say of an error that nobody foresaw: never a bare traceback, and never nothing."""

import os
import sys
import sysconfig
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from slipher import __version__
from slipher.verbs.answer import BAD_INPUT

__all__ = ["UNFORESEEN", "report"]

UNFORESEEN = 3
"""Exit status of a command that met an error of slipher's own."""
BY_HAND = "run the same with --debug, and tell the developers what it shows."
"""What to do where no report can be written."""
TORCH_LACKS = "tried to allocate"
"""What torch says where memory is used up, of this machine's or a GPU's."""
QUOTES = "'\""
OURS = Path(__file__).resolve().parent


def report(error: BaseException, words: Sequence[str]) -> tuple[int, str]:
    """The exit status, and one sentence about an error.

    Errors of the system (a full disk, no permission, a folder that is gone, a file that HDF5 cannot read) and want of
    memory are the user's to mend, and so is what goes wrong in a file of theirs, such as a constraint. Of anything else
    a report is written.

    Args:
        error: what was raised.
        words: the command line.
    """
    try:
        return _report(error, words)
    except Exception as another:  # an error may not be able to say what it is, and memory may be used up
        names = f"{type(error).__name__}, and {type(another).__name__} while telling it"
        return UNFORESEEN, f"something went wrong that slipher did not foresee ({names}); {BY_HAND}"


def _report(error: BaseException, words: Sequence[str]) -> tuple[int, str]:
    """As `report`, where nothing goes wrong meanwhile."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and TORCH_LACKS in str(error).lower()):
        return BAD_INPUT, "there is not enough memory for this; ask for less at a time, or use a larger machine."
    if (place := _users_own(error)) is not None:
        return BAD_INPUT, f"{place} raised {_described(error)}; mend it, or see the whole of it with --debug."
    if isinstance(error, OSError) and _folder() is None:
        return BAD_INPUT, "the folder that this was run in is gone; change to one that is there."
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return BAD_INPUT, f"{where}{error.strerror or _described(error)}; see to it, and run the same again."
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop from"):
        # so pathlib says what the system calls ELOOP
        link = str(error).removeprefix("Symlink loop from ").strip(QUOTES)
        return BAD_INPUT, f"{link} is a link to itself; remove it."
    return UNFORESEEN, (
        f"something went wrong that slipher did not foresee ({_described(error)}); {_written(error, words)}"
    )


def _described(error: BaseException) -> str:
    """The kind of an error and what it says, in one line."""
    said = " ".join(str(error).split())[:300].rstrip(".")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _users_own(error: BaseException) -> str | None:
    """File and line of the user's own code that raised an error, if any did."""
    libraries = [OURS, *(Path(path).resolve() for path in sysconfig.get_paths().values())]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(path.resolve().is_relative_to(library) for library in libraries):
            return f"{path}, line {frame.lineno},"
    return None


def _written(error: BaseException, words: Sequence[str]) -> str:
    """Write the report, and say where it lies and what to do with it."""
    lines = [f"slipher {__version__}, Python {sys.version}", f"slipher {' '.join(words)}", f"in {_folder()}", ""]
    lines += traceback.format_exception(error)
    try:
        descriptor, name = tempfile.mkstemp(".txt", "slipher-report-")
    except OSError:
        return BY_HAND
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
    except OSError:
        Path(name).unlink(missing_ok=True)
        return BY_HAND
    return f"please send the developers the report of it, {name}."


def _folder() -> Path | None:
    """The working directory; None if it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None
