"""Densities as arrays: a column of a catalogue with M numbers a galaxy, and the redshifts that go with them.

M redshifts are knots between which the density goes straight, M + 1 are the edges of bins; both may be the same for all
galaxies or each galaxy's own, and rise or fall.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from slipher.density.foreign import OWN_HIST, OWN_INTERP
from slipher.density.sources.asked import Asked
from slipher.density.sources.knots import Knots, bare, named_knots, stored_knots
from slipher.density.sources.stored import Stored, plain
from slipher.errors import InputError
from slipher.formats.tables import Table, listed
from slipher.progress import say
from slipher.redshift import Grid

__all__ = ["gridded"]

PDFS = ("pdf", "pdfs", "pz", "pdz", "pofz", "zpdf", "pdfz", "photozpdf", "probz", "zprob", "prob", "posterior", "yvals")
"""What columns of densities are called, in lower case and without _ and -."""
ONE = 0.01
"""How far from 1 the sum of masses may be."""


class _Choice(NamedTuple):
    """A column of densities and its redshifts."""

    pdf: str
    knots: Knots | Grid


def gridded(table: Table, asked: Asked, pointed: bool) -> Stored | None:
    """The densities in a column of a table; None if there are none.

    Args:
        table: an open table.
        asked: which column, which redshifts.
        pointed: whether the table has the point estimates that are to be scored, if it holds no densities.

    Raises:
        InputError: if columns are named that are not there or do not fit, or it is not clear which ones are meant.
    """
    wide = _wide(table)
    choice = _chosen(table, wide, asked, pointed)
    if choice is None:
        return None
    width = wide[choice.pdf]
    if isinstance(choice.knots, Grid):
        return _stored(table, choice.pdf, "hist", {"bins": choice.knots.edges}, None)
    knots, hist = choice.knots, choice.knots.width == width + 1
    if knots.column is not None:
        return _stored(table, choice.pdf, OWN_HIST if hist else OWN_INTERP, {}, knots.column)
    shared = {"bins" if hist else "xvals": np.asarray(knots.values)}
    if knots.falls:
        say(f"The redshifts of column {choice.pdf!r} of {table.path} fall: both are turned round.")
    return _stored(table, choice.pdf, "hist" if hist else "interp", shared, None, -1 if knots.falls else 1)


def _wide(table: Table) -> dict[str, int]:
    """Columns with an array of numbers a row, and how many numbers."""
    columns = table.read([name for name in table if table.length(name) == table.count], 0, 0)
    found = {name: each.values for name, each in columns.items()}
    return {name: each.shape[1] for name, each in found.items() if each.ndim == 2 and each.dtype.kind in "iuf"}


def _chosen(table: Table, wide: Mapping[str, int], asked: Asked, pointed: bool) -> _Choice | None:
    """Which column, and which redshifts."""
    if asked.pdf is not None and asked.pdf not in wide:
        raise InputError(f"{table.path} has no column {asked.pdf!r} of an array a row; it has {listed(wide)} of these.")
    known = stored_knots(table, wide) if asked.grid is None else [named_knots(table, asked.grid)]
    columns = [name for name in wide if name not in {each.column for each in known}]
    columns = columns if asked.pdf is None else [asked.pdf]
    fitting = [_Choice(name, each) for name in columns for each in known if each.width - wide[name] in (0, 1)]
    pdfs = list(dict.fromkeys(choice.pdf for choice in fitting))
    called = [name for name in pdfs if _is_called_pdf(name)]
    if len(called or pdfs) > 1:
        raise InputError(
            f"{table.path} has several columns that may be densities, {listed(called or pdfs)}; name one by --pdf."
        )
    if fitting:
        return next(choice for choice in fitting if choice.pdf == (called or pdfs)[0])
    return _without_knots(table, wide, columns, known, asked, pointed)


def _without_knots(
    table: Table,
    wide: Mapping[str, int],
    columns: Sequence[str],
    known: Sequence[Knots],
    asked: Asked,
    pointed: bool,
) -> _Choice | None:
    """Densities whose redshifts no array tells: bins of --z-max, or an error that says so."""
    named = [name for name in columns if name == asked.pdf or _is_called_pdf(name)]
    if asked.grid is not None:
        there = listed(f"{name} ({wide[name]})" for name in columns)
        raise InputError(
            f"{asked.grid} has {known[0].width} redshifts, which fit no column of {table.path} with an array a row "
            f"({there}); as many are needed, or one more."
        )
    if not named:
        return None
    name, width = named[0], wide[named[0]]
    if asked.z_max is not None and asked.bins in (None, width):
        return _Choice(name, Grid(asked.z_max, width))
    if asked.pdf is None and pointed:
        say(f"Column {name!r} of {table.path} may hold densities, whose redshifts it does not tell; --grid names them.")
        return None
    raise InputError(
        f"{table.path} does not say at which redshifts the {width} numbers of {name!r} are; name a column or array of "
        f"{width} redshifts or {width + 1} edges by --grid COL or FILE:COL, or equal bins from 0 by --z-max."
    )


def _is_called_pdf(name: str) -> bool:
    return bare(name) in PDFS


def _stored(
    table: Table, pdf: str, kind: str, meta: Mapping[str, np.ndarray], knots: str | None, way: int = 1
) -> Stored:
    heights, places = ("pdfs", "bins") if kind in ("hist", OWN_HIST) else ("yvals", "xvals")
    scale = _scale(table, pdf, meta.get("bins"), way)

    def rows(start: int, stop: int) -> dict[str, np.ndarray]:
        found = table.read([pdf] if knots is None else [pdf, knots], start, stop)
        named = {heights: plain(found[pdf])[:, ::way] * scale}
        return named if knots is None else {**named, places: plain(found[knots])}

    return Stored(table.path, kind, meta, table.count, rows, table)


def _scale(table: Table, pdf: str, edges: Float[np.ndarray, "edges"] | None, way: int) -> Float[np.ndarray, "#bins"]:
    """What turns the numbers into densities: 1, or 1 over the widths of unequal bins where they are masses."""
    if edges is None or np.allclose(np.diff(edges), np.diff(edges).mean(), rtol=1e-4):
        return np.ones(1)
    some = plain(table.read([pdf], 0, 1000)[pdf])[:, ::way]
    total, area = (np.nanmedian(each.sum(axis=1)) for each in (some, some * np.diff(edges)))
    if abs(total - 1) > ONE or abs(area - 1) <= ONE:
        return np.ones(1)
    say(f"Column {pdf!r} of {table.path} sums to 1 over bins of different widths: it is taken for probabilities.")
    return np.asarray(1 / np.diff(edges))
