"""True redshifts for the galaxies of a table: a column of its own, or of another file matched by id."""

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.formats.matching import Match, match_tables
from slipher.formats.tables import Table, listed, numbers, open_table

__all__ = ["true_redshifts"]

PerGalaxy = Float[np.ndarray, "galaxies"]


def true_redshifts(table: Table, count: int, truth: str | None) -> tuple[PerGalaxy, Match | None]:
    """The true redshift of each galaxy of a table as it is written, NaN where there is none.

    Args:
        table: the columns that go with the galaxies.
        count: how many galaxies there are.
        truth: COL of the table, or FILE:COL; ``redshift`` if None. Galaxies are matched with the rows of FILE as
            `formats.matching.match_tables` says.

    Returns:
        The redshifts, and how they were matched, where they come from another file.

    Raises:
        InputError: if there is no such column, no galaxy matches, or the numbers of rows
            differ.
    """
    if truth is None and "redshift" not in table:
        raise InputError(
            f"{table.path} has no column 'redshift'; name the true redshifts by --truth COL or FILE:COL; it has "
            f"{listed(table)}."
        )
    name = truth or "redshift"
    file, colon, wanted = name.rpartition(":")
    if name in table or not colon:
        own = numbers(table, name)
        if len(own) != count:
            raise InputError(f"{name!r} of {table.path} has {len(own)} values for {count} galaxies; give one each.")
        return own, None
    other = open_table(file)
    values = numbers(other, wanted)
    match = match_tables(table, count, other, values)
    return match.values(values), match
