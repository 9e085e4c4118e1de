"""Where densities lie: every file that holds some, opened in the same way."""

from contextlib import ExitStack
from pathlib import Path

from slipher.density.sources.fits import fits_ensemble
from slipher.density.sources.hdf5 import hdf5_ensemble
from slipher.density.sources.parquet import parquet_ensemble
from slipher.density.sources.stored import Stored

__all__ = ["Stored", "ensemble"]


def ensemble(path: str | Path, stack: ExitStack) -> Stored | None:
    """The ensemble of qp that a file, or three of Parquet, hold; None if there is something else.

    Args:
        path: the file.
        stack: closes it.

    Raises:
        InputError: if it is damaged.
    """
    path = Path(path)
    return hdf5_ensemble(path, stack) or fits_ensemble(path) or parquet_ensemble(path)
