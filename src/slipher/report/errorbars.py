"""Figures 7-9 of the paper: does the density of an outlier know that it is one?"""

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from slipher.density.histogram import Density
from slipher.report.redshifts import Points
from slipher.report.style import TRUTH

__all__ = ["choose_outliers", "draw_errorbars"]


def choose_outliers(points: Points, count: int = 12) -> Int[np.ndarray, "chosen"]:
    """Rows of a random few outliers, the same at every call."""
    rows = np.flatnonzero(points.outlier)
    return np.sort(np.random.default_rng(0).choice(rows, min(count, rows.size), replace=False))


def draw_errorbars(figure: Figure, points: Points, density: Density) -> tuple[int, int]:
    """Add the 5-95 % interval of a random few outliers to the density of (z, z_p).

    Args:
        figure: Drawn by :func:`slipher.report.redshifts.draw_redshifts`, of the same points; changed.
        points: What is drawn.
        density: Densities of the same galaxies.

    Returns:
        How many outliers carry a bar, and how many of the bars reach the spectroscopic redshift.
    """
    rows = choose_outliers(points)
    if not rows.size:
        return 0, 0
    z, estimate = points.redshift[rows], points.estimate[rows]
    low, high = density[rows].quantile(0.05), density[rows].quantile(0.95)
    _bars(figure, z, estimate, low, high)
    return rows.size, int(((low <= z) & (z <= high)).sum())


def _bars(
    figure: Figure,
    z: Float[np.ndarray, "chosen"],
    estimate: Float[np.ndarray, "chosen"],
    low: Float[np.ndarray, "chosen"],
    high: Float[np.ndarray, "chosen"],
) -> None:
    axes = figure.axes[0]
    # a bar may end above every point
    axes.set_ylim(top=max(axes.get_ylim()[1], 1.04 * float(high.max())))
    axes.vlines(z, low, high, color=TRUTH, linewidth=1.1, zorder=8)
    axes.scatter(z, estimate, s=22, color="white", edgecolors=TRUTH, linewidths=1.1, zorder=9)
