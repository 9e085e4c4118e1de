"""The names that a catalogue gives its galaxies: exact whole numbers, or text, and never floats."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int64, Shaped

from slipher.errors import InputError
from slipher.formats.cells import MISSING
from slipher.formats.column import Column
from slipher.formats.tables import Table, column
from slipher.progress import say

__all__ = [
    "as_stored",
    "identifiers",
    "repeats",
    "row_numbers",
    "table_identifiers",
    "unique_identifiers",
]

NAMED = 3
"""How many identifiers a message names."""
WANTED = "identifiers are whole numbers or text"

Names = Shaped[np.ndarray, "galaxies"]


def identifiers(names: Column) -> Column:
    """Identifiers as int64 where all read back as they were written, and as text without spaces around it otherwise.

    ``"12"`` is the number 12; ``"007"``, ``"1_0"``, ``"1e5"`` and 2**63 stay text. A missing or empty one is missing.

    Raises:
        InputError: if the column holds neither whole numbers nor text. Whole floats are taken while a float tells
            neighbours apart.
    """
    values, missing = names.values, names.lacking
    if values.dtype.kind in "SU":
        return _of_text(names)
    if values.dtype.kind == "f":
        missing = missing | np.isnan(values)
        values = _whole(names, np.where(missing, 0, values))
    if values.dtype.kind not in "iu":
        raise InputError(f"{names.where}: column {names.name!r} holds {names.kind}; {WANTED}.")
    long = values.dtype == np.uint64 and bool((values > np.iinfo(np.int64).max).any())
    return _column(names, values.astype(np.str_ if long else np.int64, copy=False), missing)


def unique_identifiers(names: Column, repeated: bool = False) -> Column:
    """As `identifiers`, of galaxies that a catalogue must tell apart.

    Args:
        names: one a galaxy.
        repeated: whether one may stand several times all the same, which is then said.

    Raises:
        InputError: as `identifiers`, or if one is missing or stands several times; names the first.
    """
    found = identifiers(names)
    if found.missing is not None:
        raise InputError(
            f"{names.where}: column {names.name!r} names no galaxy in {int(found.missing.sum()):,} of {len(found):,} "
            f"rows, first in row {found.first + int(np.argmax(found.missing))}; fill them, or name another column "
            "(--id)."
        )
    again = repeats(found)
    if again and repeated:
        say(f"{names.where}: {again} in column {names.name!r}, and are kept.")
    elif again:
        raise InputError(
            f"{names.where}: {again} in column {names.name!r}; name a column that tells galaxies apart (--id)."
        )
    return found


def repeats(names: Column) -> str:
    """Which identifiers stand several times, in words; nothing if none does."""
    present = names.values if names.missing is None else names.values[~names.missing]
    ordered = np.sort(present)
    if not (ordered[1:] == ordered[:-1]).any():
        return ""
    each, first, count = np.unique(present, return_index=True, return_counts=True)
    several = np.flatnonzero(count > 1)
    if not len(several):
        return ""
    several = several[np.argsort(first[several])]
    examples = ", ".join(f"{each[one]} {count[one]:,} times" for one in several[:NAMED])
    more = ", ..." if len(several) > NAMED else ""
    return f"{_counted(len(several))} several times ({examples}{more}){_cut_off(each, each[several])}"


def as_stored(names: Column) -> Names:
    """Identifiers as a store keeps them: int64, or UTF-8."""
    return np.char.encode(names.values, "utf-8") if names.values.dtype.kind == "U" else names.values


def row_numbers(count: int) -> Int64[np.ndarray, "galaxies"]:
    """The identifiers of galaxies that have none."""
    return np.arange(count, dtype=np.int64)


def table_identifiers(table: Table, name: str | None, count: int) -> Names:
    """The identifiers of a catalogue as a store keeps them, int64 or UTF-8.

    Args:
        table: the catalogue.
        name: the column; None numbers the rows.
        count: number of rows.

    Raises:
        InputError: if there is no such column, or as `unique_identifiers`.
    """
    if name is None:
        return row_numbers(count)
    return as_stored(unique_identifiers(column(table, name)))


def _of_text(names: Column) -> Column:
    """Identifiers written as text."""
    text = np.char.strip(_decoded(names))
    missing = names.lacking | np.isin(text, list(MISSING))
    text = np.where(missing, "", text)
    try:
        whole = np.where(missing, "0", text).astype(np.int64)
    except (ValueError, OverflowError):
        return _column(names, text, missing)
    exact = bool(((whole.astype(np.str_) == text) | missing).all())
    return _column(names, whole if exact else text, missing)


def _decoded(names: Column) -> np.ndarray:
    """Text as str."""
    try:
        return np.char.decode(names.values, "utf-8") if names.values.dtype.kind == "S" else names.values
    except UnicodeDecodeError as error:
        raise InputError(
            f"{names.where}: column {names.name!r} holds {error.object!r}, which is no UTF-8; write the text so."
        ) from error


def _whole(names: Column, values: np.ndarray) -> np.ndarray:
    """Floats as the whole numbers that they stand for, if no other could have been rounded to the same float."""
    limit = 2.0 ** (np.finfo(values.dtype).nmant + 1)
    with np.errstate(invalid="ignore"):
        exact = (np.abs(values) < limit) & (values == np.trunc(values))
    if not exact.all():
        row = int(np.argmin(exact))
        raise InputError(
            f"{names.where}: column {names.name!r} holds {values.dtype}, in row {names.first + row} "
            f"{values[row]:.17g}, which is no exact whole number; {WANTED}."
        )
    return np.asarray(values.astype(np.int64))


def _column(names: Column, values: np.ndarray, missing: np.ndarray) -> Column:
    return replace(names, values=values, missing=missing if missing.any() else None)


def _counted(number: int) -> str:
    return f"{number:,} identifiers stand" if number > 1 else "1 identifier stands"


def _cut_off(each: np.ndarray, several: np.ndarray) -> str:
    """A word of doubt where text that repeats is as long as text gets in its column."""
    if each.dtype.kind != "U":
        return ""
    longest = int(np.char.str_len(each).max())
    cut = bool((np.char.str_len(several) == longest).all())
    return f", all as long as the longest, {longest}, so perhaps cut off" if cut else ""
