"""Figures as files: whole or absent, and the same bytes for the same figure."""

from pathlib import Path
from typing import Any

from slipher.errors import InputError
from slipher.files import replacing

__all__ = ["check_own", "save_figure"]

METADATA: dict[str, dict[str, str | None]] = {
    ".png": {"Software": "slipher"},
    ".pdf": {"CreationDate": None, "Producer": "slipher"},
}
"""What a file says of itself: who drew it, and not when."""
MARKS = {".png": b"Software\x00slipher", ".pdf": b"/Producer (slipher)"}


def save_figure(figure: Any, path: Path, dpi: float) -> None:
    """Save a figure of matplotlib as .png or .pdf.

    Raises:
        InputError: if it cannot be written.
    """
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, metadata=METADATA[path.suffix])


def check_own(path: Path) -> None:
    """See that no file but a figure that was drawn here would be replaced.

    Raises:
        InputError: if something else lies there.
    """
    if path.is_symlink() or (path.exists() and not (path.is_file() and MARKS[path.suffix] in path.read_bytes())):
        raise InputError(f"{path} is there already and is no figure of slipher's; choose another name.")
