"""Rows of one table and rows of another that are the same galaxy: by identifiers, or row by row where there are none.

Whoever matches says how: by which columns, and how many of how many.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

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
"""Columns that may name galaxies, also several times, where both tables have them."""

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


@dataclass(frozen=True, eq=False)
class _Pair:
    """Identifiers of both tables, of one type, and a number for each that is the same for the same."""

    own: Column
    other: Column
    wanted: Rows
    there: Int64[np.ndarray, "rows"]

    @property
    def by(self) -> str:
        """For a reader."""
        one, two = self.own.name, self.other.name
        return one if one == two else f"{one} = {two}"

    @cached_property
    def rows(self) -> Rows:
        """The first row of the other table for each galaxy, −1 where it has none."""
        order = np.argsort(self.there, kind="stable")
        place = np.searchsorted(self.there[order], self.wanted)
        known = np.isin(self.wanted, self.there)
        return np.where(known, order[np.minimum(place, len(order) - 1)], -1) if known.any() else np.full(len(known), -1)

    @cached_property
    def matched(self) -> int:
        """How many galaxies."""
        return int((self.rows >= 0).sum())

    @cached_property
    def numbered(self) -> bool:
        """Whether identifiers of either table are the numbers of rows, in whatever order."""
        return any(_numbered(np.sort(each.values)) for each in (self.own, self.other))

    @property
    def tells_apart(self) -> bool:
        """Whether no identifier repeats, and at least half of one table is in the other: hardly so by chance."""
        unique = not any(_repeat(codes) for codes in (self.wanted, self.there))
        return unique and 0 < min(len(self.wanted), len(self.there)) <= 2 * self.matched

    def contradicts(self, pair: "_Pair") -> bool:
        """Whether a galaxy has one row by these columns, and another, of another galaxy, by those."""
        both = (self.rows >= 0) & (pair.rows >= 0)
        mine, others = self.rows[both], pair.rows[both]
        return bool(((self.there[mine] != self.there[others]) & (pair.there[mine] != pair.there[others])).any())


def match_tables(own: Table, count: int, other: Table, values: Values) -> Match:
    """Match galaxies with the rows of another table, and say how.

    Columns name galaxies if both tables have them under one name, in any case, and each tells its rows apart by whole
    numbers or text; and columns of usual names do, also if they are called otherwise in the other table. Of several
    pairs the one by which most galaxies are matched is taken. Numbers of rows give way to others that contradict them.

    Args:
        own: the table of the galaxies.
        count: how many galaxies there are.
        other: the other table.
        values: of the other table, one a row: what is wanted. Rows of the same galaxy must agree in it.

    Raises:
        InputError: as `match_columns`, if two pairs contradict each other, or if there are neither identifiers in both
            nor as many rows as galaxies.
    """
    pairs = _pairs(own, count, other, len(values))
    return _matched(_best(pairs), values) if pairs else _row_by_row(own, count, other, len(values))


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
    return _matched(_paired(own, other), values)


def _matched(pair: _Pair, values: Values) -> Match:
    """Galaxies with rows by a pair of columns, said."""
    one, two = pair.own, pair.other
    if not pair.matched:
        raise InputError(
            f"no {one.name} of {one.where} stands in {two.name} of {two.where}; give the catalogue of these "
            "galaxies, or rename the columns if the rows belong together in order."
        )
    used = np.isin(pair.there, pair.wanted)
    _check_agreement(two, pair.there, np.argsort(pair.there, kind="stable"), used, values)
    again = _repeats(one, pair.wanted), _repeats(two[used], pair.there[used])
    say(_said(one, two, pair.by, pair.rows >= 0, again))
    return Match(pair.rows, pair.by)


def _best(pairs: Sequence[_Pair]) -> _Pair:
    """The pair of columns that matches most galaxies, the first of several, unless another contradicts it."""
    best = max(pairs, key=lambda pair: pair.matched)
    rivals = [pair for pair in pairs if 2 * pair.matched >= best.matched and best.contradicts(pair)]
    if not rivals:
        return best
    named = [pair for pair in (best, *rivals) if not pair.numbered]
    if 0 < len(named) <= len(rivals):
        return _best(named)
    raise InputError(
        f"{best.own.where} and {best.other.where} are matched by {best.by} and, otherwise, by {rivals[0].by}; rename "
        "or drop the column that names no galaxy, in one of the files."
    )


def _pairs(own: Table, count: int, other: Table, rows: int) -> list[_Pair]:
    """Columns of identifiers of both tables, likeliest first: of one name, and else of usual names.

    Raises:
        InputError: if there are some, but none that identifiers can be read from.
    """
    mine, theirs = _lists(own, count), _lists(other, rows)
    same = [(one, two) for one in mine for two in theirs if mine[one] == theirs[two]]
    usual = (*IDS, *ALIKE)
    same.sort(key=lambda pair: usual.index(mine[pair[0]]) if mine[pair[0]] in usual else len(usual))
    found, error = _read(own, other, same)
    found = [pair for pair in found if _plain(pair.own.name) in usual or pair.tells_apart]
    taken = {name for pair in found if pair.matched for name in (("own", pair.own.name), ("other", pair.other.name))}
    free = [name for name in mine if mine[name] in IDS and ("own", name) not in taken]
    others = [name for name in theirs if theirs[name] in IDS and ("other", name) not in taken]
    unlike = [pair for pair in product(free, others) if pair not in same]
    unlike.sort(key=lambda pair: [IDS.index(_plain(name)) for name in pair])
    more, worse = _read(own, other, unlike)
    wrong = error or worse
    if wrong is not None and not found + more:
        raise wrong
    return found + more


def _read(own: Table, other: Table, names: Iterable[tuple[str, str]]) -> tuple[list[_Pair], InputError | None]:
    """Pairs of columns that hold identifiers, and what is wrong with the first that does not."""
    pairs, first = [], None
    for one, two in names:
        try:
            pairs.append(_paired(column(own, one), column(other, two)))
        except InputError as error:
            first = first or error
    return pairs, first


def _lists(table: Table, rows: int) -> dict[str, str]:
    """The columns of a table, by plain name, with one value for each of its rows that may name a galaxy."""
    found = {}
    for name in table:
        plain = _plain(name)
        if table.length(name) == rows:
            values = table.describe(name).values
            if values.ndim == 1 and (values.dtype.kind in "iuU" or plain in IDS + ALIKE):
                found[name] = plain
    return found


def _plain(name: str) -> str:
    """A column's name without case, signs and the group that it lies in."""
    return "".join(letter for letter in name.rpartition("/")[2].lower() if letter.isalnum()) or name


def _paired(own: Column, other: Column) -> _Pair:
    one, two = _comparable(own, other)
    return _Pair(one, two, *_coded(one, two))


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
    return repeats(names) if _repeat(codes) else ""


def _repeat(codes: Rows) -> bool:
    return bool((np.bincount(codes[codes >= 0]) > 1).any())


def _numbered(values: Shaped[np.ndarray, "rows"]) -> bool:
    """Whether identifiers count from 0 or 1."""
    return any(np.array_equal(values, row_numbers(len(values)) + first) for first in (0, 1))


def _said(one: Column, two: Column, names: str, known: Bool[np.ndarray, "galaxies"], again: tuple[str, str]) -> str:
    """How galaxies were matched, and what is odd about their identifiers."""
    parts = [f"{known.sum():,} of {len(known):,} galaxies of {one.where} are matched with {two.where} by {names}"]
    parts += [
        f"{side.lacking.sum():,} rows of {side.where} have no {side.name}" for side in (one, two) if side.lacking.any()
    ]
    parts += [f"in {one.where} {again[0]}"] if again[0] else []
    parts += [f"in {two.where} {again[1]}, with the same value"] if again[1] else []
    if _numbered(one.values) and _numbered(two.values) and len(known) > 1 and one.values[0] == two.values[0]:
        parts.append("these are mere row numbers in both, so see that both list the same galaxies in the same order")
    elif not known.all() and np.array_equal(one.values, row_numbers(len(known))):
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
