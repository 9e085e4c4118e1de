"""Local linear regression on measured photometry (Beck et al. 2016, MNRAS 460, 1371, section 3).

The redshift of a galaxy is a plane fitted to its 100 nearest training galaxies in a reference magnitude and the
adjacent colours; the error is the root mean square of that fit's residuals. Distances are measured in units of each
feature's standard deviation: magnitudes spread much wider than colours and would otherwise choose the neighbours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree
from scipy.special import ndtr

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.features import features_of
from slipher.methods.file import write_model
from slipher.redshift import Grid
from slipher.survey.store import Galaxies

__all__ = ["LocalLinear", "fit", "gaussian_mass", "local_fit", "restore"]

DETERMINISTIC = True
"""Nothing is drawn at random, so every seed gives the same model."""

USE = "local-linear works on; import a survey with photometry, or leave this group out"
"""What photometry is for here, in the words of an error."""
FLOOR = 1e-6
"""Mass of a bin that the Gaussian does not reach."""
CHUNK = 2048
"""Galaxies fitted at once, which bounds the memory."""


@dataclass(frozen=True)
class LocalLinear:
    """The training photometry, in which neighbours are looked up."""

    grid: Grid
    bands: tuple[str, ...]
    features: Float[np.ndarray, "train features"]
    """Reference magnitude and adjacent colours, dereddened asinh magnitudes."""
    redshift: Float[np.ndarray, "train"]
    neighbours: int = 100

    @cached_property
    def scale(self) -> Float[np.ndarray, "features"]:
        """Standard deviation of each feature, the unit in which distances are measured."""
        spread = self.features.std(axis=0)
        return np.where(spread > 0, spread, 1.0)

    @cached_property
    def tree(self) -> KDTree:
        """The training galaxies, ready for looking up neighbours."""
        return KDTree(self.features / self.scale)

    def estimate(
        self, features: Float[np.ndarray, "galaxies features"]
    ) -> tuple[Float[np.ndarray, "galaxies"], Float[np.ndarray, "galaxies"]]:
        """Redshift and error of each galaxy."""
        parts = [self._estimate(features[start : start + CHUNK]) for start in range(0, len(features), CHUNK)]
        if not parts:
            return np.zeros(0), np.zeros(0)
        return np.concatenate([z for z, _ in parts]), np.concatenate([error for _, error in parts])

    def _estimate(
        self, features: Float[np.ndarray, "galaxies features"]
    ) -> tuple[Float[np.ndarray, "galaxies"], Float[np.ndarray, "galaxies"]]:
        count = min(self.neighbours, len(self.features))
        nearest = self.tree.query(features / self.scale, k=np.arange(1, count + 1))[1]
        return local_fit(features, self.features[nearest], self.redshift[nearest])

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """A Gaussian of the fit's redshift and error for each galaxy.

        Raises:
            InputError: if the store has no photometry, or other bands than the training galaxies.
        """
        if tuple(galaxies.bands) != self.bands:
            raise InputError(
                f"{galaxies.path} has bands {''.join(galaxies.bands)}, but the model was fitted on "
                f"{''.join(self.bands)}; give a store in those bands."
            )
        redshift, error = self.estimate(features_of(galaxies, self.bands, USE))
        return Density(self.grid, gaussian_mass(redshift, error, self.grid), galaxies.id, galaxies.redshift)

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file."""
        header = {
            "method": "local-linear",
            "grid": {"z_max": self.grid.z_max, "bins": self.grid.bins},
            "bands": list(self.bands),
            "neighbours": self.neighbours,
        }
        write_model(path, header, {"features": self.features, "redshift": self.redshift})


def local_fit(
    query: Float[np.ndarray, "galaxies features"],
    features: Float[np.ndarray, "galaxies neighbours features"],
    redshift: Float[np.ndarray, "galaxies neighbours"],
) -> tuple[Float[np.ndarray, "galaxies"], Float[np.ndarray, "galaxies"]]:
    """Fit z = a + b·x to the neighbours of each galaxy, all galaxies at once (Beck et al. 2016, section 3).

    The fit of least norm, so that neighbours that do not span every direction are no failure.

    Returns:
        The fit at each galaxy, and the root mean square of its residuals.
    """
    centre, mean = features.mean(axis=1, keepdims=True), redshift.mean(axis=1, keepdims=True)
    design, residual = features - centre, redshift - mean
    slope = np.einsum("gfn,gn->gf", np.linalg.pinv(design), residual)
    estimate = mean[:, 0] + np.einsum("gf,gf->g", query - centre[:, 0], slope)
    left = residual - np.einsum("gnf,gf->gn", design, slope)
    return estimate, np.sqrt(np.mean(left**2, axis=1))


def gaussian_mass(
    mean: Float[np.ndarray, "galaxies"], sigma: Float[np.ndarray, "galaxies"], grid: Grid
) -> Float[np.ndarray, "galaxies bins"]:
    """Mass of a Gaussian in each bin, floored and normalised on the grid.

    A mean beyond the grid is put on its edge, and no Gaussian is narrower than the spread of a uniform bin, Δ/√12.
    """
    centre = np.clip(mean, 0.0, grid.z_max)[:, None]
    width = np.maximum(sigma, grid.width / np.sqrt(12))[:, None]
    mass = np.diff(ndtr((grid.edges - centre) / width), axis=1)
    mass = np.maximum(mass / mass.sum(axis=1, keepdims=True), FLOOR)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def fit(galaxies: Galaxies, job: Job) -> LocalLinear:
    """Keep the photometry of the labelled training galaxies.

    Raises:
        InputError: for a store without photometry, too few galaxies, or an unknown option.
    """
    unknown = set(job.options) - {"neighbours"}
    if unknown:
        raise InputError(f"method local-linear has no option {', '.join(sorted(unknown))}; allowed: neighbours.")
    train = galaxies.train
    train = train[job.grid.contains(train.redshift)]
    neighbours = job.options.get("neighbours", 100)
    needed = len(galaxies.bands) + 2
    if not isinstance(neighbours, int) or neighbours < needed or len(train) < needed:
        raise InputError(
            f"local-linear needs at least {needed} neighbours and training galaxies for {len(galaxies.bands)} bands, "
            f"but has {neighbours} and {len(train)}."
        )
    return LocalLinear(
        job.grid, tuple(galaxies.bands), features_of(train, train.bands, USE), train.redshift, neighbours
    )


def restore(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> LocalLinear:
    """The model a file holds."""
    return LocalLinear(
        Grid(**header["grid"]),
        tuple(header["bands"]),
        np.asarray(tensors["features"]),
        np.asarray(tensors["redshift"]),
        int(header["neighbours"]),
    )
