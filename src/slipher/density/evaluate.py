"""``slipher evaluate``: the metrics that a file of densities, or a table of point estimates, allows."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from slipher import progress
from slipher.density.bootstrap import Columns
from slipher.density.file import DensityFile
from slipher.density.opening import open_scorable
from slipher.density.scored import ALL, scored_galaxies
from slipher.density.scores import columns, metrics, point_columns, score_columns
from slipher.density.sources.asked import Asked
from slipher.density.told import tell_missing, tell_outside
from slipher.density.truth import true_redshifts
from slipher.errors import InputError
from slipher.formats.parts import PARTS
from slipher.formats.plausible import EBV, MAGNITUDE, known
from slipher.formats.tables import Table, column, listed, numbers

__all__ = ["BY", "evaluate"]

BY = ("redshift", "r", "ebv")
QUANTITIES = {"r": MAGNITUDE, "ebv": EBV}
"""What the columns are, beside redshift."""
BINS = 5
"""Into how many bins of equally many galaxies ``by`` splits."""
POINTS = ("mean", "median", "mode")

PerGalaxy = Float[np.ndarray, "galaxies"]
Which = Bool[np.ndarray, "galaxies"]
PerScored = Float[np.ndarray, "scored"]


def evaluate(
    path: str | Path,
    truth: str | None = None,
    point: str | None = None,
    by: str | None = None,
    convention: str = "paper",
    split: str | None = None,
    pdf: str | None = None,
    grid: str | None = None,
    z_max: float | None = None,
    bins: int | None = None,
) -> dict[str, Any]:
    """Score densities or point estimates against true redshifts.

    Galaxies of other parts of the split, of unknown true redshift (NaN, −1, −99, ...), or with an impossible point
    estimate are left out and counted.

    Args:
        path: densities of any parameterisation of qp (HDF5, FITS, Parquet), a table with a column of densities (FITS,
            Parquet, npz, HDF5), or a table of point estimates (csv and others too).
        truth: the column of true redshifts, in the same file or as FILE:COL in another, matched by id where both name
            their galaxies, else row by row; ``redshift`` if None.
        point: the point estimate: of densities mean (if None), median, mode or an ancillary column; of a table a column
            (if None ``z_mean``, as in the catalogue that ``slipher predict`` writes).
        by: also score in bins of equally many galaxies of redshift, r or ebv.
        convention: paper or rail.
        split: the part that is scored: train, validation, test, or all. If None, test where the file has a column
            ``split``, and everything where it has none.
        pdf: the column of a table that holds an array of densities a row; found by its name and its redshifts if None.
        grid: the redshifts of such arrays: COL of the same file or FILE:COL, as many as densities (knots), or one more
            (edges of bins); found by their name if None.
        z_max: end of the grid from 0 on onto which densities are brought; if None they are scored as they are stored.
        bins: number of bins of that grid.

    Returns:
        ``n``, ``point``, ``metrics`` (value, low and high of each that the input allows, None where not finite or of
        one galaxy; of PIT distances also ``expected_low``, ``expected_high`` and ``p``, and low and high are None) and,
        where there is cause, ``matched`` (by, of, n: how galaxies found their true redshifts in another file),
        ``split`` (the part), ``left_out`` (how many for their part, redshift, point or want of a density) and ``by``: a
        list of bins, each with ``low``, ``high``, ``n`` and ``metrics``.

    Raises:
        InputError: if a file, column or option cannot be used.
    """
    metrics(convention)
    for value, allowed, what in ((by, BY, "split by"), (split, (*PARTS, ALL), "taken of the part")):
        if value is not None and value not in allowed:
            raise InputError(f"galaxies cannot be {what} {value!r}; allowed are {', '.join(allowed)}.")
    with ExitStack() as stack:
        file, table = open_scorable(path, Asked(pdf, grid, z_max, bins), point, stack)
        name = _table_point(table, point) if file is None else _density_point(table, point)
        count = len(column(table, name)) if file is None else len(file)
        redshift, match = true_redshifts(table, count, truth)
        estimate = None if file is not None and name in POINTS else _per_galaxy(table, name, count)
        galaxies = scored_galaxies(table, redshift, estimate, split)
        scored: dict[str, PerScored] = {}
        if file is not None:
            scored, good = _density_columns(file, name, redshift, galaxies.rows)
            galaxies = galaxies.holding(good, table)
        if estimate is not None:
            scored |= point_columns(estimate[galaxies.rows], redshift[galaxies.rows])
        binned = None
        if by is not None:
            binned = _binned(table, by, redshift)[galaxies.rows]
            _check_binned(binned, by, table)
    matched = {} if match is None else {"matched": match.document()}
    return _document(name, scored, binned, convention, matched | galaxies.document())


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


def _per_galaxy(table: Table, name: str, count: int) -> PerGalaxy:
    """A column of numbers, one for each galaxy."""
    values = numbers(table, name)
    if len(values) != count:
        raise InputError(f"{name!r} of {table.path} has {len(values)} values for {count} galaxies; give one each.")
    return values


def _binned(table: Table, by: str, redshift: PerGalaxy) -> PerGalaxy:
    """The numbers by which galaxies are put into bins."""
    if by == "redshift":
        return redshift
    return known(_per_galaxy(table, by, len(redshift)), QUANTITIES[by], f"{table.path}: {by!r}")


def _check_binned(binned: PerScored, by: str, table: Table) -> None:
    """Say how many galaxies are in no bin.

    Raises:
        InputError: if none is in one.
    """
    without = int(np.isnan(binned).sum())
    if without == len(binned):
        raise InputError(f"no galaxy of {table.path} that is scored has a known {by}; split by another column (--by).")
    if without:
        progress.say(f"{without:,} of {len(binned):,} galaxies have no known {by} and are in no bin.")


def _density_columns(
    file: DensityFile, name: str, redshift: PerGalaxy, rows: Which
) -> tuple[dict[str, PerScored], Which]:
    """What densities allow, a block of them in memory at a time; and which galaxies of the file have one."""
    parts, held, far = [], [], []
    for start, stop in file.bounds():
        good, density, outside = file.block(start, stop)
        wanted, truth = rows[start:stop][good], redshift[start:stop][good]
        parts.append(columns(density[wanted], truth[wanted], name if name in POINTS else "mean"))
        held.append(good)
        far.append(outside)
    good = np.concatenate(held)
    tell_missing(file, good)
    tell_outside(file, np.concatenate(far))
    return {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}, good


def _document(
    name: str, scored: Columns, binned: PerScored | None, convention: str, more: dict[str, Any]
) -> dict[str, Any]:
    n = len(scored["dz"])
    lost = np.count_nonzero(np.isinf(scored["log_score"])) if "log_score" in scored else 0
    if lost:
        progress.say(
            f"{lost} of {n} true redshifts lie where their density is zero: log_score is infinite, given as null."
        )
    document = {"n": n, "point": name, "metrics": _metrics(scored, convention)} | more
    if convention != "paper":
        document["convention"] = convention
    if binned is not None:
        document["by"] = [_bin(scored, binned, rows, convention) for rows in _bins(binned)]
    return document


def _metrics(scored: Columns, convention: str, label: str = "bootstrap") -> dict[str, dict[str, float | None]]:
    scores = score_columns(scored, convention, label=label)
    return {name: score.as_dict() for name, score in scores.items()}


def _bins(binned: PerScored) -> list[Which]:
    """Masks of bins of about equally many galaxies; those of equal value stay together, those of NaN are in none."""
    edges = np.unique(np.nanquantile(binned, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.searchsorted(edges, binned, side="left")
    masks = [(place == number) & np.isfinite(binned) for number in range(len(edges) + 1)]
    return [mask for mask in masks if mask.any()]


def _bin(scored: Columns, binned: PerScored, rows: Which, convention: str) -> dict[str, Any]:
    values = binned[rows]
    inside = {name: column[rows] for name, column in scored.items()}
    bounds = {"low": float(values.min()), "high": float(values.max()), "n": len(values)}
    label = f"bootstrap, {bounds['low']:.4g} to {bounds['high']:.4g}"
    return {**bounds, "metrics": _metrics(inside, convention, label)}
