"""The spectrum files that lie in a folder and below it, as the Science Archive Server lays them out or otherwise."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.survey.spectra.specobj import SpectrumNames, name_of_file

__all__ = ["SpectrumFolder", "look_into"]


@dataclass(frozen=True, eq=False)
class SpectrumFolder:
    """Spectrum files and what their names say."""

    path: Path
    files: tuple[Path, ...]
    """In the order of their paths."""
    names: SpectrumNames
    """One a file; the version of the reduction, which is not in the name, is −1."""
    digest: str
    """Of the files' places below the folder, sizes and times of change: it changes when a file comes, goes or does."""
    ignored: tuple[Path, ...]
    """Files that are called otherwise than spectra are."""

    @property
    def left_out(self) -> str:
        """The ignored files in a sentence; nothing if there are none."""
        return f"{self.path}: {_others(self.ignored)} not read." if self.ignored else ""


def look_into(path: Path) -> SpectrumFolder:
    """Find the files of spectra (`specobj.name_of_file`) in a folder and all folders below it.

    Raises:
        InputError: if the folder is not there or holds none.
    """
    if why := unreadable(path, folder=True):
        raise InputError(f"{path} {why}; give a folder of SDSS spectra (spec-PLATE-MJD-FIBER.fits).")
    found = sorted(Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    named = [(file, name) for file in found if (name := name_of_file(file)) is not None]
    ignored = tuple(file for file in found if name_of_file(file) is None)
    if not named:
        others = f"; {_others(ignored)} something else" if ignored else ""
        raise InputError(
            f"{path} holds no spectra, whose files are called spec-PLATE-MJD-FIBER.fits or "
            f"spec-FIELD-MJD-CATALOGID.fits{others}."
        )
    files = tuple(file for file, _ in named)
    plate, mjd, fiber = np.array([name for _, name in named], np.int64).T
    names = SpectrumNames(plate, mjd, fiber, np.full(len(files), -1))
    return SpectrumFolder(path, files, names, _digest(path, files), ignored)


def _others(files: tuple[Path, ...]) -> str:
    """How many files are called otherwise than spectra are, the first by name, and the verb."""
    if len(files) == 1:
        return f"1 file that is not called as spectra are ({files[0].name}) is"
    return f"{len(files):,} files that are not called as spectra are ({files[0].name}, ...) are"


def _digest(folder: Path, files: tuple[Path, ...]) -> str:
    state = hashlib.blake2b(digest_size=16)
    for file in files:
        told = file.lstat()
        state.update(f"{file.relative_to(folder)}\0{told.st_size}\0{told.st_mtime_ns}\n".encode())
    return state.hexdigest()
