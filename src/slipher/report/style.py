"""One look for all figures, and how they are saved.

Colours follow Okabe and Ito (2008), a little darker for thin lines: told apart under every common colour blindness;
each group also has a marker of its own. Fonts are those matplotlib ships, so that figures look the same everywhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from slipher.figures import save_figure

__all__ = ["DENSITY", "INK", "SOFT", "TRUTH", "Drawing", "Look", "looks", "new_figure", "note", "save", "styled"]

INK = "#1b1f27"
SOFT = "#6b7280"
TRUTH = "#c2410c"
DENSITY = LinearSegmentedColormap.from_list(
    "slipher", ["#ffffff", "#c9dcec", "#7fb0d3", "#3579b1", "#0b3c6b", "#061b33"]
)

DOTS_PER_INCH = 200
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B6599B", "#CC8500", "#3AA0D8", "#1b1f27")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")

SETTINGS: Any = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "axes.axisbelow": False,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "axes.unicode_minus": True,
}


@dataclass(frozen=True)
class Look:
    """Colour and marker of one group, the same in every figure."""

    colour: str
    marker: str


@dataclass(frozen=True)
class Drawing:
    """A figure with the words that go with it."""

    name: str
    """File name without its suffix."""
    figure: Figure
    caption: str
    alt: str
    """What a reader who cannot see the figure is told."""
    wide: bool = False
    """Whether the page gives it the whole width."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in the house style, whatever matplotlibrc says; nothing outside is changed."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


def looks(groups: list[str]) -> dict[str, Look]:
    """A colour and a marker for each group, by its place in the table."""
    return {
        group: Look(COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]) for place, group in enumerate(groups)
    }


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches that needs no pyplot and so leaves no global state."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def note(axes: Axes, text: str, x: float = 0.03, y: float = 0.97, align: str = "left") -> None:
    """Write a small annotation at axes coordinates, hanging from ``y``, readable above whatever is drawn."""
    axes.text(
        x,
        y,
        text,
        transform=axes.transAxes,
        ha=align,
        va="top",
        fontsize=9.5,
        linespacing=1.35,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2.5},
        zorder=20,
    )


def save(figure: Figure, folder: Path, name: str) -> None:
    """Save a figure as PNG and PDF, each whole or not at all, with no date inside.

    The layout is found once and then kept: finding it costs as much as drawing.
    """
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
    for suffix in (".png", ".pdf"):
        save_figure(figure, folder / f"{name}{suffix}", DOTS_PER_INCH)
