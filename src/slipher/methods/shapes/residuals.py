"""Densities shaped like the residuals of galaxies whose redshift is known, each scaled by its own error."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from slipher.errors import InputError
from slipher.methods.file import ModelFile
from slipher.methods.shapes.around_fit import FLOOR
from slipher.redshift import Grid

__all__ = ["ResidualShape"]

KNOTS = 1025
"""Places at which the distribution is tabulated; it is linear between them."""
MOST = 2000
"""Residuals that are smoothed; of more, as many quantiles."""
REACH = 5.0
"""Widths of the kernel that the table goes beyond the outermost residual."""


@dataclass(frozen=True, eq=False)
class ResidualShape:
    """Distribution of (ẑ − estimate)/error, a kernel density estimate as a table."""

    place: Float[np.ndarray, "knots"]
    below: Float[np.ndarray, "knots"]
    """Probability of a residual below the place, from 0 to 1."""

    @classmethod
    def of(cls, scaled: Float[np.ndarray, "residuals"]) -> "ResidualShape":
        """The residuals smoothed by a Gaussian of width 1.06 σ n^(−1/5) (Scott 1992, section 6.2).

        σ is taken from the quartiles, since a few galaxies far away must not blur all others.

        Args:
            scaled: residuals in units of their errors, at least one.
        """
        count = len(scaled)
        if count > MOST:
            scaled = np.quantile(scaled, (np.arange(MOST) + 0.5) / MOST)
        low, high = np.quantile(scaled, [0.25, 0.75])
        width = max(1.06 * count**-0.2 * float(high - low) / 1.349, 1e-3)
        place = np.linspace(scaled.min() - REACH * width, scaled.max() + REACH * width, KNOTS)
        below = ndtr((place[:, None] - scaled) / width).mean(axis=1)
        return cls(place, (below - below[0]) / (below[-1] - below[0]))

    @classmethod
    def stored(cls, file: ModelFile) -> "ResidualShape":
        """The one that a model file holds.

        Raises:
            InputError: if it holds none.
        """
        place = file.floats("place", None)
        below = file.floats("below", len(place))
        rising = len(place) > 1 and (np.diff(place) > 0).all() and (np.diff(below) >= 0).all()
        if not rising or (below[0], below[-1]) != (0, 1):
            raise InputError("the tensors place and below are no distribution; copy or train the model again.")
        return cls(place, below)

    def mass(
        self, mean: Float[np.ndarray, "galaxies"], error: Float[np.ndarray, "galaxies"], grid: Grid
    ) -> Float[np.ndarray, "galaxies bins"]:
        """Mass in each bin, renormalised on the grid; no narrower than a bin, every bin floored.

        Args:
            mean: estimates; one outside the grid is taken at its edge.
            error: their standard errors.
            grid: the redshift grid.
        """
        centre = np.clip(mean, 0.0, grid.z_max)[:, None]
        width = np.maximum(error, grid.width / np.sqrt(12))[:, None]
        mass = np.diff(np.interp((grid.edges - centre) / width, self.place, self.below), axis=1)
        # where residuals lie on one side only, a galaxy at the edge may have nothing left on the grid
        mass = np.maximum(mass, FLOOR)
        return np.asarray(mass / mass.sum(axis=1, keepdims=True))
