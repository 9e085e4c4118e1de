"""The densities of others as they stand: polynomials between knots of their own, scored without bins.

A histogram in any bins, a line from knot to knot and a spline are of this form; a normal distribution is, to seven
digits, between knots close enough. No grid is laid over them, so none can blur them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from slipher.density import nodes
from slipher.density.estimates import Estimates, Query
from slipher.errors import InputError
from slipher.formats.column import decimal
from slipher.redshift import Grid

__all__ = ["LogDensity", "Piecewise"]

ROUNDING = 1e-7
"""How far beyond an outermost knot, relative to 1 + z, a redshift may lie that float32 moved there."""
EQUAL = 1e-9
"""Densities this close to each other, relatively, are equal in the region of highest density."""
FINE = 8
"""Straight lines that stand for one curved piece in the region of highest density."""
EXACT = 1e-12
"""How far from 1 the integral of a normalised density may be."""
HALVINGS = 55
"""Steps in which a quantile is closed in on: to the last digit of its place in a piece."""

PerGalaxy = Float[np.ndarray, "galaxies"]
Edges = Float[np.ndarray, "rows edges"]
"""A row for each galaxy, or one for all."""
Values = Float[np.ndarray, "galaxies pieces nodes"]
LogDensity = Callable[[tuple[np.ndarray, ...], PerGalaxy], PerGalaxy]
"""ln ρ(z) in closed form, from parameters of one row a galaxy."""


@dataclass(frozen=True, eq=False)
class Piecewise(Estimates):
    """p(z) of many galaxies, each a polynomial between any two knots of its own, zero outside; normalised.

    Args:
        edges: the knots, rising.
        values: densities per unit of redshift, of any scale, not negative: those at the Gauss–Legendre nodes of each
            piece (``nodes.py``), one for a constant, two for a line.
        id: names of the galaxies.
        redshift: spectroscopic redshifts, NaN where unknown.
        log_density: what ρ is between and beyond the knots, where a formula says so better than polynomials.
        parameters: of that formula.
    """

    edges: Edges
    values: Values
    id: np.ndarray | None = None
    redshift: PerGalaxy | None = None
    log_density: LogDensity | None = None
    parameters: tuple[np.ndarray, ...] = field(default=())

    def __post_init__(self) -> None:
        total = np.sum(self._masses(self.values), axis=1)
        good = np.isfinite(total) & (total > 0)
        if not good.all():
            raise InputError(f"row {int(np.argmin(good))} holds no density: it has no finite, positive integral.")
        # rows that are normalised stay as they are, so that selecting some never changes a bit of them
        scale = np.where(np.abs(total - 1) <= EXACT, 1.0, total)
        object.__setattr__(self, "values", self.values / scale[:, None, None])

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> "Piecewise":
        """The densities of some rows: a slice, a mask or an array of indices."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        names, redshift = (None if each is None else each[rows] for each in (self.id, self.redshift))
        edges = self.edges if len(self.edges) != len(self.values) else self.edges[rows]
        parameters = tuple(each[rows] for each in self.parameters)
        return Piecewise(edges, self.values[rows], names, redshift, self.log_density, parameters)

    @cached_property
    def widths(self) -> Float[np.ndarray, "rows pieces"]:
        """Of the pieces, in redshift."""
        return np.diff(self.edges, axis=1)

    @cached_property
    def cumulative(self) -> Float[np.ndarray, "galaxies edges"]:
        """F at the knots."""
        total = np.zeros((len(self), self.edges.shape[1]))
        np.cumsum(self._masses(self.values), axis=1, out=total[:, 1:])
        return np.asarray(total / total[:, -1:])

    def pdf(self, z: Query) -> Float[np.ndarray, "*shape"]:
        """ρ(z) per unit of redshift, for z of shape (), (galaxies,) or (galaxies, k)."""
        return self._answer(z, _by_column(self._density_at))

    def cdf(self, z: Query) -> Float[np.ndarray, "*shape"]:
        """F(z) = P(Z ≤ z), for z of shape (), (galaxies,) or (galaxies, k)."""
        return self._answer(z, _by_column(self._cdf_at))

    def quantile(self, q: Query) -> Float[np.ndarray, "*shape"]:
        """The redshift z with F(z) = q, for q in [0, 1] of shape (), (galaxies,) or (galaxies, k).

        Raises:
            InputError: if a q is not in [0, 1].
        """
        return self._quantiles(q, _by_column(self._quantile_at))

    def mean(self) -> PerGalaxy:
        """Expected redshift, exact."""
        return np.asarray(np.einsum("ijk,ijk->i", *np.broadcast_arrays(*self._moments)))

    def variance(self) -> PerGalaxy:
        """Variance of the redshift, exact."""
        mass, places = self._moments
        return np.asarray(np.sum(mass * (places - self.mean()[:, None, None]) ** 2, axis=(1, 2)))

    def median(self) -> PerGalaxy:
        """Redshift with half of the probability on either side."""
        return self._quantile_at(np.full(len(self), 0.5))

    def mode(self) -> PerGalaxy:
        """Redshift of the highest density; of a histogram the centre of the densest bin; of equal ones the lowest."""
        count = self.values.shape[2]
        steps = np.array([0.5]) if count == 1 else np.linspace(0, 1, 2 if count == 2 else FINE + 1)
        heights = self.values @ nodes.value_matrix(count, steps).T
        heights = np.where((self.widths > 0)[:, :, None], heights, -1.0)
        piece, step = np.divmod(
            np.argmax(heights.reshape(len(self), self.values.shape[1] * len(steps)), axis=1), len(steps)
        )
        s = steps[step] if count < 3 else _climbed(self._of_piece(self.values, piece), steps[step], 1 / FINE)
        return np.asarray(self._left(piece) + s * self._width(piece))

    def masses(self, grid: Grid) -> Float[np.ndarray, "galaxies bins"]:
        """Probability in the bins of a grid; what lies outside is in none."""
        return np.maximum(np.diff(self.cdf(grid.edges[None, :]), axis=1), 0.0)

    def pit(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """Probability integral transform F(z) of the true redshifts."""
        return self._cdf_at(self._truth(z))

    def log_score(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """−ln ρ(z) of the true redshifts; infinite where the density is zero."""
        truth = self._truth(z)
        if self.log_density is not None:
            return -self.log_density(self.parameters, truth)
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(self._density_at(truth)))

    def cde_loss(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """∫ρ² dz − 2ρ(z), in units of density (Izbicki & Lee 2017, arXiv:1704.08095)."""
        squared = np.einsum("ijk,ijk,k->ij", self.values, self.values, nodes.weights(self.values.shape[2]))
        return np.asarray(np.sum(squared * self.widths, axis=1) - 2 * self._density_at(self._truth(z)))

    def crps(self, z: PerGalaxy | None = None) -> PerGalaxy:
        """Continuous ranked probability score ∫(F(x) − [x ≥ z])² dx, in units of redshift, exact.

        F² up to z and (1 − F)² from there on are polynomials of twice the degree of F in each piece.
        """
        truth = self._truth(z)
        inside = np.clip(truth, self.edges[:, 0], self.edges[:, -1])
        piece, s = self._located(inside)
        below, above = self._squares(piece)
        cut = self._cut(piece, s)
        return np.asarray(below + cut + above + np.abs(truth - inside))

    def in_highest_density(self, level: float, z: PerGalaxy | None = None) -> PerGalaxy:
        """Whether each z lies in the smallest region of probability ``level``: 1, 0, or a share where it is level."""
        truth = self._truth(z)
        own = self._density_at(truth)
        denser, as_dense = self._mass_above(own * (1 + EQUAL)), self._mass_above(own * (1 - EQUAL))
        tied = np.maximum(as_dense - denser, np.finfo(np.float64).tiny)
        return np.where(own > 0, np.clip((level - denser) / tied, 0.0, 1.0), 0.0)

    def _truth(self, z: PerGalaxy | None) -> PerGalaxy:
        if z is None and self.redshift is None:
            raise InputError("these densities carry no spectroscopic redshifts; hand them over to be scored against.")
        truth = decimal(np.asarray(self.redshift if z is None else z))
        if truth.shape != (len(self),):
            raise InputError(f"redshifts of shape {truth.shape} were given for {len(self)} densities; give one each.")
        return truth

    def _masses(self, values: Values) -> Float[np.ndarray, "galaxies pieces"]:
        return np.asarray((values @ nodes.weights(values.shape[2])) * self.widths)

    @property
    def _moments(self) -> tuple[Values, Float[np.ndarray, "rows pieces nodes"]]:
        """Masses at redshifts of one node more than the density needs: with them a square is integrated exactly."""
        count = self.values.shape[2]
        mass = (self.values @ nodes.value_matrix(count, nodes.nodes(count + 1)).T) * nodes.weights(count + 1)
        places = self.edges[:, :-1, None] + self.widths[:, :, None] * nodes.nodes(count + 1)
        return np.asarray(mass * self.widths[:, :, None]), np.asarray(places)

    def _row(self, table: np.ndarray, piece: Int[np.ndarray, "galaxies"]) -> np.ndarray:
        """One entry a galaxy of a table with a row each, or one for all."""
        return np.asarray(table[0, piece] if len(table) == 1 else table[np.arange(len(piece)), piece])

    def _of_piece(self, values: Values, piece: Int[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies nodes"]:
        return np.asarray(values[np.arange(len(piece)), piece])

    def _left(self, piece: Int[np.ndarray, "galaxies"]) -> PerGalaxy:
        return self._row(self.edges, piece)

    def _width(self, piece: Int[np.ndarray, "galaxies"]) -> PerGalaxy:
        return self._row(self.widths, piece)

    def _located(self, z: PerGalaxy) -> tuple[Int[np.ndarray, "galaxies"], PerGalaxy]:
        """The piece x_c < z ≤ x_{c+1} of each redshift, the nearest of one outside, and its place there."""
        if len(self.edges) == 1:
            right = np.searchsorted(self.edges[0], z, side="left")
        else:
            right = np.count_nonzero(self.edges < z[:, None], axis=1)
        piece = np.clip(right - 1, 0, self.edges.shape[1] - 2)
        width = self._width(piece)
        return piece, np.clip((z - self._left(piece)) / np.where(width > 0, width, 1.0), 0.0, 1.0)

    def _density_at(self, z: PerGalaxy) -> PerGalaxy:
        if self.log_density is not None:
            return np.exp(self.log_density(self.parameters, z))
        piece, s = self._located(z)
        inside = np.maximum(nodes.value_at(self._of_piece(self.values, piece), s), 0.0)
        reach = ROUNDING * (1 + np.abs(z))
        within = (z >= self.edges[:, 0] - reach) & (z <= self.edges[:, -1] + reach)
        return np.where(within, inside, np.where(np.isnan(z), np.nan, 0.0))

    def _cdf_at(self, z: PerGalaxy) -> PerGalaxy:
        piece, s = self._located(z)
        part = nodes.integral_to(self._of_piece(self.values, piece), s) * self._width(piece)
        return np.asarray(np.clip(self._row(self.cumulative, piece) + part, 0.0, 1.0))

    def _quantile_at(self, q: PerGalaxy) -> PerGalaxy:
        """The first piece at whose upper knot F reaches q, and the place in it, by halving."""
        wanted = np.maximum(q, np.finfo(np.float64).tiny)[:, None]
        piece = np.minimum(np.count_nonzero(self.cumulative[:, 1:] < wanted, axis=1), self.edges.shape[1] - 2)
        values, width = self._of_piece(self.values, piece), self._width(piece)
        missing = q - self._row(self.cumulative, piece)
        low, high = np.zeros(len(self)), np.ones(len(self))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            short = nodes.integral_to(values, middle) * width < missing
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return np.asarray(self._left(piece) + high * width)

    def _squares(self, piece: Int[np.ndarray, "galaxies"]) -> tuple[PerGalaxy, PerGalaxy]:
        """∫F² over the pieces before one, and ∫(1 − F)² over those behind it."""
        count, points = self.values.shape[2], self.values.shape[2] + 1
        rise = (self.values @ nodes.antiderivative_at(count, points).T) * self.widths[:, :, None]
        total = self.cumulative[:, :-1, None] + rise
        at = np.arange(self.values.shape[1])
        weights = nodes.weights(points)
        before = np.where(at < piece[:, None], (total**2 @ weights) * self.widths, 0.0)
        behind = np.where(at > piece[:, None], ((1 - total) ** 2 @ weights) * self.widths, 0.0)
        return before.sum(axis=1), behind.sum(axis=1)

    def _cut(self, piece: Int[np.ndarray, "galaxies"], s: PerGalaxy) -> PerGalaxy:
        """∫F² and ∫(1 − F)² over the two parts of the piece that a redshift cuts."""
        values, width, start = self._of_piece(self.values, piece), self._width(piece), self._row(self.cumulative, piece)
        points, weights = nodes.nodes(values.shape[1] + 1), nodes.weights(values.shape[1] + 1)
        many = values[:, None, :].repeat(len(points), axis=1)
        left = start[:, None] + width[:, None] * nodes.integral_to(many, s[:, None] * points)
        right = start[:, None] + width[:, None] * nodes.integral_to(many, s[:, None] + (1 - s[:, None]) * points)
        return np.asarray(width * (s * (left**2 @ weights) + (1 - s) * ((1 - right) ** 2 @ weights)))

    def _mass_above(self, limit: PerGalaxy) -> PerGalaxy:
        """Probability where the density is above a limit; a curved piece counts as a few straight lines."""
        count = self.values.shape[2]
        steps = np.linspace(0, 1, 2 if count < 3 else FINE + 1)
        heights = np.maximum(self.values @ nodes.value_matrix(count, steps).T, 0.0)
        first, second = heights[:, :, :-1], heights[:, :, 1:]
        low, high, step = np.minimum(first, second), np.maximum(first, second), limit[:, None, None]
        with np.errstate(all="ignore"):
            share = np.where(low >= step, 1.0, np.where(high <= step, 0.0, (high - step) / (high - low)))
        mass = np.sum(share * (high + np.maximum(low, step)) / 2, axis=2) * self.widths
        whole = np.sum((low + high) / 2, axis=2) * self.widths
        return np.asarray(mass.sum(axis=1) / whole.sum(axis=1))


def _by_column(rule: Callable[[PerGalaxy], PerGalaxy]) -> Callable[[np.ndarray], np.ndarray]:
    """A rule of one query a galaxy as one of several."""
    return lambda asked: np.stack([rule(column) for column in asked.T], axis=1)


def _climbed(values: Float[np.ndarray, "galaxies nodes"], s: PerGalaxy, reach: float) -> PerGalaxy:
    """The highest place of a polynomial near one that is almost that, by looking ever closer."""
    for _ in range(3):
        around = np.clip(s[:, None] + reach * np.linspace(-1, 1, 33), 0.0, 1.0)
        heights = nodes.value_at(values[:, None, :].repeat(around.shape[1], axis=1), around)
        s = around[np.arange(len(s)), np.argmax(heights, axis=1)]
        reach /= 16
    return s
