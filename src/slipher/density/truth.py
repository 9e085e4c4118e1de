"""True redshifts for the galaxies of a table: a column of its own, or of another file matched by id."""

import numpy as np
from jaxtyping import Float, Int

from slipher.errors import InputError
from slipher.formats.tables import Table, column, listed, numbers, open_table

__all__ = ["true_redshifts"]

IDS = ("id", "objid", "objectid", "object_id", "galaxy_id", "source_id", "specobjid", "targetid")
"""What columns that name galaxies are called, in lower case."""

PerGalaxy = Float[np.ndarray, "galaxies"]


def true_redshifts(table: Table, count: int, truth: str | None) -> PerGalaxy:
    """The true redshift of each galaxy of a table, NaN where unknown.

    Args:
        table: the columns that go with the galaxies.
        count: how many galaxies there are.
        truth: COL of the table, or FILE:COL; ``redshift`` if None. Galaxies are matched by id where both have a column
            of ids of the same name (one that is not in FILE has no known redshift), else row by row.

    Raises:
        InputError: if there is no such column, no galaxy matches, or the numbers of rows differ.
    """
    if truth is None and "redshift" not in table:
        raise InputError(
            f"{table.path} has no column 'redshift'; name the true redshifts by --truth COL or FILE:COL; it has "
            f"{listed(table)}."
        )
    name = truth or "redshift"
    file, colon, wanted = name.rpartition(":")
    values = numbers(table, name) if name in table or not colon else _from_file(table, count, open_table(file), wanted)
    if (values <= -1).any():
        raise InputError(f"{name} holds {values.min():g}, which is no redshift; write NaN where it is unknown.")
    return values


def _from_file(table: Table, count: int, other: Table, wanted: str) -> PerGalaxy:
    values = numbers(other, wanted)
    shared = next((name for name in table if name.lower() in IDS and name in other), None)
    if shared is not None:
        rows = _rows_of(
            _comparable(column(table, shared).values), _comparable(column(other, shared).values), shared, other
        )
        return np.where(rows < 0, np.nan, values[rows])
    if len(values) != count:
        raise InputError(
            f"{other.path} has {len(values)} rows, but there are {count} galaxies in {table.path} and no column of ids "
            f"in both; give one redshift a galaxy in the same order, or ids."
        )
    return values


def _rows_of(ids: np.ndarray, known: np.ndarray, name: str, other: Table) -> Int[np.ndarray, "galaxies"]:
    """The row of each id among the known ones, −1 where there is none."""
    if ids.dtype.kind != known.dtype.kind:
        ids, known = ids.astype(np.str_), known.astype(np.str_)
    order = np.argsort(known, kind="stable")
    ranked = known[order]
    if (ranked[1:] == ranked[:-1]).any():
        raise InputError(f"{other.path} has the same {name} in several rows; keep one row a galaxy.")
    place = np.minimum(np.searchsorted(ranked, ids), max(len(ranked) - 1, 0))
    rows = np.where(ranked[place] == ids, order[place], -1) if len(ranked) else np.full(len(ids), -1)
    if not (rows >= 0).any():
        raise InputError(
            f"no {name} of {other.path} is among those to be scored; is it the catalogue of other galaxies?"
        )
    return np.asarray(rows, dtype=np.int64)


def _comparable(ids: np.ndarray) -> np.ndarray:
    """Integers as int64: a comparison of int64 with uint64 would go through float64 and confuse long ids."""
    return ids.astype(np.int64) if ids.dtype.kind in "iu" else ids
