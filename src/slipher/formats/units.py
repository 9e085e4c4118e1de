"""Units as options name them and as files write them: of brightness in nanomaggies, angles in degrees, magnitudes.

A source of 1 nanomaggy has AB magnitude 22.5 and a flux density of 3631 nJy (Oke & Gunn 1983; SDSS).
"""

import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import Column
from slipher.progress import say

__all__ = [
    "UNITS",
    "Written",
    "flux_factors",
    "magnitude_factor",
    "nanomaggies_per",
    "read_unit",
    "unit_worth",
    "worth_in",
]

_FIXED = {"nanomaggy": 1.0, "nJy": 1 / 3631.0, "uJy": 1 / 3.631}
UNITS = (*_FIXED, "count")
"""Names of the units."""
ALIKE = 1e-3
"""Units that differ by less are one: nobody measures brightness so well."""

Written = float | Literal["count", "magnitude"] | None
"""Nanomaggies in one of a unit, or to what other kind it belongs; None for a unit that says nothing."""

_NOTHING = re.compile(r"|-+|1|none|null|nan|n/?a|unit ?less|dimension ?less|no units?|unknown|\?", re.IGNORECASE)
_MAGNITUDE = re.compile(r"\W*(?:ab|asinh|pogson)?[\W_]*(?:mag(?:nitude)?s?|luptitudes?)[\W_]*(?:ab)?\W*", re.IGNORECASE)
_COUNT = re.compile(
    r"(?:1(?:\.0)? ?/ ?)?\(?(?:counts?|cts?|adus?|dn|e-|electrons?|photons?)\)?(?: ?(?:/|per) ?s(?:ec(?:ond)?)?| ?s-1)?"
    r"(?:[*^{( ]*-?2[)}]?)?",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"(?:flux(?: density)?|f_?nu|brightness)[ :=]*(?=[\[(])", re.IGNORECASE)
_ENCLOSED = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_AB = re.compile(r"[\W_]*(?<![a-z])ab(?![a-z])[\W_]*", re.IGNORECASE)
"""What stands about a unit: flux (uJy), [nJy], nanomaggies (AB)."""
_SPELLINGS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    ("[µμ]", "u"),
    (r"nano[- ]?(?=mag|j)", "n"),
    (r"micro[- ]?(?=mag|j)", "u"),
    (r"milli[- ]?(?=mag|j)", "m"),
    (r"(?<![a-z])n(?:mgy|magg(?:y|ie))s?(?![a-z])", "nmgy"),
    (r"(?<![a-z])(?:mgy|magg(?:y|ie))s?(?![a-z])", "mgy"),
    (r"(?<![a-z])(n|u)?(?:jy|janskys?|janskies)(?![a-z])", lambda found: f"{(found[1] or '').lower()}Jy"),
    (r"(?<![a-z])(m)(?:jy|janskys?|janskies)(?![a-z])", r"\1Jy"),
    (r"(?<![a-z])ergs(?![a-z])", "erg"),
    (r"(?<![a-z])sec(?![a-z])", "s"),
    (r"[{]([^}]*)[}]", r"(\1)"),
    (r"\(([a-z]+)\)", r"\1"),
)
"""How units are spelt, and how astropy wants them."""


_MEANT: dict[str, tuple[tuple[str, float], ...]] = {
    "deg": (
        (r"(?:decimal )?deg(?:ree)?s?\b.*|°|icrs|fk5|j2000(?:\.0)?", 1.0),
        (r"h|hrs?|hours?|hour ?angles?", 15.0),
        (r"rad(?:ian)?s?", 180 / math.pi),
    ),
    "mag": ((_MAGNITUDE.pattern, 1.0), (r"(?:m|milli)[- ]?mag(?:nitude)?s?\b.*", 1e-3)),
}
"""Spellings of units that astropy does not know, or takes for a time, and what one is worth."""
_WORDS = {"deg": ("an angle", "degrees"), "mag": ("a magnitude", "magnitudes")}
"""What a quantity in these units is, and how they are called."""


def nanomaggies_per(unit: str, zero_point: float | None = None) -> float:
    """Nanomaggies in one of a unit.

    Args:
        unit: one of `UNITS`.
        zero_point: AB magnitude of a source of one count; for counts only.

    Raises:
        InputError: if the unit is unknown, or the zero point is missing or out of place.
    """
    if unit not in UNITS:
        raise InputError(f"unit is {unit!r}, but must be one of {', '.join(UNITS)}.")
    if (unit == "count") != (zero_point is not None):
        wrong = "needs a zero point" if unit == "count" else "takes no zero point"
        raise InputError(f"unit {unit} {wrong}; the AB magnitude of one count goes with unit count (--zero-point).")
    return _FIXED[unit] if zero_point is None else 10 ** (-0.4 * (zero_point - 22.5))


def read_unit(written: str | None, power: int = 1) -> Written:
    """What a unit that a file writes is worth.

    Args:
        written: in any spelling, such as ``nanomaggies``, ``1e-9 maggy``, ``µJy``, ``erg/s/cm2/Hz`` or ``AB mag``.
        power: −2 for that of an inverse variance, such as ``1/nanomaggy^2``.

    Returns:
        Nanomaggies to the power in one of it; what else it is; None if it says nothing.

    Raises:
        ValueError: if it is no unit of brightness.
    """
    text = _QUANTITY.sub("", " ".join((written or "").split()))
    text = inner[1].strip() if (inner := _ENCLOSED.fullmatch(text)) else text
    if _NOTHING.fullmatch(text):
        return None
    if _COUNT.fullmatch(text):
        return "count"
    if _MAGNITUDE.fullmatch(text):
        return "magnitude"
    return _converted(_AB.sub(" ", text).strip(), power)


def flux_factors(
    flux: Sequence[Column], error: Sequence[Column], power: int, unit: str | None, zero_point: float | None
) -> tuple[list[float], list[float]]:
    """What the columns of fluxes are multiplied by to give nanomaggies, and the standard errors of those of errors.

    A column whose file says nothing has the unit of the others, and if none says anything the one that is given, or
    nanomaggies.

    Args:
        flux: columns of fluxes.
        error: columns of their standard errors or inverse variances.
        power: 1 for standard errors, −2 for inverse variances.
        unit: the unit that the user gives, if any: one of `UNITS`.
        zero_point: AB magnitude of one count, with unit count.

    Raises:
        InputError: if a file says something else than the user, or what is not understood.
    """
    named = [(column, 1) for column in flux] + [(column, power) for column in error]
    written = [_written(column, times, unit) for column, times in named]
    known = [value ** (1 / times) for value, (_, times) in zip(written, named, strict=True) if isinstance(value, float)]
    asked = unit is not None or zero_point is not None or not known
    given = nanomaggies_per(unit or "nanomaggy", zero_point) if asked else known[0]
    for value, (column, times) in zip(written, named, strict=True):
        _check(column, value, given**times if unit else None, unit)
    both = zip(written, named, strict=True)
    factors = [value ** (1 / times) if isinstance(value, float) else given for value, (_, times) in both]
    return factors[: len(flux)], factors[len(flux) :]


def magnitude_factor(column: Column) -> float:
    """What a column of magnitudes, or of their errors, is multiplied by to give magnitudes; said where it is not 1.

    Raises:
        InputError: if its file says that it holds something else.
    """
    if "vega" in (column.unit or "").lower():
        raise InputError(f"{_is_in(column)}, but AB magnitudes are needed; convert them.")
    try:
        kind = read_unit(column.unit)
    except ValueError:
        kind = None
    if kind not in (None, "magnitude"):
        raise InputError(f"{_is_in(column)}, so that it holds no magnitudes; name it as flux.")
    return worth_in(column, "mag")


def worth_in(column: Column, unit: Literal["deg", "mag"]) -> float:
    """As `unit_worth`; says what a column is converted from, or that its unit is not understood.

    Raises:
        InputError: as `unit_worth`.
    """
    worth, (_, name) = unit_worth(column, unit), _WORDS[unit]
    if worth is None:
        say(f"{_is_in(column)}, which is not understood; it is taken as {name}.")
    elif worth != 1:
        say(f"{_is_in(column)}, and converted to {name}.")
    return 1.0 if worth is None else worth


def unit_worth(column: Column, unit: Literal["deg", "mag"]) -> float | None:
    """Degrees or magnitudes in one of the unit that a file writes of a column.

    Hours are those of right ascension, 15 degrees each. A file that says nothing means degrees or magnitudes.

    Returns:
        None if the unit is not understood.

    Raises:
        InputError: if it is understood, and no unit of this kind.
    """
    text, (kind, name) = " ".join((column.unit or "").split()), _WORDS[unit]
    if _NOTHING.fullmatch(text):
        return 1.0
    for spelling, worth in _MEANT[unit]:
        if re.fullmatch(spelling, text, flags=re.IGNORECASE):
            return worth
    units = require("astropy.units", "catalog")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", units.UnitsWarning)
            found = units.Unit(text)
    except ValueError:
        return None
    if not found.is_equivalent(unit) or (worth := float(found.to(unit))) <= 0:
        raise InputError(f"{_is_in(column)}, which is no unit of {kind}; name a column in {name}, or mend its unit.")
    return worth


def _written(column: Column, power: int, unit: str | None) -> Written:
    """What the file says of a column's unit; a unit that is not understood says nothing to who gives another."""
    try:
        return read_unit(column.unit, power)
    except ValueError as error:
        if unit is not None:
            return None
        raise InputError(f"{_is_in(column)}, which is not understood; name its unit (--unit).") from error


def _check(column: Column, written: Written, given: float | None, unit: str | None) -> None:
    """See that a file and the user say the same of a column."""
    if written == "magnitude":
        raise InputError(f"{_is_in(column)}, so that it holds magnitudes; name it as magnitude.")
    if written == "count" and unit != "count":
        raise InputError(f"{_is_in(column)}; give unit count, and the AB magnitude of one as the zero point.")
    if isinstance(written, float) and given is not None and (unit == "count" or abs(written / given - 1) > ALIKE):
        raise InputError(f"{_is_in(column)}, but the unit is given as {unit}; leave it out (--unit), or mend the file.")


def _is_in(column: Column) -> str:
    return f"{column.where}: column {column.name!r} is in {column.unit}"


def _converted(text: str, power: int) -> float:
    """A unit of flux in nanomaggies, by astropy."""
    units = require("astropy.units", "catalog")
    for spelling, standard in _SPELLINGS:
        text = re.sub(spelling, standard, text, flags=re.IGNORECASE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        found = units.Unit(text)
    try:
        worth = found.to(units.Unit("nmgy") ** power)
    except units.UnitConversionError:
        worth = found.to(units.nJy**power) / 3631.0**power
    return _snapped(float(worth), power)


def _snapped(worth: float, power: int) -> float:
    """The exact worth of one of the usual units, where a unit is one but for rounding."""
    usual = [value**power for value in _FIXED.values()]
    return next((value for value in usual if abs(worth / value - 1) < ALIKE), worth)
