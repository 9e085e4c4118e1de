"""The standard streams, whatever became of them: closed, full, or with nobody left to read."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from slipher.errors import InputError

__all__ = ["answer", "standing"]

NOWHERE = Path(os.devnull)
STANDARD = 2
"""The greatest number of a standard stream."""


@contextmanager
def standing() -> Iterator[None]:
    """Let messages that nobody can read be lost, rather than stop the work.

    In the place of a closed stream stands the null device: a file of ours that took its number would be written into
    by whatever writes to that stream.
    """
    _occupy()
    error = sys.stderr
    with NOWHERE.open("w", encoding="utf-8") as null:
        sys.stderr = cast(Any, _Heedless(error or null))
        try:
            yield
        finally:
            sys.stderr = error
            if sys.stdout is not None:
                _Heedless(sys.stdout).flush()


def answer(text: str) -> None:
    """Write an answer to standard output, as far as its reader wants to read.

    Raises:
        InputError: if it is closed, or takes no more.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed, so that the answer is lost; direct it to a file, or to /dev/null.")
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise InputError(
            f"standard output does not take the answer ({error.strerror or error}); direct it elsewhere."
        ) from error


class _Heedless:
    """A stream that loses what it cannot write.

    Args:
        stream: the stream that it writes to.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, or lose it and all that follows."""
        try:
            self._stream.write(text)
        except OSError:
            _silence(self._stream)
        return len(text)

    def flush(self) -> None:
        """Write what is held back, or lose it."""
        try:
            self._stream.flush()
        except OSError:
            _silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _silence(stream: Any) -> None:
    """Let a stream lead nowhere: what it holds back is written when Python ends, and must not fail then."""
    with suppress(OSError), NOWHERE.open("wb") as null:
        os.dup2(null.fileno(), stream.fileno())


def _occupy() -> None:
    """Open the null device under the number of every standard stream that is closed."""
    while (descriptor := os.open(NOWHERE, os.O_RDWR)) <= STANDARD:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
