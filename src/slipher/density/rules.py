"""What one density says about one redshift: pdf, cdf and the scoring rules, exact for a histogram.

Pure functions of the grid (bins of width Δ, edges e_c), the probability masses p of each galaxy and a redshift z each.
F is the piecewise linear cumulative distribution and ρ = p/Δ the density. A redshift outside the grid has ρ = 0 and
F = 0 or 1; a NaN stays NaN.
"""

import numpy as np
from jaxtyping import Float

from slipher.redshift import Grid

__all__ = [
    "cde_loss",
    "cdf_at",
    "crps",
    "cumulative",
    "density_at",
    "highest_density_share",
    "log_score",
    "quantile_at",
]

Masses = Float[np.ndarray, "galaxies bins"]
Cumulative = Float[np.ndarray, "galaxies edges"]
PerGalaxy = Float[np.ndarray, "galaxies"]
PerQuery = Float[np.ndarray, "galaxies queries"]


def cumulative(mass: Masses) -> Cumulative:
    """F at the edges: 0 first, exactly 1 last and after the last bin that holds any mass."""
    total = np.zeros((mass.shape[0], mass.shape[1] + 1))
    np.cumsum(mass, axis=1, out=total[:, 1:])
    return np.asarray(total / total[:, -1:])


def density_at(grid: Grid, mass: Masses, z: PerQuery) -> PerQuery:
    """ρ(z): the mass of the bin e_c < z ≤ e_{c+1} over its width; 0 outside the grid."""
    inside = np.take_along_axis(mass, _bin(grid, z), axis=1) / grid.width
    return np.where(grid.contains(z), inside, np.where(np.isnan(z), np.nan, 0.0))


def cdf_at(grid: Grid, total: Cumulative, z: PerQuery) -> PerQuery:
    """F(z), linear inside a bin; ``total`` is F at the edges."""
    c = _bin(grid, z)
    share = np.clip((z - grid.edges[c]) / (grid.edges[c + 1] - grid.edges[c]), 0.0, 1.0)
    low, high = _both_sides(total, c)
    return np.asarray(low + share * (high - low))


def quantile_at(grid: Grid, total: Cumulative, q: PerQuery) -> PerQuery:
    """The smallest z with F(z) ≥ q; for q = 0 the lower end of the support."""
    c = _bin_of_quantile(total, q)
    low, high = _both_sides(total, c)
    share = np.clip((q - low) / (high - low), 0.0, 1.0)
    return np.asarray(grid.edges[c] + share * (grid.edges[c + 1] - grid.edges[c]))


def cde_loss(grid: Grid, mass: Masses, z: PerGalaxy) -> PerGalaxy:
    """Conditional density loss ∫ρ² dz − 2ρ(z), in units of density (Izbicki & Lee 2017, arXiv:1704.08095)."""
    squared = np.einsum("ij,ij->i", mass, mass) / grid.width
    return np.asarray(squared - 2 * density_at(grid, mass, z[:, None])[:, 0])


def log_score(grid: Grid, mass: Masses, z: PerGalaxy) -> PerGalaxy:
    """−ln ρ(z), which is the cross-entropy + ln Δ; infinite where ρ(z) = 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(density_at(grid, mass, z[:, None])[:, 0]))


def crps(grid: Grid, mass: Masses, total: Cumulative, z: PerGalaxy) -> PerGalaxy:
    """Continuous ranked probability score ∫(F(x) − [x ≥ z])² dx, in units of redshift, in closed form.

    Expanding the square leaves ∫(1 − F)² − (z − e_0) + 2 E[(z − X)₊]: the first is a sum over bins of a square of a
    linear function, the last a sum over bins of p_c times z − z_c, or Δt²/2 for the bin that z cuts at its share t.
    """
    above = 1 - total
    left, right = above[:, :-1], above[:, 1:]
    squared = np.sum(left * left + left * right + right * right, axis=1) * (grid.width / 3)
    beyond = np.maximum(z - grid.edges[-1], 0.0)
    return np.asarray(squared - (z - grid.edges[0]) + 2 * (_shortfall(grid, mass, z - beyond) + beyond))


def highest_density_share(grid: Grid, mass: Masses, z: PerGalaxy, level: float) -> PerGalaxy:
    """Whether z lies in the region of highest density of probability ``level``: 1, 0, or a share at its border.

    All of every bin denser than some threshold belongs to the region and none of the thinner ones; of the bins at the
    threshold that share which brings the probability to ``level`` exactly: calibrated densities then cover just that.
    """
    own = np.take_along_axis(mass, _bin(grid, z[:, None]), axis=1)
    denser = np.sum(mass, axis=1, where=mass > own)
    tied = np.sum(mass, axis=1, where=mass == own)
    share = np.clip((level - denser) / np.where(tied > 0, tied, np.inf), 0.0, 1.0)
    return np.where(grid.contains(z), share, np.where(np.isnan(z), np.nan, 0.0))


def _bin(grid: Grid, z: PerQuery) -> np.ndarray:
    """The bin of each redshift, the first or last one for those outside."""
    return np.clip(np.searchsorted(grid.edges, z, side="left") - 1, 0, grid.bins - 1)


def _both_sides(total: Cumulative, c: np.ndarray) -> tuple[PerQuery, PerQuery]:
    return np.take_along_axis(total, c, axis=1), np.take_along_axis(total, c + 1, axis=1)


def _bin_of_quantile(total: Cumulative, q: PerQuery) -> np.ndarray:
    """The first bin at whose upper edge F reaches q (and is above 0): going through the shorter of both axes."""
    wanted = np.maximum(q, np.finfo(np.float64).tiny)
    upper = total[:, 1:]
    if q.shape[1] <= q.shape[0]:
        columns = [np.count_nonzero(upper < column[:, None], axis=1) for column in wanted.T]
        return np.stack(columns, axis=1) if columns else np.zeros(q.shape, dtype=np.int64)
    return np.stack([np.searchsorted(row, each, side="left") for row, each in zip(upper, wanted, strict=True)])


def _shortfall(grid: Grid, mass: Masses, z: PerGalaxy) -> PerGalaxy:
    """E[(z − X)₊], the expected distance of the draws below z, for z up to the end of the grid."""
    steps = np.clip((z[:, None] - grid.edges[:-1]) / grid.width, 0.0, None)
    share = np.minimum(steps, 1.0)
    return np.asarray(np.einsum("ij,ij->i", mass, share * (steps - share / 2)) * grid.width)
