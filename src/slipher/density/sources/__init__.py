"""Where densities lie: every file that holds some, opened in the same way."""

from contextlib import ExitStack
from pathlib import Path

from slipher.density.sources.fits import fits_ensemble
from slipher.density.sources.hdf5 import hdf5_ensemble
from slipher.density.sources.stored import Stored

__all__ = ["Stored", "ensemble"]

OPENERS = (hdf5_ensemble, fits_ensemble)


def ensemble(path: str | Path, stack: ExitStack) -> Stored | None:
    """The ensemble of qp that a file holds; None if it holds something else.

    Args:
        path: the file.
        stack: closes it.

    Raises:
        InputError: if it is damaged.
    """
    found = (opener(Path(path), stack) for opener in OPENERS)
    return next((stored for stored in found if stored is not None), None)
