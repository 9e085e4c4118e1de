"""The sum of all densities of a group against the true redshift distribution n(z)."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from slipher.redshift import Grid
from slipher.report.style import INK, Look, new_figure

__all__ = ["draw_stack"]


def draw_stack(
    grid: Grid,
    redshift: Float[np.ndarray, "galaxies"],
    stacks: dict[str, Float[np.ndarray, "bins"]],
    group_looks: Mapping[str, Look],
) -> Figure:
    """Draw the mean density of each group over the histogram of spectroscopic redshifts.

    Args:
        grid: Where the densities live.
        redshift: Spectroscopic redshifts of the test galaxies.
        stacks: Mean mass per bin, by group.
        group_looks: Colour of each group.
    """
    figure = new_figure(6.4, 3.6)
    axes = figure.add_subplot()
    edges = grid.edges[:: max(grid.bins // 45, 1)]
    heights = np.histogram(redshift, edges, density=True)[0]
    axes.stairs(heights, edges, fill=True, color=INK, alpha=0.15, label="spectroscopic")
    axes.stairs(heights, edges, color=INK, linewidth=0.8)
    for group, mass in stacks.items():
        axes.plot(grid.centres, mass / grid.width, color=group_looks[group].colour, label=group)
    end = min(1.25 * float(np.quantile(redshift, 0.995)), grid.z_max)
    axes.set(xlim=(0, end), ylim=(0, None), xlabel="Redshift", ylabel="n(z)")
    axes.legend()
    return figure
