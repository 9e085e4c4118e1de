"""Figures 10-12 of the paper: twelve galaxies, and how far their densities depend on what should not matter."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from slipher.redshift import Grid
from slipher.report.style import TRUTH, Look, new_figure, note

__all__ = ["choose_galaxies", "draw_views"]

COLUMNS = 3


def choose_galaxies(count: int, chosen: int = 12) -> Int[np.ndarray, "chosen"]:
    """Rows of a random few of ``count`` galaxies, the same for every group and at every call."""
    return np.sort(np.random.default_rng(0).choice(count, min(chosen, count), replace=False))


def draw_views(
    grid: Grid,
    mass: Float[np.ndarray, "galaxies views bins"],
    redshift: Float[np.ndarray, "galaxies"],
    pictures: Sequence[UInt8[np.ndarray, "y x 3"]] | None,
    look: Look,
    title: str,
) -> Figure:
    """Draw each galaxy's picture beside its densities, with the true redshift marked.

    Args:
        grid: Where the densities live.
        mass: Probability per bin under each view of each galaxy.
        redshift: Spectroscopic redshifts.
        pictures: RGB pictures, or None where the method sees none.
        look: Colour of the group.
        title: Heading.
    """
    rows = -(-len(mass) // COLUMNS)
    figure = new_figure(9.0 if pictures else 7.6, 1.4 * rows + 0.6)
    figure.suptitle(title, fontsize=11.5)
    widths = (1.0, 1.45) * COLUMNS if pictures else (1.0,) * COLUMNS
    cells = figure.add_gridspec(rows, len(widths), width_ratios=widths)
    reach = _reach(grid, mass, redshift)
    for place, z in enumerate(redshift):
        row, column = divmod(place, COLUMNS)
        if pictures:
            _picture(figure.add_subplot(cells[row, 2 * column]), pictures[place])
        axes = figure.add_subplot(cells[row, 2 * column + 1 if pictures else column])
        _densities(axes, grid, mass[place], float(z), look)
        axes.set_xlim(0, reach)
        last = place + COLUMNS >= len(mass)
        axes.tick_params(labelbottom=last)
        axes.set_xlabel("Redshift" if last else "")
    return figure


def _picture(axes: Axes, picture: UInt8[np.ndarray, "y x 3"]) -> None:
    axes.imshow(picture, origin="lower", interpolation="nearest")
    axes.set_axis_off()


def _densities(axes: Axes, grid: Grid, mass: Float[np.ndarray, "views bins"], z: float, look: Look) -> None:
    alone = len(mass) == 1
    density = mass / grid.width
    lines = [np.column_stack([grid.centres, row]) for row in density]
    axes.add_collection(
        LineCollection(lines, colors=look.colour, linewidths=1.4 if alone else 0.6, alpha=1 if alone else 0.5)
    )
    if not alone:
        axes.plot(grid.centres, density.mean(axis=0), color=look.colour, linewidth=1.3)
    axes.axvline(z, color=TRUTH, linewidth=1.1, linestyle=(0, (4, 2)))
    axes.set(ylim=(0, 1.22 * float(density.max())), yticks=[])
    axes.minorticks_off()
    axes.tick_params(top=False, left=False, right=False)
    note(axes, f"z = {z:.3f}", 0.97, 0.96, "right")


def _reach(
    grid: Grid, mass: Float[np.ndarray, "galaxies views bins"], redshift: Float[np.ndarray, "galaxies"]
) -> float:
    """Upper end of the redshift axis: nothing worth seeing lies beyond."""
    mean = mass.mean(axis=1)
    beyond = np.flatnonzero((np.cumsum(mean[:, ::-1], axis=1)[:, ::-1] > 0.01).any(axis=0))
    return min(1.15 * max(float(grid.edges[beyond[-1] + 1]), float(redshift.max())), grid.z_max)
