"""E(B−V) of the Galaxy's dust: from a catalogue's extinction or reddening, or from the maps of SFD98.

Everything is on the scale of Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525), as `EXTINCTION_PER_EBV` is. Schlafly &
Finkbeiner (2011, ApJ 737, 103) found it 14 % too large and took that into their coefficients, so that these times the
E(B−V) of SFD98 are their extinctions: the scale of E(B−V) itself stays.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.plausible import EBV, EXTINCTION, Quantity, Tally, plausible, tell
from slipher.formats.tables import Table, listed
from slipher.formats.units import unit_worth, worth_in
from slipher.physics.extinction import EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011
from slipher.survey.dustmaps import Lookup, ebv_from_maps, ebv_map

__all__ = ["NO_SOURCE", "Reddening", "find_reddening", "reddening_of"]

NO_SOURCE = "unknown"
"""What the attribute ``ebv_source`` says of a store whose reddening is not known."""
_BAND = re.compile(r"((?:.*/)?(?:extinction|ext|a)_)([ugriz])", re.IGNORECASE)
_BANDLESS = re.compile(r"(?:.*/)?(?:extinction|ext)", re.IGNORECASE)
_EBV = re.compile(r"e[\W_]*b[\W_]*(?:minus|m)?[\W_]*v", re.IGNORECASE)
"""Says E(B−V), whatever else a name says."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""A word of a name; ``extinctionR`` has two."""
_LETTER = "[ugrizyvbjhk]"
_TRANSMISSION = re.compile(r"trans\w*")
_ABSORPTION = re.compile(
    rf"(?:gal|mw|dust|{_LETTER})?ext(?:in\w*|corr\w*|n|{_LETTER})?|absor\w*|atten\w*|a?{_LETTER}|a"
)
"""A word that says an extinction, or a band."""
PIECE = 65536
"""Rows that are looked through at once."""
_ALIKE = 0.01
"""Ratios of extinctions between bands that agree to this may be those of one set of coefficients."""
_BETTER = 3.0
"""Times by which they must agree better with this set than with the other."""


@dataclass(frozen=True)
class Reddening:
    """Where the E(B−V) of a catalogue comes from: decided once, and the same for all of its rows."""

    source: str
    """In words, for the attribute ``ebv_source``."""
    column: str | None = None
    """The column that it is computed from."""
    divisor: float | Float64[np.ndarray, "5"] = 1.0
    """What the column's values are divided by; five numbers for one with five values a row."""
    quantity: Quantity = EBV
    """What the column holds."""
    factor: float = 1.0
    """Magnitudes in one of the column's unit."""
    constant: float = np.nan
    """E(B−V) of all galaxies, without a column."""
    lookup: Lookup | None = None
    """E(B−V) at positions, from the maps."""

    def of(
        self,
        columns: Mapping[str, Column],
        ra: Float[np.ndarray, "galaxies"] | None,
        dec: Float[np.ndarray, "galaxies"] | None,
        count: int,
    ) -> tuple[Float64[np.ndarray, "galaxies"], Tally]:
        """E(B−V) of some rows in magnitudes, NaN where unknown, and what their column's values are.

        Args:
            columns: rows of `column`, if there is one.
            ra: right ascension, degrees; only for the maps.
            dec: declination, degrees; only for the maps.
            count: number of rows.
        """
        if self.lookup is not None and ra is not None and dec is not None:
            return self.lookup(ra, dec), Tally()
        if self.column is None:
            return np.full(count, self.constant), Tally()
        values, tally = plausible(columns[self.column].numbers(), self.quantity, self.factor)
        ebv = values / self.divisor
        return np.asarray(ebv if ebv.ndim == 1 else ebv.mean(axis=1)), tally

    def tell(self, tally: Tally, table: Table) -> None:
        """Say how many values of all rows are none.

        Raises:
            InputError: if most are no reddening.
        """
        tell(tally, self.quantity, f"{table.path}: {self.column!r}")


def reddening_of(
    spec: float | str | None,
    table: Table | None,
    ra: Float[np.ndarray, "galaxies"] | None,
    dec: Float[np.ndarray, "galaxies"] | None,
    maps: Path | None,
    count: int,
) -> tuple[Float64[np.ndarray, "galaxies"], str]:
    """E(B−V) of every galaxy as a catalogue, a number or the maps give it.

    A column with five values a galaxy is the extinction in u, g, r, i, z (such as EXTINCTION); one that is named like
    extinction_r, ext_r or A_r (in any case) is the extinction in that band; every other column is E(B−V) itself. Which
    coefficients an extinction was computed with, the column of another band tells; or the user, by COLUMN/NUMBER.
    Values that cannot be count as unknown and are told.

    Args:
        spec: E(B−V) in magnitudes for all galaxies; the name of a column; that and a number by which its values are
            divided, such as extinction_r/2.285; ``"sfd"`` for the maps (unless a column has that name); None if it is
            not known.
        table: the columns by name.
        ra: right ascension, degrees; only for the maps.
        dec: declination, degrees; only for the maps.
        maps: folder of the full maps; None for the coarse one.
        count: number of galaxies.

    Returns:
        E(B−V) in magnitudes, NaN where unknown, and where it comes from, in words, for the attribute ``ebv_source``.

    Raises:
        InputError: if there is no such column, most of its values are no reddening, nothing tells the coefficient of an
            extinction, or there are no positions for the maps.
    """
    found = find_reddening(spec, table, ra is not None and dec is not None, maps, count)
    if found.lookup is not None and ra is not None and dec is not None:
        return ebv_from_maps(ra, dec, maps)
    if table is None or found.column is None:
        return found.of({}, ra, dec, count)[0], found.source
    blocks = [(start, min(start + PIECE, count)) for start in range(0, max(count, 1), PIECE)]
    parts = [found.of(table.read([found.column], *rows), None, None, rows[1] - rows[0]) for rows in blocks]
    found.tell(sum((tally for _, tally in parts), Tally()), table)
    return np.concatenate([ebv for ebv, _ in parts]), found.source


def find_reddening(
    spec: float | str | None, table: Table | None, placed: bool, maps: Path | None, count: int
) -> Reddening:
    """Where E(B−V) comes from, as `reddening_of` says, from as much of the table as tells.

    Args:
        spec: as of `reddening_of`.
        table: the columns by name.
        placed: whether there are positions.
        maps: folder of the full maps; None for the coarse one.
        count: number of galaxies.

    Raises:
        InputError: as `reddening_of`.
    """
    if spec is None:
        return Reddening(NO_SOURCE)
    if isinstance(spec, str) and spec == "sfd" and (table is None or spec not in table):
        if not placed:
            raise InputError("E(B−V) from the dust maps needs positions; name the columns of ra and dec.")
        lookup, source = ebv_map(maps)
        return Reddening(source, lookup=lookup)
    if isinstance(spec, str):
        found = _in_column(spec, table, count)
        return replace(found, factor=worth_in(table.describe(found.column), "mag")) if table and found.column else found
    if not EBV.holds(np.array(spec)):
        raise InputError(f"{_where(table)}E(B−V) is {spec:g}, but must {EBV.range}.")
    return Reddening(f"{spec:g} for all galaxies", constant=float(spec))


def _of_five(totals: Float64[np.ndarray, "5"]) -> Float64[np.ndarray, "5"]:
    """The coefficients of extinctions in u, g, r, i, z, of which these are the sums over galaxies; SFD98's if in doubt.

    Catalogues compute the five from one E(B−V), so that the bands differ by rounding alone, and E(B−V) is their mean,
    as Hayat et al. (2021) take it.
    """
    coefficients = _coefficients(dict(zip("ugriz", totals.tolist(), strict=True))) or EXTINCTION_PER_EBV
    return np.array([coefficients[band] for band in "ugriz"])


def _in_column(spec: str, table: Table | None, count: int) -> Reddening:
    """E(B−V) from a column, and what that column is."""
    name, number = _divided(spec, table)
    if table is None or name not in table:
        raise InputError(
            f"{_where(table)}there is no column {name!r} for E(B−V), only {listed(table or ())}; name one of these, a "
            "number, or sfd."
        )
    values, length = table.describe(name).values, table.length(name)
    shape = values.shape[1:]
    if length != count or shape not in ((), (5,)) or values.dtype.kind not in "iuf":
        raise InputError(
            f"{_where(table)}column {name!r} for E(B−V) has type {values.dtype} and shape {(length, *shape)}; one "
            f"number for each of the {count} galaxies is needed, or its extinction in u, g, r, i and z."
        )
    _refuse_transmission(name, table)
    if shape:
        return Reddening(f"column {name}, extinction in ugriz", name, _of_five(_sums(table, [name])[0]), EXTINCTION)
    if number is not None:
        return Reddening(f"column {name} / {number:g}", name, number, EXTINCTION)
    if _is_extinction(name):
        return _in_one_band(name, table)
    _refuse_extinction(name, table)
    return Reddening(f"column {name}", name)


def _words(name: str) -> list[str]:
    """The words of a column's name, without its folder, in lower case; none if it says E(B−V)."""
    own = name.rpartition("/")[2]
    return [] if _EBV.search(own) else [word.lower() for word in _WORD.findall(own)]


def _refuse_transmission(name: str, table: Table) -> None:
    """Refuse a column that is called as shares of light are, of which no division makes E(B−V)."""
    if any(_TRANSMISSION.fullmatch(word) for word in _words(name)):
        raise InputError(
            f"{table.path}: column {name!r} is called as the share of light that dust lets through, not E(B−V); name a "
            "column of E(B−V), or an extinction in magnitudes with its A / E(B−V), such as A_r/2.285."
        )


def _refuse_extinction(name: str, table: Table) -> None:
    """Refuse a column that is called as extinctions or bands are, and ask what it is."""
    if any(_ABSORPTION.fullmatch(word) for word in _words(name)):
        raise InputError(
            f"{table.path}: column {name!r} is called as an extinction in some band is, not E(B−V); ask for it divided "
            f"by its A / E(B−V), such as {name}/3.1 for V or {name}/2.285 for SDSS's r ({name}/1 if it does hold "
            "E(B−V)), or name a column of E(B−V)."
        )


def _divided(spec: str, table: Table | None) -> tuple[str, float | None]:
    """The column of COLUMN/NUMBER and the number; None if there is none."""
    name, _, tail = spec.rpartition("/")
    if table is None or spec in table or name not in table:
        return spec, None
    try:
        number = float(tail)
    except ValueError:
        return spec, None
    if not 0 < number < np.inf:
        raise InputError(f"E(B−V) is asked for as {spec}, but the number must be positive.")
    return name, number


def _is_extinction(name: str) -> bool:
    """Whether a column is called as extinctions in one band are.

    Raises:
        InputError: if it does not say in which.
    """
    if _BANDLESS.fullmatch(name):
        raise InputError(f"column {name!r} holds an extinction, but not of which band; name one such as extinction_r.")
    return _BAND.fullmatch(name) is not None


def _in_one_band(name: str, table: Table) -> Reddening:
    """E(B−V) from the extinction in one band, of which the other bands' columns tell the coefficients.

    Raises:
        InputError: if nothing tells them, and asks.
    """
    band = name[-1].lower()
    coefficients = _coefficients(_totals(name, table)) if _sums(table, [name])[0] > 0 else EXTINCTION_PER_EBV
    if coefficients is None:
        old, new = (each[band] for each in (EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011))
        raise InputError(
            f"{table.path}: column {name!r} holds the extinction in {band}, which is {old} E(B−V) in SDSS until DR12 "
            f"and {new} E(B−V) since DR13, and no column of another band tells which; ask for {name}/{old} or "
            f"{name}/{new}, or name a column of E(B−V)."
        )
    coefficient = coefficients[band]
    source = f"column {name}, extinction in {band} / {coefficient}"
    return Reddening(source, name, coefficient, EXTINCTION)


def _totals(name: str, table: Table) -> dict[str, float]:
    """The extinction in every band of which there is a column that is called like this one, summed over galaxies."""
    named = {other: found for other in table if (found := _BAND.fullmatch(other))}
    alike = {found[2].lower(): other for other, found in named.items() if found[1].lower() == name[:-1].lower()}
    return dict(zip(alike, map(float, _sums(table, list(alike.values()))), strict=True))


def _sums(table: Table, names: list[str]) -> Float64[np.ndarray, "columns *entry"]:
    """Columns of extinctions in magnitudes, summed over the galaxies that have all of them."""
    total: Float64[np.ndarray, "columns *entry"] = np.zeros((len(names), *table.describe(names[0]).values.shape[1:]))
    for start in range(0, table.length(names[0]), PIECE):
        rows = table.read(names, start, start + PIECE)
        values = np.stack([rows[name].numbers() * (unit_worth(rows[name], "mag") or 1.0) for name in names])
        good = EXTINCTION.holds(values)
        total += np.where(good.all(axis=0) if len(names) > 1 else good, values, 0.0).sum(axis=1)
    return total


def _where(table: Table | None) -> str:
    """The file that columns come from, where known, to begin a message with."""
    return "" if table is None else f"{table.path}: "


def _coefficients(totals: Mapping[str, float]) -> Mapping[str, float] | None:
    """The A_b / E(B−V) that extinctions in several bands were computed with, by their ratios; None if in doubt.

    Args:
        totals: by band, summed over the same galaxies.
    """
    if len(totals) < 2 or min(totals.values()) <= 0:
        return None
    seen = np.array(list(totals.values())) / sum(totals.values())
    apart = []
    for table in (EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011):
        expected = np.array([table[band] for band in totals])
        apart.append(float(np.abs(seen / (expected / expected.sum()) - 1).max()))
    old, new = apart
    if min(apart) > _ALIKE or max(apart) < _BETTER * min(apart):
        return None
    return EXTINCTION_PER_EBV if old < new else EXTINCTION_PER_EBV_2011
