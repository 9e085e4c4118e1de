"""Blocks of galaxies that were predicted, kept in files until all are, so that nothing is predicted twice."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slipher.files import writing

__all__ = ["Blocks"]


@dataclass(frozen=True)
class Blocks:
    """What is known of galaxies, a block of them a file; columns are named KIND/NAME."""

    folder: Path
    """Nobody else writes there."""
    count: int
    """Galaxies altogether."""
    size: int
    """Galaxies a block."""

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """Where blocks start and stop; of no galaxies there is one block."""
        return [(start, min(start + self.size, self.count)) for start in range(0, max(self.count, 1), self.size)]

    def missing(self) -> list[tuple[int, int]]:
        """Blocks of which nothing is known: they are not there, or damaged, as by a power cut."""
        return [each for each in self.bounds if not _sound(self._path(*each))]

    def keep(self, start: int, stop: int, columns: Mapping[str, np.ndarray]) -> None:
        """Write what is known of a block, whole or not at all.

        Raises:
            InputError: if the disk is full, or the folder is gone.
        """
        # a zip file that a full disk cuts off would complain once more when it is collected
        whole = io.BytesIO()
        np.savez(whole, **dict[str, Any](columns))
        path = self._path(start, stop)
        # not by way of files.replacing, which would make a folder anew that somebody removed with other blocks in it
        with writing(path):
            path.with_suffix(".new").write_bytes(whole.getbuffer())
            path.with_suffix(".new").replace(path)

    def parts(self, kind: str) -> Iterator[dict[str, np.ndarray]]:
        """The columns of a kind, block after block."""
        for each in self.bounds:
            with np.load(self._path(*each), allow_pickle=False) as file:
                names = [name for name in file if name.startswith(f"{kind}/")]
                yield {name.removeprefix(f"{kind}/"): file[name] for name in names}

    def joined(self, kind: str) -> dict[str, np.ndarray]:
        """The columns of a kind, of all galaxies."""
        parts = list(self.parts(kind))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _path(self, start: int, stop: int) -> Path:
        return self.folder / f"{start}-{stop}.npz"


def _sound(path: Path) -> bool:
    """Whether a file is there and every byte of it is as it was written."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError):
        return False
