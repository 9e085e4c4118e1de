"""The redshift grid on which every density lives."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from slipher.errors import InputError

__all__ = ["Grid"]

MOST_BINS = 100_000
"""More than any survey tells apart; more yet would fill the memory."""

FARTHEST = 1100.0
"""Redshift of the cosmic microwave background, behind which no light is seen."""


@dataclass(frozen=True)
class Grid:
    """Equal bins of redshift on (0, z_max].

    Class c holds the redshifts with e_c < z ≤ e_{c+1} (Engel & Strube, section 2).
    """

    z_max: float = 0.4
    """Upper edge of the last bin."""
    bins: int = 180
    """Number of bins C."""

    def __post_init__(self) -> None:
        if not 0 < self.z_max <= FARTHEST:
            raise InputError(f"grid.z_max is {self.z_max}, but must be a redshift above 0, at most {FARTHEST:g}.")
        if not 2 <= self.bins <= MOST_BINS:
            raise InputError(f"grid.bins is {self.bins}, but must be at least 2 and at most {MOST_BINS:,}.")

    @cached_property
    def edges(self) -> Float[np.ndarray, "edges"]:
        """The C + 1 bin edges, float64."""
        return np.linspace(0.0, self.z_max, self.bins + 1)

    @cached_property
    def centres(self) -> Float[np.ndarray, "bins"]:
        """The C bin centres, float64."""
        return np.asarray((self.edges[:-1] + self.edges[1:]) / 2)

    @property
    def width(self) -> float:
        """Width Δ of one bin."""
        return self.z_max / self.bins

    def contains(self, redshift: Float[np.ndarray, "*shape"]) -> Bool[np.ndarray, "*shape"]:
        """Whether each redshift lies inside (0, z_max]; NaN does not."""
        edges = self._edges_like(redshift)
        return np.asarray((redshift > edges[0]) & (redshift <= edges[-1]))

    def index(self, redshift: Float[np.ndarray, "*shape"]) -> Int[np.ndarray, "*shape"]:
        """The bin of each redshift.

        Raises:
            InputError: if a redshift is NaN or outside the grid.
        """
        inside = self.contains(redshift)
        if not inside.all():
            bad = np.asarray(redshift)[~inside]
            raise InputError(
                f"{bad.size} of {inside.size} redshifts lie outside the grid (0, {self.z_max:g}], the first is "
                f"{bad.flat[0]:g}; widen the grid or drop them."
            )
        return np.asarray(np.searchsorted(self._edges_like(redshift), redshift, side="left") - 1, dtype=np.int64)

    def _edges_like(self, redshift: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "edges"]:
        """The edges in the precision of the redshifts: 0.4 read as float32 is larger than 0.4 in float64."""
        return self.edges.astype(np.float32) if redshift.dtype == np.float32 else self.edges
