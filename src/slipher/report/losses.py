"""Loss by term against epoch: raw, and weighted as it enters the total."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from slipher.report.style import INK, SOFT, Look, new_figure

__all__ = ["constraint_terms", "draw_losses"]

History = Mapping[str, Float[np.ndarray, "epochs"]]

DATA = {"ce": "cross-entropy", "crps": "CRPS"}
"""The data terms that a training may have."""

TITLES = {"total": "total", **DATA, "flux": "flux", "invariance": "invariance", "cde": "CDE loss"}


def constraint_terms(history: History) -> list[str]:
    """Names of the constraints that were logged, in the order of the columns."""
    pattern = re.compile(r"train_(.+)_weighted")
    return [match[1] for match in map(pattern.fullmatch, history) if match]


def draw_losses(histories: Sequence[History], look: Look, title: str) -> Figure:
    """Draw each term on the training and the validation galaxies, one line a seed.

    The first column holds the total above the data term, each further one a constraint: raw above weighted.

    Args:
        histories: Columns of history.csv, one mapping a seed, the first drawn boldly.
        look: Colour of the group.
        title: Heading.
    """
    terms = constraint_terms(histories[0])
    data = next(name for name in DATA if f"train_{name}" in histories[0])
    logged = ["total", *terms, data, *(f"{term}_weighted" for term in terms)]
    rows, columns = (2, 1 + len(terms)) if terms else (1, 2)
    figure = new_figure(max(2.4 * columns, 4.6), 2.0 * rows + (0.2 if terms else 1.5))
    panels = np.ravel(figure.subplots(rows, columns, squeeze=False, sharex=True))
    for axes, name in zip(panels, logged, strict=True):
        _panel(axes, histories, name, look)
        axes.set_title(_title(name, terms), fontsize=10.5)
    for axes in panels[-columns:]:
        axes.set_xlabel("Epoch")
    figure.suptitle(title, fontsize=11.5)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _title(name: str, terms: Sequence[str]) -> str:
    term = name.removesuffix("_weighted")
    words = TITLES.get(term, term)
    return words if term not in terms else f"{words}, {'raw' if name == term else 'weighted'}"


def _panel(axes: Axes, histories: Sequence[History], name: str, look: Look) -> None:
    for place, history in enumerate(histories):
        first = place == 0
        width, alpha = (1.5, 1.0) if first else (0.8, 0.45)
        for part, colour, dashes in (("train", look.colour, "-"), ("validation", INK, (0, (4, 2)))):
            values = history.get(f"{part}_{name}")
            if values is not None:
                epochs = np.arange(1, values.size + 1)
                label = part if first else None
                axes.plot(epochs, values, color=colour, linestyle=dashes, linewidth=width, alpha=alpha, label=label)
    if name == "total":
        _mark_best(axes, histories[0].get("validation_total"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.minorticks_off()


def _mark_best(axes: Axes, total: Float[np.ndarray, "epochs"] | None) -> None:
    """Mark the epoch with the lowest total validation loss."""
    if total is not None and np.isfinite(total).any():
        best = int(np.nanargmin(total))
        axes.plot(
            best + 1, total[best], "o", color=SOFT, markersize=7, markerfacecolor="none", ls="none", label="lowest"
        )
