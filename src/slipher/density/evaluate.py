"""``slipher evaluate``: the metrics that a file of densities, or a table of point estimates, allows."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from slipher import progress
from slipher.density.bootstrap import Columns
from slipher.density.file import DensityFile, is_densities
from slipher.density.scores import columns, metrics, point_columns, score_columns
from slipher.density.truth import true_redshifts
from slipher.errors import InputError
from slipher.formats.tables import Table, column, listed, numbers, open_table

__all__ = ["BY", "evaluate"]

BY = ("redshift", "r", "ebv")
PARTS = 5
"""Into how many bins of equally many galaxies ``by`` splits."""
POINTS = ("mean", "median", "mode")

PerGalaxy = Float[np.ndarray, "galaxies"]
Known = Bool[np.ndarray, "galaxies"]
PerKnown = Float[np.ndarray, "known"]


def evaluate(
    path: str | Path,
    truth: str | None = None,
    point: str | None = None,
    by: str | None = None,
    convention: str = "paper",
) -> dict[str, Any]:
    """Score densities or point estimates against true redshifts; galaxies whose true redshift is NaN are left out.

    Args:
        path: densities (HDF5 in the layout of qp) or a table (csv, FITS, Parquet, npz, HDF5).
        truth: the column of true redshifts, in the same file or as FILE:COL in another, matched by id where both name
            their galaxies in a column of the same name, else row by row; ``redshift`` if None.
        point: the point estimate: of densities mean (if None), median, mode or an ancillary column; of a table a column
            (if None ``z_mean``, as in the catalogue that ``slipher predict`` writes).
        by: also score in bins of equally many galaxies of redshift, r or ebv.
        convention: paper or rail.

    Returns:
        ``n``, ``point``, ``metrics`` (value, low and high of each that the input allows; None where not finite) and,
        where asked for, ``by``: a list of bins, each with ``low``, ``high``, ``n`` and ``metrics``.

    Raises:
        InputError: if a file, column or option cannot be used.
    """
    metrics(convention)
    if by is not None and by not in BY:
        raise InputError(f"galaxies cannot be split by {by!r}; allowed are {', '.join(BY)}.")
    with ExitStack() as stack:
        file = stack.enter_context(DensityFile(path)) if is_densities(path) else None
        table = open_table(path) if file is None else file.ancil
        name = _table_point(table, point) if file is None else _density_point(table, point)
        count = len(column(table, name)) if file is None else len(file)
        redshift = true_redshifts(table, count, truth)
        known = _known(table, redshift)
        split = None if by is None else _split(table, by, redshift)[known]
        if file is None:
            scored = _point_columns(table, name, redshift, known)
        else:
            scored = _density_columns(file, name, redshift, known)
    return _document(name, scored, split, convention)


def _table_point(table: Table, point: str | None) -> str:
    """The column of point estimates of a table; ``mean`` is ``z_mean`` where it has no column of that name."""
    name = point or "mean"
    name = f"z_{name}" if name in POINTS and name not in table else name
    if name not in table:
        raise InputError(
            f"{table.path} holds neither densities (qp's groups meta and data) nor a column {name!r}; name its column "
            f"of point estimates by --point; it has {listed(table)}."
        )
    return name


def _density_point(table: Table, point: str | None) -> str:
    name = point or "mean"
    if name not in POINTS and name not in table:
        raise InputError(
            f"{table.path} has no point estimate {name!r}; it has {', '.join(POINTS)} and the columns {listed(table)}."
        )
    return name


def _known(table: Table, redshift: PerGalaxy) -> Known:
    known: Known = np.isfinite(redshift)
    if not known.any():
        raise InputError(f"no galaxy of {table.path} has a known true redshift; give some by --truth COL or FILE:COL.")
    return known


def _split(table: Table, by: str, redshift: PerGalaxy) -> PerGalaxy:
    """The numbers by which galaxies are put into bins."""
    values = redshift if by == "redshift" else numbers(table, by)
    if len(values) != len(redshift):
        raise InputError(
            f"{by!r} of {table.path} has {len(values)} values for {len(redshift)} galaxies; give one each."
        )
    return values


def _point_columns(table: Table, name: str, redshift: PerGalaxy, known: Known) -> dict[str, PerKnown]:
    """What a column of point estimates allows."""
    point = numbers(table, name)
    if len(point) != len(redshift):
        raise InputError(
            f"{name!r} of {table.path} has {len(point)} values for {len(redshift)} redshifts; give one each."
        )
    if not np.isfinite(point[known]).all():
        missing = np.count_nonzero(~np.isfinite(point[known]))
        raise InputError(
            f"{name!r} of {table.path} is NaN or infinite for {missing} galaxies of known redshift; drop them."
        )
    return point_columns(point[known], redshift[known])


def _density_columns(file: DensityFile, name: str, redshift: PerGalaxy, known: Known) -> dict[str, PerKnown]:
    """What densities allow, a block of them in memory at a time."""
    parts, start = [], 0
    for block in file.blocks():
        rows = slice(start, start + len(block))
        parts.append(columns(block[known[rows]], redshift[rows][known[rows]], name if name in POINTS else "mean"))
        start = rows.stop
    scored = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    return scored if name in POINTS else {**scored, **_point_columns(file.ancil, name, redshift, known)}


def _document(name: str, scored: Columns, split: PerGalaxy | None, convention: str) -> dict[str, Any]:
    n = len(scored["dz"])
    lost = np.count_nonzero(np.isinf(scored["log_score"])) if "log_score" in scored else 0
    if lost:
        progress.say(
            f"{lost} of {n} true redshifts lie where their density is zero: log_score is infinite, given as null."
        )
    document = {"n": n, "point": name, "metrics": _metrics(scored, convention)}
    if convention != "paper":
        document["convention"] = convention
    if split is not None:
        document["by"] = [_part(scored, split, rows, convention) for rows in _parts(split)]
    return document


def _metrics(scored: Columns, convention: str) -> dict[str, dict[str, float | None]]:
    scores = score_columns(scored, convention, label="bootstrap")
    return {name: score.as_dict() for name, score in scores.items()}


def _parts(split: PerGalaxy) -> list[Known]:
    """Masks of bins of about equally many galaxies; those of equal value stay together, those of NaN are in none."""
    edges = np.unique(np.nanquantile(split, np.linspace(0, 1, PARTS + 1)[1:-1]))
    place = np.searchsorted(edges, split, side="left")
    masks = [(place == part) & np.isfinite(split) for part in range(len(edges) + 1)]
    return [mask for mask in masks if mask.any()]


def _part(scored: Columns, split: PerGalaxy, rows: Known, convention: str) -> dict[str, Any]:
    values = split[rows]
    inside = {name: column[rows] for name, column in scored.items()}
    bounds = {"low": float(values.min()), "high": float(values.max()), "n": len(values)}
    return {**bounds, "metrics": _metrics(inside, convention)}
