"""The synthetic survey whose growth is measured: any number of tiny cutouts in a file."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from jaxtyping import Float16, Float64

from slipher.errors import InputError
from slipher.progress import bar
from slipher.redshift import Grid

__all__ = ["BANDS", "GRID", "SHAPE", "Survey", "check_room", "write_cutouts"]

BANDS = ("u", "g", "r", "i", "z")
SHAPE = (16, 16)
"""(y, x) of the cutouts."""
GRID = Grid()
NOISE = 0.05
"""Of a pixel, nanomaggies."""
PIECE = 4096
"""Galaxies that are drawn; those after them are the same again."""
COPIES = 3
"""Of the cutouts, on the disk at once: the file, its store, and another that is being written."""
OTHER_BYTES = 512
"""Bytes of a galaxy beside its cutouts and its density, rounded up."""


@dataclass(frozen=True)
class Survey:
    """Where the files of one number of galaxies lie."""

    folder: Path
    galaxies: int

    @property
    def cutouts(self) -> Path:
        """What is imported."""
        return self.folder / f"cutouts-{self.galaxies}.hdf5"

    @property
    def store(self) -> Path:
        """What the import makes."""
        return self.folder / f"store-{self.galaxies}.h5"

    @property
    def measured(self) -> Path:
        """What the import makes that measures too."""
        return self.folder / f"measured-{self.galaxies}.h5"

    @property
    def densities(self) -> Path:
        """What the prediction makes."""
        return self.folder / f"densities-{self.galaxies}.hdf5"

    def remove(self) -> None:
        """Remove them all."""
        for path in (self.cutouts, self.store, self.measured, self.densities):
            path.unlink(missing_ok=True)


def check_room(folder: Path, galaxies: int) -> None:
    """See that the files of so many galaxies have room.

    Raises:
        InputError: if they have not.
    """
    needed = galaxies * (COPIES * 2 * len(BANDS) * SHAPE[0] * SHAPE[1] + 8 * GRID.bins + OTHER_BYTES)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"the benchmark growth writes {needed / 1e9:.2g} GB into {folder}, but only {free / 1e9:.2g} GB are free; "
            "set TMPDIR to a folder with more room."
        )


def write_cutouts(path: Path, galaxies: int, seed: int = 0) -> None:
    """Write a file of cutouts: blobs in noise, redder with redshift.

    Args:
        path: where to.
        galaxies: how many.
        seed: of the noise and the redshifts.
    """
    redshift, images = _drawn(min(galaxies, PIECE), seed)
    with h5py.File(path, "w") as file, bar(galaxies, "making cutouts") as progress:
        file["id"] = np.arange(galaxies)
        file["redshift"] = np.resize(redshift, galaxies)
        pixels = file.create_dataset("images", (galaxies, *images.shape[1:]), images.dtype)
        for start in range(0, galaxies, PIECE):
            stop = min(start + PIECE, galaxies)
            pixels[start:stop] = images[: stop - start]
            progress.update(stop - start)


def _drawn(count: int, seed: int) -> tuple[Float64[np.ndarray, "count"], Float16[np.ndarray, "count bands y x"]]:
    """Redshifts, and cutouts in nanomaggies."""
    rng = np.random.default_rng(seed)
    redshift = rng.uniform(0.02, 0.38, count)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] - (np.array(SHAPE) - 1)[:, None, None] / 2
    flux = 0.2 * (1 + 4 * redshift[:, None]) ** np.arange(len(BANDS))
    images = flux[:, :, None, None] * np.exp(-np.hypot(x, y) / 2) + rng.normal(0, NOISE, (count, len(BANDS), *SHAPE))
    return redshift, images.astype(np.float16)
