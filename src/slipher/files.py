"""Files that are whole or absent: written under a temporary name, then renamed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipher.errors import InputError

__all__ = ["nearest_writable", "partial_path", "replacing", "write_json", "write_text"]


def partial_path(path: Path) -> Path:
    """Where a file lies while it is being written: the same folder, a hidden name that says it is not whole.

    The suffix stays last, for libraries that choose a format by it.
    """
    return path.with_name(f".partial-{path.name}")


def nearest_writable(path: Path) -> None:
    """Check, before any work is done, that a file or folder can be made at ``path``.

    Raises:
        InputError: if the nearest existing parent is no folder or cannot be written to.
    """
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise InputError(f"{path} cannot be written: {parent} is a file, not a folder; choose another destination.")
    if not os.access(parent, os.W_OK):
        raise InputError(f"{path} cannot be written: no permission to write in {parent}; choose another destination.")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; rename it to ``path`` on success, remove it on failure.

    Raises:
        InputError: if the destination cannot be written.
    """
    nearest_writable(path)
    temporary = partial_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}; choose another destination.") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document whole or not at all; NaN is refused, since JSON has none."""
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")
