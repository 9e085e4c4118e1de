"""A kernel density estimate on a grid, as fast for a hundred thousand galaxies as for a thousand.

The points are counted in fine cells and the counts convolved with the Gaussian kernel: what
``scipy.stats.gaussian_kde`` gives with the same kernel, up to the size of a cell, in one FFT.
"""

import numpy as np
from jaxtyping import Float
from scipy.signal import fftconvolve

__all__ = ["Extent", "binned_kde", "ridge_covariance", "scatter_of"]

Extent = tuple[float, float, float, float]
"""(x_low, x_high, y_low, y_high)"""


def binned_kde(
    x: Float[np.ndarray, "points"],
    y: Float[np.ndarray, "points"],
    covariance: Float[np.ndarray, "2 2"],
    extent: Extent,
    cells: int = 360,
) -> Float[np.ndarray, "cells cells"]:
    """Density of points smoothed with a Gaussian kernel.

    Args:
        x: First coordinates.
        y: Second coordinates.
        covariance: Covariance of the kernel, in the units of x and y.
        extent: (x_low, x_high, y_low, y_high) of the grid; points beyond it are left out of the sum but not of the
            normalisation.
        cells: Cells along each side.

    Returns:
        Density per unit x and y at the cells' centres, y along the first axis.
    """
    x_low, x_high, y_low, y_high = extent
    counts, _, _ = np.histogram2d(y, x, bins=cells, range=((y_low, y_high), (x_low, x_high)))
    kernel = _kernel(covariance, (x_high - x_low) / cells, (y_high - y_low) / cells, cells)
    return np.asarray(np.clip(fftconvolve(counts, kernel, mode="same"), 0.0, None) / max(len(x), 1))


def _kernel(
    covariance: Float[np.ndarray, "2 2"], dx: float, dy: float, cells: int
) -> Float[np.ndarray, "height width"]:
    """The normal density with this covariance at the offsets of cells, out to five standard deviations."""
    reach_x = min(int(np.ceil(5 * np.sqrt(covariance[0, 0]) / dx)), cells)
    reach_y = min(int(np.ceil(5 * np.sqrt(covariance[1, 1]) / dy)), cells)
    offset_y, offset_x = np.mgrid[-reach_y : reach_y + 1, -reach_x : reach_x + 1]
    offsets = np.stack([offset_x * dx, offset_y * dy], axis=-1)
    squared = np.einsum("...i,ij,...j->...", offsets, np.linalg.inv(covariance), offsets)
    return np.asarray(np.exp(-squared / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance))))


def scatter_of(values: Float[np.ndarray, "points"]) -> float:
    """Robust standard deviation, half the 16-84 % range; tails do not widen it. Never zero."""
    low, high = np.quantile(values, [0.16, 0.84]) if values.size else (0.0, 0.0)
    return max(float(high - low) / 2, 1e-6)


def ridge_covariance(
    x: Float[np.ndarray, "points"], y: Float[np.ndarray, "points"], least: float
) -> Float[np.ndarray, "2 2"]:
    """Kernel covariance for points along a ridge: Scott's rule along its direction, and across it in y.

    Robust widths, so that catastrophic outliers do not smear the ridge.

    Args:
        x: First coordinates.
        y: Second coordinates.
        least: The least width across, about a cell of the grid.
    """
    scott = max(x.size, 2) ** (-1 / 6)
    slope = _slope(x, y)
    along, across = scott * scatter_of(x), max(scott * scatter_of(y - slope * x), least)
    direction = np.array([1.0, slope])
    return np.asarray(along**2 * np.outer(direction, direction) + np.diag([0.0, across**2]))


def _slope(x: Float[np.ndarray, "points"], y: Float[np.ndarray, "points"], groups: int = 12) -> float:
    """Slope of the line through the medians of y in bins of equally many points."""
    order = np.array_split(np.argsort(x, kind="stable"), min(groups, x.size))
    middle_x, middle_y = (np.array([np.median(values[rows]) for rows in order]) for values in (x, y))
    spread = middle_x - middle_x.mean()
    return float(spread @ middle_y / max(spread @ spread, 1e-12))
