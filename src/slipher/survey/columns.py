"""The columns that come with cutouts: identifiers, redshifts, positions and parts, checked."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Shaped, UInt8

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.identifiers import as_stored, row_numbers, unique_identifiers
from slipher.formats.parts import PARTS, check_parts, partless, parts
from slipher.formats.plausible import REDSHIFT, Tally, plausible, tell, tell_positions
from slipher.formats.plausible import positions as plausible_positions
from slipher.formats.tables import Table, column
from slipher.formats.units import worth_in
from slipher.survey.split import split_as_given, split_by_id, tell_partless

__all__ = ["identifiers", "numbers", "one_a_galaxy", "positions", "redshifts", "splits"]

PIECE = 1 << 16
"""Rows that are read at once."""


def redshifts(table: Table, name: str | None, count: int) -> Float64[np.ndarray, "galaxies"]:
    """Spectroscopic redshifts; NaN where unknown or if there are none.

    Values that no redshift has count as unknown and are told.

    Raises:
        InputError: if the column does not fit the cutouts or most of it is no redshift.
    """
    if name is None:
        return np.full(count, np.nan)
    found = [plausible(rows[name].numbers(), REDSHIFT) for rows in _blocks(table, [name], count)]
    tell(sum((tally for _, tally in found), Tally()), REDSHIFT, f"{table.path}: {name!r}")
    return np.concatenate([values for values, _ in found])


def numbers(table: Table, name: str, count: int) -> Float64[np.ndarray, "galaxies"]:
    """One real number a galaxy; NaN where it is missing.

    Raises:
        InputError: if the column does not fit the cutouts or holds no numbers.
    """
    return np.concatenate([rows[name].numbers() for rows in _blocks(table, [name], count)])


def positions(table: Table, ra: str | None, dec: str | None, count: int) -> dict[str, Float64[np.ndarray, "galaxies"]]:
    """Right ascensions and declinations in degrees as ``ra`` and ``dec``, NaN where unknown; nothing if unnamed.

    Raises:
        InputError: if only one is named, a column does not fit the cutouts, or most positions are not on the sky.
    """
    if ra is None and dec is None:
        return {}
    if ra is None or dec is None:
        raise InputError(f"{table.path}: only {'dec' if ra is None else 'ra'} is named; name both or none.")
    labels = f"{table.path}: {ra!r}", f"{table.path}: {dec!r}"
    blocks = _blocks(table, [ra, dec], count)
    factors = worth_in(table.describe(ra), "deg"), worth_in(table.describe(dec), "deg")
    found = [plausible_positions(rows[ra].numbers(), rows[dec].numbers(), factors) for rows in blocks]
    each = [tallies for *_, tallies in found]
    tell_positions((sum((one for one, _ in each), Tally()), sum((other for _, other in each), Tally())), labels)
    return {name: np.concatenate([block[place] for block in found]) for place, name in enumerate(("ra", "dec"))}


def identifiers(table: Table, name: str | None, count: int, repeated: bool = False) -> Shaped[np.ndarray, "galaxies"]:
    """Identifiers as a store keeps them, int64 or UTF-8 bytes; the row numbers if there are none.

    Args:
        table: the columns.
        name: the column of identifiers.
        count: number of galaxies.
        repeated: whether one may stand several times, which is then said.

    Raises:
        InputError: if the column does not fit the cutouts, or as `formats.identifiers.unique_identifiers`.
    """
    if name is None:
        return row_numbers(count)
    return as_stored(unique_identifiers(one_a_galaxy(table, name, count), repeated))


def splits(
    table: Table,
    name: str | None,
    identifier: Shaped[np.ndarray, "galaxies"],
    redshift: Float64[np.ndarray, "galaxies"],
) -> UInt8[np.ndarray, "galaxies"]:
    """0 train, 1 validation, 2 test for every galaxy: as a column says, or by a digest of the identifier.

    Galaxies without a redshift need no part, and are put with those that train where they have none.

    Raises:
        InputError: if the column does not fit the cutouts or says something else.
    """
    if name is None:
        return split_by_id(identifier)
    said, source = one_a_galaxy(table, name, len(redshift)), f"{table.path}, column {name!r}"
    given = parts(said, np.isnan(redshift))
    check_parts(said, np.bincount(given, minlength=len(PARTS)))
    tell_partless(int(partless(said).sum()), source)
    return split_as_given(given, identifier, source)


def one_a_galaxy(table: Table, name: str, count: int) -> Column:
    """A column with one value a galaxy.

    Raises:
        InputError: if it has not, or is not there.
    """
    _check_length(table, name, count)
    return column(table, name)


def _check_length(table: Table, name: str, count: int) -> None:
    """See that a column is there and has one value a galaxy."""
    shape = (table.length(name) if name in table else count, *table.describe(name).values.shape[1:])
    if shape != (count,):
        raise InputError(
            f"{table.path}: {name!r} has shape {shape}, but there are {count} cutouts; it must have one value each."
        )


def _blocks(table: Table, names: list[str], count: int) -> Iterator[dict[str, Column]]:
    """Columns with one value a galaxy, some rows at a time: while they become numbers they take much memory."""
    for name in names:
        _check_length(table, name, count)
    for start in range(0, max(count, 1), PIECE):
        yield table.read(names, start, min(start + PIECE, count))
