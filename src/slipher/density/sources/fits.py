"""Ensembles of qp in FITS: the tables META, DATA and ANCIL."""

from pathlib import Path

from slipher.density.sources.stored import Stored, of_tables
from slipher.errors import InputError
from slipher.formats.fits import open_fits
from slipher.formats.tables import Table

__all__ = ["fits_ensemble"]

SUFFIXES = (".fits", ".fit", ".fits.gz", ".fit.gz", ".fits.bz2", ".fit.bz2")


def fits_ensemble(path: Path) -> Stored | None:
    """The ensemble in a FITS file; None if it is another file.

    Raises:
        InputError: if it is damaged.
    """
    if not path.name.lower().endswith(SUFFIXES) or not path.is_file():
        return None
    meta, data = _table(path, "META"), _table(path, "DATA")
    if meta is None or data is None or "pdf_name" not in meta:
        return None
    return of_tables(path, meta, data, _table(path, "ANCIL"))


def _table(path: Path, name: str) -> Table | None:
    """One table of a file; None if it is not there, or cannot be opened, which is told to whoever opens the file."""
    try:
        return open_fits(path, name)
    except InputError:
        return None
