"""Rows of one table and rows of another that are the same galaxy: by identifiers, or row by row where there are none.

Whoever matches says how: by which columns, and how many of how many.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.identifiers import identifiers, repeats, row_numbers
from slipher.formats.tables import Table, column
from slipher.progress import say

__all__ = ["Match", "match_columns", "match_tables"]

IDS = (
    "id",
    "objid",
    "objectid",
    "galaxyid",
    "galid",
    "sourceid",
    "specobjid",
    "bestobjid",
    "photoobjid",
    "targetid",
    "coaddobjectid",
    "uniqueid",
    "identifier",
    "ident",
)
"""What columns that name galaxies are called, in lower case and without signs between the words, likeliest first."""
ALIKE = ("name", "objname", "objectname", "galaxyname", "designation", "number")
"""Columns that may name galaxies, where both tables have them."""

Rows = Int64[np.ndarray, "galaxies"]
Values = Float[np.ndarray, "rows"]


@dataclass(frozen=True, eq=False)
class Match:
    """Which row of another table is the same galaxy as each of one's own."""

    rows: Rows
    """Row of the other table; −1 where it has none."""
    by: str
    """The column of identifiers, or both as ``id = ID``; ``row`` where there are none."""

    def values(self, other: Values) -> Float[np.ndarray, "galaxies"]:
        """A column of numbers of the other table, NaN for galaxies that it does not have."""
        return np.where(self.rows < 0, np.nan, other[self.rows]) if len(other) else np.full(len(self.rows), np.nan)

    def document(self) -> dict[str, Any]:
        """By what, and how many of how many."""
        return {"by": self.by, "of": len(self.rows), "n": int((self.rows >= 0).sum())}


def match_tables(own: Table, count: int, other: Table, values: Values) -> Match:
    """Match galaxies with the rows of another table, and say how.

    Columns that name galaxies are known by their names, in any case. Those of the same name in both tables go before
    others, and of several pairs the one by which most galaxies are matched.

    Args:
        own: the table of the galaxies.
        count: how many galaxies there are.
        other: the other table.
        values: of the other table, one a row: what is wanted. Rows of the same galaxy must agree in it.

    Raises:
        InputError: as `match_columns`, or if there are neither identifiers in both nor as many rows as galaxies.
    """
    pairs = [
        (_names(own, one), _names(other, two)) for one, two in _pairs(_lists(own, count), _lists(other, len(values)))
    ]
    if not pairs:
        return _row_by_row(own, count, other, len(values))
    one, two = (
        pairs[0] if len(pairs) == 1 else max(pairs, key=lambda pair: int(np.isin(*_coded(*_comparable(*pair))).sum()))
    )
    return match_columns(one, two, values)


def match_columns(own: Column, other: Column, values: Values) -> Match:
    """Match galaxies with rows by identifiers, and say how many are matched, which repeat, and which are missing.

    Whole numbers and text are compared as decimals: 7 is ``"7"``, and ``"007"`` is neither.

    Args:
        own: the galaxies' identifiers.
        other: identifiers of rows.
        values: what is wanted of the rows. Those of the same identifier must agree in it (NaN agrees with NaN).

    Raises:
        InputError: if no galaxy is matched, or rows of one galaxy differ; names the first.
    """
    one, two = _comparable(own, other)
    wanted, there = _coded(one, two)
    known = np.isin(wanted, there)
    names = own.name if own.name == other.name else f"{own.name} = {other.name}"
    if not known.any():
        raise InputError(
            f"no {own.name} of {own.where} stands in {other.name} of {other.where}; give the catalogue of these "
            "galaxies, or rename the columns if the rows belong together in order."
        )
    order = np.argsort(there, kind="stable")
    place = np.searchsorted(there[order], wanted)
    rows = np.where(known, order[np.minimum(place, len(order) - 1)], -1)
    used = np.isin(there, wanted)
    _check_agreement(two, there, order, used, values)
    again = _repeats(one, wanted), _repeats(two[used], there[used])
    say(_said(one, two, names, known, again))
    return Match(rows, names)


def _lists(table: Table, rows: int) -> list[str]:
    """The columns of a table with one value for each of its rows."""
    shapes = {
        name: (table.length(name), table.describe(name).values.shape[1:])
        for name in table
        if _plain(name) in IDS + ALIKE
    }
    return [name for name, shape in shapes.items() if shape == (rows, ())]


def _pairs(own: Iterable[str], other: Iterable[str]) -> list[tuple[str, str]]:
    """Columns of identifiers of both tables: those of the same name, or any if there are none of the same."""
    same = [(one, two) for one, two in product(own, other) if _plain(one) == _plain(two) and _plain(one) in ALIKE + IDS]
    both = same or [(one, two) for one, two in product(own, other) if {_plain(one), _plain(two)} <= set(IDS)]
    return sorted(both, key=lambda pair: [(*IDS, *ALIKE).index(_plain(name)) for name in pair])


def _plain(name: str) -> str:
    """A column's name without case, signs and the group that it lies in."""
    return "".join(letter for letter in name.rpartition("/")[2].lower() if letter.isalnum())


def _names(table: Table, name: str) -> Column:
    return identifiers(column(table, name))


def _comparable(own: Column, other: Column) -> tuple[Column, Column]:
    """Identifiers of both as whole numbers, or of both as text: a float in between would confuse long ones."""
    one, two = identifiers(own), identifiers(other)
    if one.values.dtype.kind == two.values.dtype.kind:
        return one, two
    return _text(one), _text(two)


def _text(names: Column) -> Column:
    return replace(names, values=names.values.astype(np.str_))


def _coded(one: Column, two: Column) -> tuple[Rows, Int64[np.ndarray, "rows"]]:
    """A number for each identifier, the same for the same: text is sorted once. What is missing equals nothing."""
    _, codes = np.unique(np.concatenate([one.values, two.values]), return_inverse=True)
    wanted, there = np.split(codes.astype(np.int64).reshape(-1), [len(one)])
    return np.where(one.lacking, -1, wanted), np.where(two.lacking, -2, there)


def _check_agreement(names: Column, codes: Rows, order: Rows, used: Bool[np.ndarray, "rows"], values: Values) -> None:
    """See that the rows of one galaxy say the same of it, where they are used; ``order`` sorts them by identifier."""
    ids, before, after = codes[order], values[order][:-1], values[order][1:]
    alike = (before == after) | (np.isnan(before) & np.isnan(after))
    bad = (ids[1:] == ids[:-1]) & used[order][1:] & ~alike
    if bad.any():
        differing = np.isin(codes, ids[1:][bad])
        raise InputError(
            f"{names.where}: {repeats(names[differing])} in column {names.name!r} with different values; keep one row "
            "a galaxy."
        )


def _repeats(names: Column, codes: Rows) -> str:
    """Which identifiers stand several times, in words; nothing, and at once, if none does."""
    return repeats(names) if (np.bincount(codes[codes >= 0]) > 1).any() else ""


def _said(one: Column, two: Column, names: str, known: Bool[np.ndarray, "galaxies"], again: tuple[str, str]) -> str:
    """How galaxies were matched, and what is odd about their identifiers."""
    parts = [f"{known.sum():,} of {len(known):,} galaxies of {one.where} are matched with {two.where} by {names}"]
    parts += [
        f"{side.lacking.sum():,} rows of {side.where} have no {side.name}" for side in (one, two) if side.lacking.any()
    ]
    parts += [f"in {one.where} {again[0]}"] if again[0] else []
    parts += [f"in {two.where} {again[1]}, with the same value"] if again[1] else []
    if not known.all() and np.array_equal(one.values, row_numbers(len(known))):
        parts.append(f"the identifiers of {one.where} are row numbers, which may be no {two.name}")
    return "; ".join(parts) + "."


def _row_by_row(own: Table, count: int, other: Table, rows: int) -> Match:
    """Every galaxy with the row of the same number."""
    if rows != count:
        raise InputError(
            f"{other.path} has {rows} rows, but there are {count} galaxies in {own.path} and no column of ids in both; "
            "give one row a galaxy in the same order, or ids."
        )
    say(
        f"{count:,} of {count:,} galaxies of {own.path} are matched with {other.path} row by row, since no column of "
        "ids is in both."
    )
    return Match(np.arange(count, dtype=np.int64), "row")
