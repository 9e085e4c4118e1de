"""Files as streams of bytes: unpacked where they are packed, known by what they begin with, and named when damaged."""

import bz2
import gzip
import lzma
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

from slipher.errors import InputError

__all__ = ["PACKED", "begins", "damaged", "opened", "told"]

PACKED = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}
"""Suffixes of packed files, and what those begin with."""
_UNPACK: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

HOUSE = Path(__file__).parent.parent
"""Where slipher's own code lies."""
LONGEST_REASON = 300
"""Characters of what a library says of a file."""


def opened(path: Path) -> BufferedIOBase:
    """A file's bytes, unpacked where its content is packed, whatever its name."""
    with path.open("rb") as stream:
        begin = stream.read(8)
    for suffix, magic in PACKED.items():
        if begin.startswith(magic):
            return cast(BufferedIOBase, _UNPACK[suffix](path, "rb"))
    return path.open("rb")


def begins(path: Path, count: int = 512) -> bytes:
    """The first bytes of a file's content.

    Raises:
        InputError: if they cannot be unpacked.
    """
    with damaged(path, "a whole file"), opened(path) as stream:
        return stream.read(count)


@contextmanager
def _truncation_raises() -> Iterator[None]:
    """Let a file that is cut off be an error: astropy reads on in it, with a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="(?s).*(truncated|corrupted)")
        yield


@contextmanager
def told(sentence: Callable[[str], str]) -> Iterator[None]:
    """Say in one sentence what libraries say in many ways about a file that is not what it should be.

    What a damaged file makes a library raise is anybody's guess, so that any error counts; but not an assertion of
    ours, which is our fault.

    Args:
        sentence: what is said, given the reason as the library has it.

    Raises:
        InputError: in place of their errors.
    """
    try:
        with _truncation_raises():
            yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(sentence("it asks for more memory than there is")) from error
    except Exception as error:
        if isinstance(error, AssertionError) and _is_ours(error):
            raise
        reason = " ".join(str(error).split())[:LONGEST_REASON].rstrip(".") or type(error).__name__
        raise InputError(sentence(reason)) from error


def _is_ours(error: Exception) -> bool:
    """Whether an error was raised by slipher itself."""
    *_, raised = traceback.walk_tb(error.__traceback__)
    return Path(raised[0].f_code.co_filename).is_relative_to(HOUSE)


@contextmanager
def damaged(path: Path, kind: str) -> Iterator[None]:
    """As `told`, of a table.

    Raises:
        InputError: if the file is not what it should be.
    """
    with told(lambda reason: f"{path} is damaged or not {kind} ({reason}); give a whole table."):
        yield
