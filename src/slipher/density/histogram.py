"""The density of every estimator here: probability masses in the bins of a redshift grid."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.density import rules
from slipher.density.estimates import Estimates, Query
from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import decimal
from slipher.redshift import Grid

__all__ = ["Density"]

SUM_TOLERANCE = 1e-4
"""How far from 1 a row of masses may sum: float32 softmax and rounded files pass, a density for a mass does not."""
EXACT_TOLERANCE = 1e-12
"""Rows this close to 1 are left as they are, so that selecting rows never changes a bit of them."""

PerGalaxy = Float[np.ndarray, "galaxies"]
"""One value for all galaxies, (galaxies,) one each, or (galaxies, k) or (1, k) several each."""


@dataclass(frozen=True, eq=False)
class Density(Estimates):
    """p(z) of many galaxies, each a histogram: constant inside the bins of ``grid``, zero outside.

    Rows are renormalised to sum to 1 in float64.

    Raises:
        InputError: for masses of the wrong shape, that are NaN or negative, or that do not sum to 1; names the first
            bad row.
    """

    grid: Grid
    mass: Float[np.ndarray, "galaxies bins"]
    """Probability of each bin."""
    id: np.ndarray | None = None
    """Names of the galaxies, carried along."""
    redshift: PerGalaxy | None = None
    """Spectroscopic redshifts, NaN where unknown, carried along."""

    def __post_init__(self) -> None:
        mass = np.asarray(self.mass, dtype=np.float64)
        _check_shape(mass, self.grid)
        object.__setattr__(self, "mass", _normalised(mass))
        for name in ("id", "redshift"):
            carried = getattr(self, name)
            if carried is not None and len(carried) != len(mass):
                raise InputError(
                    f"{len(carried)} values of {name} were given for {len(mass)} densities; give one each."
                )

    def __len__(self) -> int:
        return len(self.mass)

    def __getitem__(self, rows: Any) -> "Density":
        """The densities of some rows: a slice, a mask or an array of indices."""
        names, redshift = (None if each is None else np.atleast_1d(each[rows]) for each in (self.id, self.redshift))
        return Density(self.grid, np.atleast_2d(self.mass[rows]), names, redshift)

    def pdf(self, z: Query) -> Float[np.ndarray, "*shape"]:
        """ρ(z) per unit of redshift, for z of shape (), (galaxies,) or (galaxies, k)."""
        return self._answer(z, lambda each: rules.density_at(self.grid, self.mass, each))

    def cdf(self, z: Query) -> Float[np.ndarray, "*shape"]:
        """F(z) = P(Z ≤ z), interpolated inside the bin, for z of shape (), (galaxies,) or (galaxies, k)."""
        return self._answer(z, lambda each: rules.cdf_at(self.grid, self.cumulative, each))

    def quantile(self, q: Query) -> Float[np.ndarray, "*shape"]:
        """The smallest redshift z with F(z) ≥ q, for q in [0, 1] of shape (), (galaxies,) or (galaxies, k).

        Raises:
            InputError: if a q is not in [0, 1].
        """
        return self._quantiles(q, lambda each: rules.quantile_at(self.grid, self.cumulative, each))

    @cached_property
    def cumulative(self) -> Float[np.ndarray, "galaxies edges"]:
        """F at the bin edges."""
        return rules.cumulative(self.mass)

    def mean(self) -> PerGalaxy:
        """Expected redshift, exact.

        Not a matrix product, whose rounding depends on how many galaxies go through it together.
        """
        return np.asarray(np.einsum("ij,j->i", self.mass, self.grid.centres))

    def median(self) -> PerGalaxy:
        """Redshift with half of the probability on either side."""
        return self.quantile(0.5)

    def mode(self) -> PerGalaxy:
        """Centre of the most probable bin; of equal ones the lowest in redshift."""
        return np.asarray(self.grid.centres[np.argmax(self.mass, axis=1)])

    def variance(self) -> PerGalaxy:
        """Variance of the redshift, with the Δ²/12 of the spread inside a bin."""
        distance = self.grid.centres - self.mean()[:, None]
        return np.asarray(np.einsum("ij,ij->i", self.mass, distance**2) + self.grid.width**2 / 12)

    def highest_density(self, level: float) -> Float[np.ndarray, "galaxies bins"]:
        """How much of each bin belongs to the smallest region of probability ``level``: 1, 0, or a share at its border.

        The shares times the masses sum to ``level``. Bins of equal mass at the border share what is missing.
        """
        ranked = -np.sort(-self.mass, axis=1)
        reached = np.minimum(np.count_nonzero(np.cumsum(ranked, axis=1) < level, axis=1), self.grid.bins - 1)
        border = np.take_along_axis(ranked, reached[:, None], axis=1)
        denser = np.sum(self.mass, axis=1, where=self.mass > border, keepdims=True)
        tied = np.sum(self.mass, axis=1, where=self.mass == border, keepdims=True)
        share = np.clip((level - denser) / tied, 0.0, 1.0)
        return np.where(self.mass > border, 1.0, np.where(self.mass == border, share, 0.0))

    def in_highest_density(self, level: float, z: PerGalaxy | None = None) -> PerGalaxy:
        """Whether each z lies in the region of ``highest_density``: 1, 0, or the share of the border's bin."""
        return rules.highest_density_share(self.grid, self.mass, self._truth(z), level)

    def sample(self, size: int, rng: np.random.Generator) -> Float[np.ndarray, "galaxies size"]:
        """``size`` redshifts drawn from each density."""
        return self.quantile(rng.random((len(self), size)))

    def pit(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """Probability integral transform F(z) of the true redshifts; uniform where the densities are calibrated."""
        return self.cdf(self._truth(z))

    def crps(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """Continuous ranked probability score in units of redshift; 0 is perfect."""
        return rules.crps(self.grid, self.mass, self.cumulative, self._truth(z))

    def log_score(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """−ln ρ(z) of the true redshifts; lower is better, infinite where the density is zero."""
        return rules.log_score(self.grid, self.mass, self._truth(z))

    def cde_loss(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """∫ρ² dz − 2ρ(z), in units of density; lower is better."""
        return rules.cde_loss(self.grid, self.mass, self._truth(z))

    def odds(self, half_width: float = 0.03) -> PerGalaxy:
        """Probability within ± half_width·(1 + z_mode) of the mode.

        The ``odds`` of Benítez (2000, ApJ 536, 571, section 4.2): near 1 for a density with one narrow peak.
        """
        mode = self.mode()
        reach = half_width * (1 + mode)
        return np.asarray(self.cdf(mode + reach) - self.cdf(mode - reach))

    def floored(self, floor: float = 1e-6) -> "Density":
        """With at least (about) ``floor`` in every bin, for densities made by counting, whose empty bins are chance."""
        lifted = np.maximum(self.mass, floor)
        return replace(self, mass=lifted / lifted.sum(axis=1, keepdims=True))

    def to_qp(self) -> Any:
        """A ``qp.Ensemble`` of the same histograms, with id and redshift as ancillary columns.

        Raises:
            InputError: if qp is not installed.
        """
        qp = require("qp", "qp")
        ancil = {name: value for name, value in self._carried.items() if value is not None}
        return qp.Ensemble(qp.hist, data={"bins": self.grid.edges, "pdfs": self.mass / self.grid.width}, ancil=ancil)

    @property
    def _carried(self) -> dict[str, np.ndarray | None]:
        return {"id": self.id, "redshift": self.redshift}

    def _truth(self, z: PerGalaxy | None) -> PerGalaxy:
        if z is None and self.redshift is None:
            raise InputError("these densities carry no spectroscopic redshifts; hand them over to be scored against.")
        truth = decimal(np.asarray(self.redshift if z is None else z))
        if truth.shape != (len(self),):
            raise InputError(f"redshifts of shape {truth.shape} were given for {len(self)} densities; give one each.")
        return truth


def _check_shape(mass: np.ndarray, grid: Grid) -> None:
    if mass.ndim != 2 or mass.shape[1] != grid.bins:
        raise InputError(
            f"probability masses have the shape {mass.shape}, but the grid has {grid.bins} bins; give one row of "
            f"{grid.bins} masses a galaxy."
        )


def _normalised(mass: Float[np.ndarray, "galaxies bins"]) -> Float[np.ndarray, "galaxies bins"]:
    """The masses with rows that sum to 1.

    Raises:
        InputError: naming the first row that holds no probabilities.
    """
    total = mass.sum(axis=1)
    good = (np.abs(total - 1) <= SUM_TOLERANCE) & (mass >= 0).all(axis=1)
    if not good.all():
        row = int(np.argmin(good))
        raise InputError(
            f"{np.count_nonzero(~good)} of {len(good)} rows are no probability masses (non-negative, of sum 1); the "
            f"first is row {row} (sum {total[row]:.6g}, least {mass[row].min():.6g}); give the mass of each bin."
        )
    exact = np.abs(total - 1) <= EXACT_TOLERANCE
    return mass if exact.all() else np.asarray(mass / np.where(exact, 1.0, total)[:, None])
