"""Time and memory against the number of galaxies, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from slipher.bench.growth_fit import Growth
from slipher.bench.growth_points import Point
from slipher.bench.machine import machine
from slipher.figures import save_figure
from slipher.report.style import DOTS_PER_INCH, SOFT, Look, looks, new_figure, styled

__all__ = ["draw"]


def draw(path: Path, points: Mapping[str, Sequence[Point]], laws: Mapping[str, Growth]) -> None:
    """Draw the points of every stage with the law that fits them, the memory beside, and say which machine it was.

    Args:
        path: the PNG to write.
        points: of every stage.
        laws: of every stage.
    """
    with styled():
        figure = new_figure(9.2, 4.3)
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        for (stage, found), look in zip(points.items(), looks(list(points)).values(), strict=True):
            _times(left, stage, found, laws[stage], look)
            _memory(right, found, look)
        _proportional(left, points)
        left.set(xscale="log", yscale="log", xlabel="galaxies", ylabel="time (s)")
        figure.supxlabel(machine(), fontsize="x-small", color=SOFT)
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3, handlelength=1.6)
        right.set(xscale="log", xlabel="galaxies", ylabel="peak memory (MiB)")
        right.set_ylim(0, 1.15 * max(point.peak for found in points.values() for point in found) / 2**20)
        save_figure(figure, path, DOTS_PER_INCH)


def _times(axes: Axes, stage: str, points: Sequence[Point], law: Growth, look: Look) -> None:
    """Points, and the law through them."""
    numbers = np.array([point.galaxies for point in points], np.float64)
    dense = np.geomspace(numbers[0], numbers[-1], 200)
    label = f"{stage}: $k = {law.exponent:.3f} \\pm {law.error:.3f}$"
    axes.plot(dense, law.seconds(dense), color=look.colour)
    axes.plot(numbers, [point.seconds for point in points], look.marker, color=look.colour, ms=5)
    axes.plot([], [], look.marker, ls="-", color=look.colour, ms=5, label=label)


def _memory(axes: Axes, points: Sequence[Point], look: Look) -> None:
    """Peaks of memory."""
    numbers = [point.galaxies for point in points]
    axes.plot(numbers, [point.peak / 2**20 for point in points], look.marker, ls="-", color=look.colour, ms=5)


def _proportional(axes: Axes, points: Mapping[str, Sequence[Point]]) -> None:
    """What grows as the number of galaxies does, below all points."""
    every = [point for found in points.values() for point in found]
    low, high = min(point.galaxies for point in every), max(point.galaxies for point in every)
    slope = 0.4 * min(point.seconds / point.galaxies for point in every)
    axes.plot([low, high], [slope * low, slope * high], color=SOFT, ls=(0, (4, 3)), lw=1.0)
    middle = (low * high) ** 0.5
    place = (middle, slope * middle)
    axes.annotate("proportional", place, (8, -8), textcoords="offset points", color=SOFT, fontsize=9.5)
