"""All groups at a glance: their metrics, and their paired differences against one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slipher.density.intervals import LEVEL
from slipher.report.metrics import Metric, decimals, metric, number
from slipher.report.style import INK, SOFT, Look, new_figure

__all__ = ["SHOWN", "Bar", "draw_comparison"]

SHOWN = ("mad", "bias", "outliers_0.05", "cde_loss", "crps", "pit_ks")
"""Metrics of the figure; those a study lacks are left out."""
BLANK = r"$\,^{\,}$"


@dataclass(frozen=True)
class Bar:
    """A value with its interval, in the units the metric is shown in."""

    group: str
    value: float
    low: float
    high: float
    hollow: bool = False
    """Whether it stands for no difference where there is no interval to show that."""


def draw_comparison(
    rows: Sequence[dict[str, Any]],
    comparisons: Sequence[dict[str, Any]],
    group_looks: Mapping[str, Look],
    unscaled: frozenset[str] = frozenset(),
) -> Figure:
    """Draw every group's metrics with intervals, and below them the paired differences.

    Args:
        rows: Rows of the table, published ones excluded.
        comparisons: The table's comparisons; those against the first one's partner are drawn.
        group_looks: Colour and marker of each group.
        unscaled: Groups that may lie beyond the axes (a reference far worse than the rest would flatten it); their
            value is then written at the edge.
    """
    keys = [key for key in SHOWN if any(key in row["metrics"] for row in rows)]
    against = comparisons[0]["against"] if comparisons else None
    others = [str(row["group"]) for row in rows if row["group"] != against]
    drawn = 2 if against is not None else 1
    figure = new_figure(1.6 * len(keys) + 0.9, 0.27 * (len(rows) + (len(others) if drawn == 2 else 0)) + 0.85 * drawn)
    heights = (len(rows) + 1, len(others) + 1)[:drawn]
    panels = figure.subplots(drawn, len(keys), squeeze=False, height_ratios=heights)
    for column, key in enumerate(keys):
        words = metric(key)
        _panel(
            panels[0, column], _values(rows, words), [str(row["group"]) for row in rows], group_looks, unscaled, False
        )
        panels[0, column].set_title(_heading(words), linespacing=1.25)
        _expected(panels[0, column], rows, words)
        if against is not None:
            _panel(panels[1, column], _differences(comparisons, words, against), others, group_looks, unscaled, True)
            panels[1, column].axvline(0, color=INK, linewidth=0.9, zorder=1)
            panels[1, column].set_xlabel(
                f"difference of |{words.label.lower()}|" if words.target == 0 else "difference"
            )
    _names(panels[0, 0], [str(row["group"]) for row in rows], "")
    if against is not None:
        _names(panels[1, 0], others, f" − {against}")
    return figure


def _heading(words: Metric) -> str:
    scale = {1e3: r"$\times 10^{3}$", 1e2: "in %", 1.0: ""}[words.scale]
    label = words.label.replace("|Δz| > ", r"$|\Delta z|>$ ")
    # the second line, blank but as high as the others, keeps all headings on one height
    return f"{label}\n{scale or BLANK}"


def _values(rows: Sequence[dict[str, Any]], words: Metric) -> list[Bar]:
    found = [(str(row["group"]), row["metrics"].get(words.key)) for row in rows]
    return [_bar(group, entry, "mean", words) for group, entry in found if entry and entry.get("mean") is not None]


def _differences(comparisons: Sequence[dict[str, Any]], words: Metric, against: str) -> list[Bar]:
    chosen = [entry for entry in comparisons if entry["metric"] == words.key and entry["against"] == against]
    return [
        _bar(str(entry["group"]), entry, "difference", words) for entry in chosen if entry.get("difference") is not None
    ]


def _bar(group: str, entry: dict[str, Any], name: str, words: Metric) -> Bar:
    value = float(entry[name])
    low, high = (value if entry.get(side) is None else float(entry[side]) for side in ("low", "high"))
    hollow = entry.get("p") is not None and name == "difference" and entry["p"] >= 1 - LEVEL
    return Bar(group, value * words.scale, low * words.scale, high * words.scale, hollow)


def _expected(axes: Axes, rows: Sequence[dict[str, Any]], words: Metric) -> None:
    """Grey: what is expected of a distance of the PIT where densities are calibrated."""
    entries = [entry for row in rows if (entry := row["metrics"].get(words.key)) and entry.get("expected_low")]
    if entries:
        low, high = (entries[0][f"expected_{side}"] * words.scale for side in ("low", "high"))
        left, right = axes.get_xlim()
        margin = 0.12 * (max(right, high) - min(left, low))
        axes.set_xlim(min(left, low - margin), max(right, high + margin))
        axes.axvspan(low, high, color=INK, alpha=0.14, linewidth=0)


def _panel(
    axes: Axes,
    bars: list[Bar],
    groups: list[str],
    group_looks: Mapping[str, Look],
    unscaled: frozenset[str],
    zero: bool,
) -> None:
    """One metric: a marker with its interval for each group, the first group on top."""
    place = {group: row for row, group in enumerate(groups)}
    axes.set(ylim=(len(groups) - 0.5, -0.5), yticks=[])
    axes.tick_params(left=False, right=False, top=False, which="both")
    axes.minorticks_off()
    left, right = _limits(bars, unscaled, zero)
    axes.set_xlim(left, right)
    axes.locator_params(axis="x", nbins=4)
    digits = decimals((bar.high - bar.low) / 2 for bar in bars)
    for bar in bars:
        if left <= bar.value <= right:
            _interval(axes, bar, place[bar.group], group_looks[bar.group])
        else:
            _beyond(axes, bar.value > right, number(bar.value, min(digits, 2)), place[bar.group])


def _limits(bars: list[Bar], unscaled: frozenset[str], zero: bool) -> tuple[float, float]:
    """Ends of an axis that hold all intervals, and zero where a difference is shown.

    A group that need not be on scale is left out where it would more than double the axis.
    """
    ends = [end for bar in bars if bar.group not in unscaled for end in (bar.low, bar.high)] + [0.0] * zero
    everything = [*ends, *(end for bar in bars if bar.group in unscaled for end in (bar.low, bar.high))]
    if not ends or max(everything) - min(everything) < 2 * (max(ends) - min(ends)):
        ends = everything or [0.0, 1.0]
    margin = 0.12 * (max(ends) - min(ends)) or 1.0
    return min(ends) - margin, max(ends) + margin


def _interval(axes: Axes, bar: Bar, row: int, look: Look) -> None:
    axes.plot([bar.low, bar.high], [row, row], color=look.colour, linewidth=1.8, solid_capstyle="butt")
    axes.plot(
        bar.value,
        row,
        look.marker,
        color=look.colour,
        markersize=5.5,
        markerfacecolor="white" if bar.hollow else look.colour,
        markeredgecolor=look.colour if bar.hollow else "white",
        markeredgewidth=1.1 if bar.hollow else 0.5,
        clip_on=False,
    )


def _beyond(axes: Axes, right: bool, text: str, row: int) -> None:
    """A value outside the axes: written at the edge it lies beyond."""
    shown = f"{text} \N{RIGHTWARDS ARROW}" if right else f"\N{LEFTWARDS ARROW} {text}"
    axes.text(
        0.97 if right else 0.03,
        row,
        shown,
        transform=axes.get_yaxis_transform(),
        ha="right" if right else "left",
        va="center",
        color=SOFT,
        fontsize=9.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _names(axes: Axes, groups: list[str], ending: str) -> None:
    axes.set_yticks(range(len(groups)), [f"{group}{ending}" for group in groups])
