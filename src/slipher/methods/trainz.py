"""trainz: every galaxy gets the redshift distribution of the training sample (Schmidt et al. 2020, section 3.12).

Its PIT is perfect and it knows nothing of any galaxy: the floor every table needs.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.file import ModelFile, write_model
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply

__all__ = ["Trainz", "check", "fit", "restore"]

DETERMINISTIC = True
"""Nothing is drawn at random, so every seed gives the same model."""

FLOOR = 1e-6
"""Mass a bin keeps that no training galaxy fell into."""


@dataclass(frozen=True)
class Trainz:
    """n(z) of the training sample, counted in the bins of the grid."""

    grid: Grid
    mass: Float[np.ndarray, "bins"]

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """The same density for each galaxy."""
        mass = np.broadcast_to(self.mass, (len(galaxies), self.grid.bins)).copy()
        return Density(self.grid, mass, id=galaxies.id, redshift=galaxies.redshift)

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file."""
        header = {"method": "trainz", "grid": {"z_max": self.grid.z_max, "bins": self.grid.bins}}
        write_model(path, header, {"mass": self.mass})


def check(galaxies: Supply, job: Job) -> None:
    """Refuse options, of which there are none.

    Raises:
        InputError: if one is given.
    """
    if job.options:
        raise InputError(f"method trainz has no options, but {', '.join(map(str, job.options))} was given.")


def fit(galaxies: Galaxies, job: Job) -> Trainz:
    """Count the training galaxies in the bins of the grid.

    Raises:
        InputError: if no training galaxy has a redshift inside the grid, or an option is given.
    """
    check(galaxies, job)
    redshift = galaxies.train.redshift
    inside = redshift[job.grid.contains(redshift)]
    if not len(inside):
        raise InputError(f"no training galaxy has a redshift inside the grid (0, {job.grid.z_max:g}]; check the store.")
    counts = np.bincount(job.grid.index(inside), minlength=job.grid.bins)
    mass = np.maximum(counts / counts.sum(), FLOOR)
    return Trainz(job.grid, mass / mass.sum())


def restore(file: ModelFile) -> Trainz:
    """The model a file holds."""
    return Trainz(file.grid, file.mass("mass", file.grid))
