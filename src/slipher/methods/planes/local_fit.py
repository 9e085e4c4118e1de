"""A plane fitted to the neighbours of each galaxy, for many galaxies at once (Beck et al. 2016, section 3).

Normal equations of centred neighbours, each direction scaled to unit variance and eliminated for all galaxies
together: arithmetic on whole columns instead of one library call a galaxy. Squaring the design costs accuracy, so
galaxies whose neighbours hardly span some direction are solved again from the design itself.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["LIMIT", "Planes", "fit_planes"]

LIMIT = 3.0
"""A neighbour whose residual exceeds this many times their root mean square is left out of the second fit."""

SPANNED = 1e-6
"""Least share of a direction's variance that the directions before it leave unexplained, for normal equations to do."""


@dataclass(frozen=True, eq=False)
class Planes:
    """What the fits say of each galaxy."""

    value: Float[np.ndarray, "galaxies"]
    """The plane at the galaxy, or the neighbours' mean where there is no plane to trust."""
    error: Float[np.ndarray, "galaxies"]
    """Root mean square of the kept neighbours' residuals."""
    mean: Float[np.ndarray, "galaxies"]
    """Mean of the kept neighbours' values."""
    count: Int[np.ndarray, "galaxies"]
    """Neighbours kept."""
    fitted: Bool[np.ndarray, "galaxies"]
    """False where the mean stands in."""
    residual: Float[np.ndarray, "galaxies neighbours"]
    """Residuals of all neighbours, those left out too."""


def fit_planes(
    query: Float[np.ndarray, "galaxies features"],
    features: Float[np.ndarray, "galaxies neighbours features"],
    values: Float[np.ndarray, "galaxies neighbours"],
    limit: float = LIMIT,
) -> Planes:
    """Fit value = a + b·x to the neighbours of each galaxy, leave outliers out once, and fit again.

    The mean of the neighbours stands in where they span no plane, and where the plane at the galaxy lies farther beyond
    their values than these spread: a slope that is carried that far says nothing.

    Args:
        query: where the plane is read off.
        features: of the neighbours.
        values: of the neighbours; here redshifts.
        limit: a neighbour is an outlier beyond this many times the root mean square residual.
    """
    centre, level = features.mean(axis=1), values.mean(axis=1)
    design, target = features - centre[:, None], values - level[:, None]
    plane, kept, residual = _robust(design, target, limit)
    offset = plane[:, 0] + np.einsum("gf,gf->g", query - centre, plane[:, 1:])
    count = kept.sum(axis=1)
    mean = np.sum(target, axis=1, where=kept) / count
    low, high = target.min(axis=1), target.max(axis=1)
    fitted = (offset >= 2 * low - high) & (offset <= 2 * high - low)
    residual[~fitted] = (target - mean[:, None])[~fitted]
    return Planes(
        value=level + np.where(fitted, offset, mean),
        error=np.sqrt(np.sum(residual**2, axis=1, where=kept) / count),
        mean=level + mean,
        count=count,
        fitted=fitted,
        residual=residual,
    )


def _robust(
    design: Float[np.ndarray, "galaxies neighbours features"],
    target: Float[np.ndarray, "galaxies neighbours"],
    limit: float,
) -> tuple[
    Float[np.ndarray, "galaxies coefficients"],
    Bool[np.ndarray, "galaxies neighbours"],
    Float[np.ndarray, "galaxies neighbours"],
]:
    """The planes after one rejection, which neighbours they kept, and the residuals of all."""
    plane = _solve(design, target, np.ones(target.shape, bool))
    residual = _residuals(design, target, plane)
    rms = np.sqrt(np.mean(residual**2, axis=1, keepdims=True))
    kept = ~(np.abs(residual) > limit * rms)
    again = np.flatnonzero(~kept.all(axis=1))
    plane[again] = _solve(design[again], target[again], kept[again])
    residual[again] = _residuals(design[again], target[again], plane[again])
    return plane, kept, residual


def _residuals(
    design: Float[np.ndarray, "galaxies neighbours features"],
    target: Float[np.ndarray, "galaxies neighbours"],
    plane: Float[np.ndarray, "galaxies coefficients"],
) -> Float[np.ndarray, "galaxies neighbours"]:
    """What each plane leaves of its neighbours' values."""
    return np.asarray(target - plane[:, :1] - (design @ plane[:, 1:, None])[:, :, 0])


def _solve(
    design: Float[np.ndarray, "galaxies neighbours features"],
    target: Float[np.ndarray, "galaxies neighbours"],
    kept: Bool[np.ndarray, "galaxies neighbours"],
) -> Float[np.ndarray, "galaxies coefficients"]:
    """Offset and slopes of the least-squares plane through the kept neighbours; NaN where they span none."""
    columns = np.concatenate([np.ones_like(design[:, :, :1]), design, target[:, :, None]], axis=2)
    if not kept.all():
        columns *= kept[:, :, None]
    products = columns.transpose(0, 2, 1) @ columns
    plane, weak = _eliminate(np.ascontiguousarray(products.transpose(1, 2, 0)))
    for row in np.flatnonzero(weak):
        plane[row] = _least_squares(design[row][kept[row]], target[row][kept[row]])
    return plane


def _eliminate(
    products: Float[np.ndarray, "columns columns galaxies"],
) -> tuple[Float[np.ndarray, "galaxies coefficients"], Bool[np.ndarray, "galaxies"]]:
    """Solve the normal equations of all galaxies by Gaussian elimination, which needs no pivoting: they are definite.

    Args:
        products: sums over neighbours of the products of 1, the features and the value.

    Returns:
        Offset and slopes, and which galaxies have a direction that is not spanned well enough.
    """
    count, sums = products[0, 0], products[0, 1:]
    covariance = products[1:, 1:] - sums[:, None] * sums[None] / count
    scale = np.sqrt(np.diagonal(covariance)[..., :-1].T)
    scale = np.concatenate([np.where(scale > 0, scale, 1.0), np.ones((1, scale.shape[1]))])
    matrix = covariance / (scale[:, None] * scale[None])
    directions = len(matrix) - 1
    weak = np.zeros(matrix.shape[2], bool)
    for j in range(directions):
        weak |= ~(matrix[j, j] >= SPANNED)
        matrix[j, j:] /= np.where(matrix[j, j] >= SPANNED, matrix[j, j], 1.0)
        matrix[j + 1 :, j:] -= matrix[j + 1 :, j, None] * matrix[None, j, j:]
    slopes = matrix[:-1, -1]
    for j in reversed(range(directions)):
        slopes[j] -= np.einsum("fg,fg->g", matrix[j, j + 1 : -1], slopes[j + 1 :])
    slopes = slopes / scale[:-1]
    offset = (sums[-1] - np.einsum("fg,fg->g", sums[:-1], slopes)) / count
    return np.column_stack([offset, slopes.T]), weak


def _least_squares(
    design: Float[np.ndarray, "neighbours features"], target: Float[np.ndarray, "neighbours"]
) -> Float[np.ndarray, "coefficients"]:
    """The same for one galaxy from the design itself; NaN if the neighbours do not span every direction."""
    matrix = np.column_stack([np.ones(len(design)), design])
    plane, _, rank, _ = np.linalg.lstsq(matrix, target, rcond=None)
    return np.asarray(plane) if rank == matrix.shape[1] else np.full(matrix.shape[1], np.nan)
