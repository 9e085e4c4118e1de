"""Spectra from a folder of SDSS files into a store, beside its galaxies' images.

What a spectrum does not cover stays empty (ivar 0). Continuing it, by its best-fitting templates or otherwise, belongs
to the flux term, which does so when its response tables are made (``flux.uncovered``): the store keeps what was seen.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.physics.uncovered import STEP
from slipher.progress import say
from slipher.survey.amend import amend, amending
from slipher.survey.pool import Columns, processes
from slipher.survey.schema import Column
from slipher.survey.spectra.file import SdssSpectrum, read_file
from slipher.survey.spectra.flags import SpectrumFlag, best
from slipher.survey.spectra.folder import SpectrumFolder, look_into
from slipher.survey.spectra.match import Matches, match
from slipher.survey.store import Galaxies, open_store
from slipher.unfinished import Unfinished

__all__ = ["BOSS_GRID", "FLAGS", "SDSS_GRID", "PixelGrid", "attach_spectra", "attached_text"]

VERSION = 1
"""Counts the changes in what is written: a store filled by an older slipher is then filled anew."""
FLAGS = "catalogue/spectrum_flags"
MOST_NAMED = 20
"""Files that cannot be read and are named to a reader."""
FIRST_BOSS_MJD = 55100
"""The BOSS spectrograph began to observe after this day, the SDSS spectrograph had ended before."""


@dataclass(frozen=True)
class PixelGrid:
    """Pixels on which a store keeps spectra: every 1e-4 in log10 λ, as SDSS's own, so that nothing is resampled."""

    first: int
    """log10 of the first wavelength (Å) in units of 1e-4."""
    pixels: int

    @property
    def loglam0(self) -> float:
        """log10 of the first wavelength (Å)."""
        return round(self.first * STEP, 4)

    def placed(self, spectrum: SdssSpectrum) -> Float32[np.ndarray, "2 pixels"]:
        """Flux and inverse variance; 0 and 0 where the spectrum does not reach or holds no number that can be."""
        out = np.zeros((2, self.pixels), np.float32)
        low, high = max(self.first, spectrum.first), min(self.first + self.pixels, spectrum.first + len(spectrum.flux))
        if low >= high:
            return out
        here, there = slice(low - self.first, high - self.first), slice(low - spectrum.first, high - spectrum.first)
        with np.errstate(over="ignore"):
            values = np.stack([spectrum.flux[there], np.maximum(spectrum.ivar[there], 0)]).astype(np.float32)
        out[:, here] = np.where(np.isfinite(values).all(axis=0) & ~spectrum.impossible[there], values, 0)
        return out


SDSS_GRID = PixelGrid(35700, 4000)
"""3715 to 9330 Å, 32 kB a galaxy: SDSS-I/II spectra reach from about 3780 to 9230 Å."""
BOSS_GRID = PixelGrid(35400, 4800)
"""3467 to 10470 Å, 38 kB a galaxy: BOSS and eBOSS spectra reach from about 3560 to 10400 Å."""


def attach_spectra(store: Path, folder: Path, workers: int | None = None) -> dict[str, Any]:
    """Fill a store with the spectra of its galaxies that lie in a folder; the store's earlier spectra are replaced.

    The columns spectrum/flux, ivar and have, and catalogue/spectrum_flags, are added. The store is rewritten beside
    itself and then replaced; a killed run continues, and a folder that has not changed is not read again.

    Args:
        store: galaxy store.
        folder: spectrum files, in it or in folders below.
        workers: processes; one a core if None.

    Returns:
        A document for JSON: ``galaxies``, ``matched`` (those with a file), ``without``, ``usable`` (those with a
        spectrum that the flux term can use); ``files``, ``strangers`` (files of none of the galaxies) and ``ignored``
        (files that are called otherwise than spectra); ``flagged``, galaxies by flag; ``unusable``, an entry {file,
        error} for each file that cannot be read; ``loglam0`` and ``pixels``; ``seconds`` that this run took to read and
        write, null if there was nothing new.

    Raises:
        InputError: if the store or the folder cannot be read, or no file belongs to any galaxy.
    """
    count = processes(workers)
    with amending(store) as work:
        galaxies, found = open_store(store), look_into(folder)
        if found.ignored:
            say(found.left_out)
        matches = match(galaxies, found)
        if not len(matches.file):
            raise InputError(
                f"none of the {len(found.files):,} spectra in {folder} is of any of the {len(galaxies):,} galaxies of "
                f"{store}; give the folder of these galaxies' spectra."
            )
        grid = _grid(found, matches)
        began = time.monotonic()
        written = _fill(store, found, matches, grid, count, work)
        seconds = time.monotonic() - began if written else None
        return {**_document(store, found, matches), "loglam0": grid.loglam0, "pixels": grid.pixels, "seconds": seconds}


def _grid(folder: SpectrumFolder, matches: Matches) -> PixelGrid:
    """The pixels for these spectra: the longer ones if any is BOSS's."""
    return BOSS_GRID if (folder.names.mjd[matches.file] > FIRST_BOSS_MJD).any() else SDSS_GRID


def _fill(
    store: Path, folder: SpectrumFolder, matches: Matches, grid: PixelGrid, workers: int, work: Unfinished
) -> bool:
    """Rewrite the store with its spectra, unless it has just these."""

    def read(start: int, stop: int) -> list[list[Path]]:
        return [[folder.files[number] for number in numbers] for numbers in matches.files_of(start, stop)]

    spectrum = Column("float32", (grid.pixels,))
    return amend(
        store,
        partial(_columns, grid),
        stamp=("spectra", hashlib.blake2b(f"{VERSION} {folder.digest}".encode(), digest_size=16).hexdigest()),
        columns={
            "spectrum/flux": spectrum,
            "spectrum/ivar": spectrum,
            "spectrum/have": Column("uint8"),
            FLAGS: Column("int32"),
        },
        attributes={"loglam0": grid.loglam0},
        read=read,
        workers=workers,
        label="spectra",
        work=work,
    )


def _columns(grid: PixelGrid, galaxies: Galaxies, files: list[list[Path]]) -> Columns:
    """The columns of some galaxies, from the files of each."""
    spectra = np.zeros((len(files), 2, grid.pixels), np.float32)
    have, flags = np.zeros(len(files), np.uint8), np.zeros(len(files), np.int32)
    for row, (own, redshift) in enumerate(zip(files, galaxies.redshift, strict=True)):
        observations, errors = _read(own)
        taken, judged = best(observations, float(redshift))
        flags[row] = judged | (SpectrumFlag.DAMAGED if errors else 0)
        if taken is not None:
            spectra[row] = grid.placed(taken)
            have[row] = spectra[row, 1].any()
    return {"spectrum/flux": spectra[:, 0], "spectrum/ivar": spectra[:, 1], "spectrum/have": have, FLAGS: flags}


def _read(files: Iterable[Path]) -> tuple[list[SdssSpectrum], list[tuple[Path, str]]]:
    """The spectra of some files, and a sentence for each that cannot be read."""
    observations, errors = [], []
    for file in files:
        try:
            observations.append(read_file(file))
        except InputError as error:
            errors.append((file, str(error)))
    return observations, errors


def _document(store: Path, folder: SpectrumFolder, matches: Matches) -> dict[str, Any]:
    """What the store now says of its spectra; so a run that continued or had nothing to do reports the same."""
    galaxies = open_store(store)
    flags = galaxies.column(FLAGS)
    damaged = np.flatnonzero(flags & SpectrumFlag.DAMAGED).tolist()
    files = [folder.files[number] for row in damaged for number in matches.files_of(row, row + 1)[0]]
    unusable = [*_read(files)[1], *matches.unusable]
    matched = len(np.unique(matches.galaxy))
    return {
        "store": str(store),
        "folder": str(folder.path),
        "galaxies": len(galaxies),
        "matched": matched,
        "without": len(galaxies) - matched,
        "usable": int(galaxies.spectrum_have.sum()),
        "files": len(folder.files),
        "strangers": matches.strangers,
        "ignored": len(folder.ignored),
        "flagged": {(flag.name or "").lower(): int(((flags & flag) != 0).sum()) for flag in SpectrumFlag},
        "unusable": [{"file": str(file), "error": error} for file, error in sorted(unusable)],
    }


def attached_text(document: Mapping[str, Any]) -> str:
    """The document for a reader."""
    seconds = document["seconds"]
    took = "nothing new" if seconds is None else f"{seconds:,.1f} s"
    flagged = ", ".join(f"{name} {count:,}" for name, count in document["flagged"].items())
    lines = [
        f"{document['matched']:,} of {document['galaxies']:,} galaxies have a file ({document['without']:,} have "
        f"none), {document['usable']:,} a spectrum that the flux term can use.",
        f"{document['files']:,} files, {took}; {document['strangers']:,} are of none of these galaxies, "
        f"{len(document['unusable']):,} cannot be read.",
        f"Flagged: {flagged}.",
        *(entry["error"] for entry in document["unusable"][:MOST_NAMED]),
    ]
    more = len(document["unusable"]) - MOST_NAMED
    return "\n".join([*lines, *([f"... and {more:,} more; --json names all."] if more > 0 else []), document["store"]])
