"""Figures 1-3 of the paper: the histogram of the probability integral transform."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy.stats import binom

from slipher.density.distances import KS, pit_ks
from slipher.density.scores import in_ends
from slipher.report.style import INK, SOFT, Look, new_figure, note

__all__ = ["bin_count", "binomial_band", "draw_pit"]

Values = Float[np.ndarray, "galaxies"]


def bin_count(galaxies: int) -> int:
    """Bins of the histogram: enough galaxies in each that its noise is below about 15 %."""
    return int(np.clip(galaxies // 50, 10, 50))


def binomial_band(galaxies: int, bins: int, level: float = 0.95) -> tuple[float, float]:
    """Where the height of one bin lies with probability ``level`` if the densities are calibrated.

    The count of a bin is then binomial with n = galaxies and probability 1/bins; heights are relative to uniform.
    """
    low, high = binom.interval(level, galaxies, 1 / bins)
    return float(low) * bins / galaxies, float(high) * bins / galaxies


def draw_pit(pit: Values, others: list[Values], look: Look, title: str) -> Figure:
    """Draw the PIT of one run as bars, further seeds as outlines, with the band of calibrated densities.

    Args:
        pit: CDF at the spectroscopic redshift, one a galaxy, of the run that is drawn.
        others: The same of further seeds.
        look: Colour of the group.
        title: Heading.
    """
    figure = new_figure(4.6, 3.5)
    axes = figure.add_subplot()
    bins = bin_count(pit.size)
    edges = np.linspace(0, 1, bins + 1)
    heights = np.histogram(pit, edges)[0] * bins / pit.size
    axes.stairs(heights, edges, fill=True, color=look.colour, alpha=0.55)
    axes.stairs(heights, edges, color=look.colour, linewidth=1.1)
    for other in others:
        axes.stairs(np.histogram(other, edges)[0] * bins / other.size, edges, color=SOFT, linewidth=0.6)
    low, high = binomial_band(pit.size, bins)
    axes.axhspan(low, high, color=INK, alpha=0.14, linewidth=0)
    axes.axhline(1, color=INK, linewidth=1)
    top = max(1.35 * float(heights.max()), 1.9)
    axes.set(xlim=(0, 1), ylim=(0, top), xlabel="PIT = CDF at the true redshift", ylabel="Relative frequency")
    axes.set_title(title)
    note(axes, _numbers(pit))
    return figure


def _numbers(pit: Values) -> str:
    low, high = KS.expected(pit.size)
    outliers = 100 * float(np.mean(in_ends(pit)))
    return (
        f"KS = {pit_ks(pit):.3f}   ({low:.3f}–{high:.3f} if calibrated)\n"
        f"PIT outliers {outliers:.2f} %   (0.02 % expected)"
    )
