"""All figures of a study: groups in processes of their own, and in a group each saved before the next is begun."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from slipher.density.histogram import Density
from slipher.progress import track
from slipher.redshift import Grid
from slipher.report import captions
from slipher.report.augmented import see
from slipher.report.comparison import draw_comparison
from slipher.report.errorbars import draw_errorbars
from slipher.report.folder import Group, History, StudyFolder
from slipher.report.losses import constraint_terms, draw_losses
from slipher.report.pit import draw_pit
from slipher.report.redshifts import Points, draw_redshifts
from slipher.report.stack import draw_stack
from slipher.report.style import Drawing, Look, save, styled
from slipher.report.views import choose_galaxies, draw_views
from slipher.survey.pool import Block, run
from slipher.survey.store import Galaxies

__all__ = ["Canvas", "GroupFigures", "Picture", "Stacked", "draw_groups", "draw_overview"]


@dataclass(frozen=True)
class Canvas:
    """What all figures of a study share."""

    study: StudyFolder
    store: Galaxies | None
    looks: Mapping[str, Look]
    limit: float
    """|Δz| beyond which a galaxy is an outlier."""


class Picture(NamedTuple):
    """A saved figure with its words."""

    name: str
    """File name without its suffix."""
    caption: str
    alt: str
    wide: bool
    inches: float
    """Width in print."""


class Stacked(NamedTuple):
    """What the n(z) figure needs to know of a group."""

    grid: Grid
    redshift: Float[np.ndarray, "galaxies"]
    mass: Float[np.ndarray, "bins"]


class GroupFigures(NamedTuple):
    """What was drawn of one group."""

    name: str
    pictures: list[Picture]
    stacked: Stacked
    histories: list[History]


def draw_groups(canvas: Canvas, workers: int) -> list[GroupFigures]:
    """Draw and save all figures of every group, those of densities from its first seed.

    Args:
        canvas: What they share.
        workers: Number of processes.
    """
    groups = canvas.study.groups
    jobs = [((place, place + 1), group) for place, group in enumerate(groups)]
    drawing = run(partial(_draw_group, canvas), jobs, min(workers, len(groups)))
    drawn = dict(track(drawing, "Drawing", total=len(groups), unit="group"))
    return [drawn[place] for place, _ in jobs]


def draw_overview(canvas: Canvas, drawn: Sequence[GroupFigures]) -> tuple[Picture, Picture]:
    """Draw and save the figures of all groups together: the comparison, and the stacks against n(z)."""
    with styled():
        return _save(canvas, _comparison(canvas)), _save(canvas, _stack(canvas, drawn))


def _draw_group(canvas: Canvas, _place: Block, group: Group) -> GroupFigures:
    density = group.runs[0].density()
    histories = [history for run in group.runs if (history := run.history())]
    with styled():
        pictures = [_save(canvas, drawing) for drawing in _drawings(canvas, group, density, histories)]
    stacked = Stacked(density.grid, _truth(density), density.mass.mean(axis=0))
    return GroupFigures(group.name, pictures, stacked, histories)


def _save(canvas: Canvas, drawing: Drawing) -> Picture:
    save(drawing.figure, canvas.study.path / "figures", drawing.name)
    return Picture(drawing.name, drawing.caption, drawing.alt, drawing.wide, drawing.figure.get_figwidth())


def _drawings(canvas: Canvas, group: Group, density: Density, histories: Sequence[History]) -> Iterator[Drawing]:
    points = Points(_truth(density), density.mean(), canvas.limit)
    yield _pit(canvas, group, density)
    redshifts = _redshifts(group, points)
    yield redshifts
    # it is saved by now; the bars go onto the same figure, whose layout is found
    yield _errorbars(group, points, density, redshifts.figure)
    if histories:
        yield _losses(canvas, group, histories)
    yield _views(canvas, group, density)


def _pit(canvas: Canvas, group: Group, density: Density) -> Drawing:
    others = [run.density().pit() for run in group.runs[1:]]
    figure = draw_pit(density.pit(), others, canvas.looks[group.name], group.name)
    caption = captions.pit(group.name, len(density), group.runs[0].seed, len(others), group.method == "trainz")
    return Drawing(f"pit-{group.name}", figure, caption, f"Histogram of the PIT of {group.name}, 1 where calibrated.")


def _redshifts(group: Group, points: Points) -> Drawing:
    caption = captions.redshifts(group.name, points, group.runs[0].seed)
    alt = (
        f"Photometric against spectroscopic redshifts of {group.name}; {points.outlier.sum()} of "
        f"{points.redshift.size} galaxies are outliers."
    )
    return Drawing(f"redshifts-{group.name}", draw_redshifts(points, group.name), caption, alt)


def _errorbars(group: Group, points: Points, density: Density, figure: Figure) -> Drawing:
    count, reached = draw_errorbars(figure, points, density)
    caption = captions.errorbars(group.name, points.limit, count, reached)
    alt = (
        f"As before for {group.name}, with the 5–95 % interval of {count} outliers; {reached} reach the true redshift."
    )
    return Drawing(f"errorbars-{group.name}", figure, caption, alt)


def _losses(canvas: Canvas, group: Group, histories: Sequence[History]) -> Drawing:
    figure = draw_losses(histories, canvas.looks[group.name], group.name)
    terms = constraint_terms(histories[0])
    alt = f"Losses of {group.name} by epoch: {', '.join(['total', 'cross-entropy', *terms])}."
    return Drawing(f"losses-{group.name}", figure, captions.losses(terms, len(histories)), alt, wide=bool(terms))


def _views(canvas: Canvas, group: Group, density: Density) -> Drawing:
    chosen = density[choose_galaxies(len(density))]
    sight = see(group, chosen, canvas.store, canvas.study.configuration.training_of(group.name))
    look = canvas.looks[group.name]
    figure = draw_views(density.grid, sight.mass, _truth(chosen), sight.pictures, look, group.name)
    views = sight.mass.shape[1]
    caption = captions.views(group.name, len(chosen), group.runs[0].seed, views, sight.reason)
    each = "one density" if views == 1 else f"{views} densities"
    alt = f"{len(chosen)} galaxies with {each} each from {group.name}, and their true redshifts."
    return Drawing(f"views-{group.name}", figure, caption, alt, wide=True)


def _comparison(canvas: Canvas) -> Drawing:
    study = canvas.study
    rows = [group.row for group in study.groups]
    beyond = [group.name for group in study.groups if group.method == "trainz"]
    figure = draw_comparison(rows, study.comparisons, canvas.looks, frozenset(beyond))
    against = str(study.comparisons[0]["against"]) if study.comparisons else None
    seeds = max(len(group.runs) for group in study.groups)
    caption = captions.comparison(against, beyond, seeds)
    return Drawing(
        "comparison", figure, caption, "Metrics of all groups with intervals; the numbers are those of Table 1."
    )


def _stack(canvas: Canvas, drawn: Sequence[GroupFigures]) -> Drawing:
    first = drawn[0].stacked
    stacks = {group.name: group.stacked.mass for group in drawn if group.stacked.grid == first.grid}
    figure = draw_stack(first.grid, first.redshift, stacks, canvas.looks)
    caption = captions.stack(canvas.study.groups[0].runs[0].seed)
    return Drawing("nz", figure, caption, "Stacked densities of each group over the histogram of true redshifts.")


def _truth(density: Density) -> Float[np.ndarray, "galaxies"]:
    """The spectroscopic redshifts, which ``Run.density`` has made sure of."""
    return np.asarray(density.redshift, dtype=np.float64)
