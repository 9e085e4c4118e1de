"""Columns of a catalogue in the order of the cutouts that it goes with."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int64

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.identifiers import identifiers
from slipher.formats.matching import match_columns, match_tables
from slipher.formats.table import Held, Table
from slipher.formats.tables import column
from slipher.progress import say
from slipher.survey.columns import numbers
from slipher.survey.stamps.folder import shortened

__all__ = ["Joined", "joined"]


class Joined(Table):
    """The rows of a table in another order; a row that it does not have is missing.

    Args:
        table: the table.
        rows: which row of it each row is; −1 for none.
    """

    def __init__(self, table: Table, rows: Int64[np.ndarray, "galaxies"]) -> None:
        super().__init__(table.path, table.names, len(rows))
        self._table = table
        self._rows = rows
        self._whole: dict[str, Column] = {}
        """The column that was read last: the rows of a block lie anywhere in it."""

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        if start == stop:
            return self._table.read(names, 0, 0)
        if self._whole.keys() != set(names):
            self._whole = self._table.read(names)
        rows = self._rows[start:stop]
        found = {name: each[np.maximum(rows, 0)] for name, each in self._whole.items()}
        absent = rows < 0
        return (
            {name: replace(each, missing=_also(each, absent)) for name, each in found.items()}
            if absent.any()
            else found
        )


def joined(
    own: Table,
    names: Column | None,
    catalogue: Table,
    id: str | None,  # noqa: A002 - the name of the option
    redshift: str | None,
) -> tuple[Joined, Column | None]:
    """A catalogue's rows in the order of cutouts: by identifiers where both have them, else row by row; says which.

    Args:
        own: what lies beside the cutouts, a row a galaxy.
        names: the galaxies' names if their files tell them.
        catalogue: the catalogue.
        id: the column of identifiers, in the catalogue and, if there is one, beside the cutouts; None looks for it.
        redshift: a column in which rows of one galaxy must agree.

    Returns:
        The rows, and the identifiers by which they were matched, if they were.

    Raises:
        InputError: if no galaxy is matched, or neither identifiers nor the numbers of rows tell which belong together.
    """
    values = _values(catalogue, redshift)
    if names is not None:
        chosen = _by_names(names, catalogue, id)
        match = match_columns(*chosen, values)
        used: Column | None = chosen[0]
    elif id is not None and id in own:
        used = column(own, id)
        match = match_columns(used, column(catalogue, id), values)
    elif id is not None:
        # without columns in which identifiers could be looked for
        match, used = match_tables(Held(own.path, []), own.count, Held(catalogue.path, []), values), None
    else:
        match = match_tables(own, own.count, catalogue, values)
        used = None if match.by == "row" else column(own, match.by.split(" = ")[0])
    unused = len(values) - len(np.unique(match.rows[match.rows >= 0]))
    if unused:
        say(f"{unused:,} of {len(values):,} rows of {catalogue.path} have no cutout.")
    return Joined(catalogue, match.rows), used


def _values(catalogue: Table, redshift: str | None) -> Float64[np.ndarray, "rows"]:
    """The redshifts of a catalogue, or nothing that could differ."""
    return np.zeros(catalogue.count) if redshift is None else numbers(catalogue, redshift, catalogue.count)


def _by_names(names: Column, catalogue: Table, id: str | None) -> tuple[Column, Column]:  # noqa: A002
    """Names of files and the identifiers that most of them are, with what all names share or without it."""
    if id is None:
        raise InputError(
            f"{catalogue.path} goes with the files of {names.where}, but nothing says which column has their names; "
            "name it (--id)."
        )
    other = column(catalogue, id)
    short = replace(names, values=np.array(shortened(names.values.tolist())))
    known = set(map(str, identifiers(other).values.tolist()))
    return max((names, short), key=lambda each: len(known & set(each.values.tolist()))), other


def _also(found: Column, absent: np.ndarray) -> np.ndarray:
    """Which values are missing if some rows are absent."""
    return np.asarray(found.lacking | absent.reshape(-1, *[1] * (found.values.ndim - 1)))
