"""Files as streams of bytes: unpacked where they are packed, known by what they begin with, and named when damaged."""

import bz2
import csv
import gzip
import lzma
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

from slipher.errors import InputError

__all__ = ["PACKED", "begins", "damaged", "opened", "truncation_raises"]

PACKED = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}
"""Suffixes of packed files, and what those begin with."""
_UNPACK: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

BAD = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    RuntimeError,
    SyntaxError,
    BadZipFile,
    zlib.error,
    lzma.LZMAError,
    csv.Error,
    UserWarning,
)
"""What libraries raise about a bad file."""
BAD_BY_NAME = ("VerifyError",)
"""astropy's, which is not loaded for the sake of other files."""


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
def truncation_raises() -> Iterator[None]:
    """Let a file that is cut off be an error: astropy reads on in it, with a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="(?s).*(truncated|corrupted)")
        yield


@contextmanager
def damaged(path: Path, kind: str) -> Iterator[None]:
    """Say in one sentence what the libraries say in many ways about a file that is not what it should be.

    Raises:
        InputError: in place of their errors.
    """
    try:
        with truncation_raises():
            yield
    except InputError:
        raise
    except Exception as error:
        if not isinstance(error, BAD) and type(error).__name__ not in BAD_BY_NAME:
            raise
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise InputError(f"{path} is damaged or not {kind} ({reason}); give a whole table.") from error
