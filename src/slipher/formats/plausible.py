"""What values of each quantity can be, and what catalogues write where there is none: one table for all that reads.

A value outside its quantity's range is no value, and NaN from here on. If it is one of the codes by which catalogues
say that they do not know (−99, 9999, 1e20), it is unknown; else it is implausible. Both are counted, apart from each
other, and told. A column of which most values are implausible is another column or has another unit, and refused.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from slipher.errors import InputError
from slipher.progress import say

__all__ = [
    "DECLINATION",
    "EBV",
    "ESTIMATE",
    "EXTINCTION",
    "FLUX",
    "FLUX_ERROR",
    "MAGNITUDE",
    "MAGNITUDE_ERROR",
    "REDSHIFT",
    "RIGHT_ASCENSION",
    "Mistaken",
    "Quantity",
    "Tally",
    "is_code",
    "known",
    "known_positions",
    "plausible",
    "positions",
    "tell",
    "tell_positions",
]

MOST = 0.5
"""A column more of whose values than this share are implausible is not what it was taken for."""
FEW = 20
"""Of so few positions nobody can tell by their range what unit they have."""
_NINES = [
    float("9" * digits + tail) for digits in range(1, 10) for tail in ("", *("." + "9" * more for more in range(1, 7)))
]
_NEGATIVE = [-1.0, -10.0, -32767.0, -32768.0, -2147483647.0, -2147483648.0, *(-nines for nines in _NINES), -9.999995e8]
_CODES = np.array([*_NINES, *_NEGATIVE])
_LONE = -99.0
"""A code this low is no right ascension, whatever the declination."""
_HUGE = 1e19
"""1e20, 1e30, 3.4e38, infinity: nobody mistakes these for values."""

Values = Float64[np.ndarray, "*shape"]


@dataclass(frozen=True)
class Mistaken:
    """Where the values of another quantity lie that a column of this name may hold."""

    low: float
    high: float
    words: str
    """What they look like, and what to do."""


@dataclass(frozen=True)
class Quantity:
    """What values can be."""

    name: str
    """In the plural, for messages."""
    low: float
    high: float
    above: bool = False
    """Whether ``low`` itself is too low."""
    mistaken: tuple[Mistaken, ...] = ()
    codes: tuple[float, ...] = ()
    """Values between these that are none all the same: what catalogues write where there is none."""

    def holds(self, values: Shaped[np.ndarray, "*shape"]) -> Bool[np.ndarray, "*shape"]:
        """Which values can be; NaN cannot."""
        inside = ((values > self.low) if self.above else (values >= self.low)) & (values <= self.high)
        return np.asarray(inside & ~np.isin(values, self.codes))

    @property
    def range(self) -> str:
        """For a reader, after "must"."""
        return f"be {'above' if self.above else 'from'} {self.low:g} {'and up ' if self.above else ''}to {self.high:g}"


REDSHIFT = Quantity(
    "redshifts",
    low=-0.01,
    high=20.0,
    mistaken=(
        Mistaken(10.0, 40.0, "magnitudes; name the column of redshifts"),
        Mistaken(100.0, 1e6, "velocities in km/s; divide them by 299792.458, or name the column of redshifts"),
    ),
    codes=(9.99, 9.999, 9.9999, 9.99999, 9.999999),
)
"""No galaxy falls towards us faster than 3,000 km/s; the farthest with a spectrum lies at 14.4.

Surveys such as VVDS and zCOSMOS write 9.9999 where a spectrum gave no redshift.
"""
ESTIMATE = replace(REDSHIFT, low=-1.0, high=90.0, above=True)
"""What a method may say, wrong as it may be: a regression that falls below 0 or far too high is scored."""
FLUX = Quantity("fluxes in nanomaggies", low=-1e9, high=1e9)
"""Up to magnitude 0: the Large Magellanic Cloud has 0.4, Andromeda 3.4."""
FLUX_ERROR = Quantity("errors of fluxes in nanomaggies", low=1e-12, high=1e9)
"""From what single precision still holds."""
MAGNITUDE = Quantity("magnitudes", low=0.0, high=40.0, above=True)
"""0 to the last digit is what an empty column holds."""
MAGNITUDE_ERROR = Quantity("errors of magnitudes", low=0.0, high=9.0, above=True)
EBV = Quantity("E(B−V)", low=0.0, high=10.0)
"""Magnitudes; behind the densest dust of the Galactic plane there is no galaxy to be seen."""
EXTINCTION = Quantity("extinctions", low=0.0, high=50.0)
"""Magnitudes, in any band."""
RIGHT_ASCENSION = Quantity("right ascensions in degrees", low=-180.0, high=360.0)
DECLINATION = Quantity(
    "declinations in degrees",
    low=-90.0,
    high=90.0,
    mistaken=(Mistaken(90.0, 360.0, "right ascensions; name the column of declinations"),),
)


@dataclass(frozen=True)
class Tally:
    """How many of a column's values are what; sums of tallies are those of more values."""

    count: int = 0
    good: int = 0
    codes: int = 0
    """Values that say "unknown"."""
    implausible: int = 0
    code: float | None = None
    """The first of the codes."""
    example: float | None = None
    """The first of the implausible values."""
    low: float = np.inf
    """Least of the good values."""
    high: float = -np.inf
    """Greatest of the good values."""
    mistaken: tuple[int, ...] = ()
    """For each quantity that this one is mistaken for, how many values lie in its range."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.count + other.count,
            self.good + other.good,
            self.codes + other.codes,
            self.implausible + other.implausible,
            self.code if self.code is not None else other.code,
            self.example if self.example is not None else other.example,
            min(self.low, other.low),
            max(self.high, other.high),
            tuple(map(sum, zip(self.mistaken, other.mistaken, strict=True)))
            if self.mistaken and other.mistaken
            else self.mistaken or other.mistaken,
        )


def is_code(values: Values) -> Bool[np.ndarray, "*shape"]:
    """Which values catalogues write where there is none, if no such value can be: −1, −99, 9999, −32768, 1e20 ..."""
    return np.asarray(np.isin(values, _CODES) | (np.abs(values) >= _HUGE))


def plausible(
    values: Values,
    quantity: Quantity,
    factor: float = 1.0,
    none: Bool[np.ndarray, "*shape"] | bool = False,
) -> tuple[Values, Tally]:
    """The values that can be, NaN for all others, and how many are what.

    Args:
        values: as a file holds them; NaN where it says that there is none.
        quantity: what they are.
        factor: how many of the quantity's units are in one of the values'.
        none: which values are known to say that there is none, though they could be.
    """
    with np.errstate(over="ignore"):
        scaled = factor * values
    good = quantity.holds(scaled) & ~np.asarray(none)
    other = ~good & ~np.isnan(values)
    code = other & (is_code(values) | none)
    wrong, kept = other & ~code, scaled[good]
    known = scaled[~code]
    tally = Tally(
        int(values.size),
        int(good.sum()),
        int(code.sum()),
        int(wrong.sum()),
        _first(values, code),
        _first(values, wrong),
        float(kept.min(initial=np.inf)),
        float(kept.max(initial=-np.inf)),
        tuple(int(((known >= each.low) & (known <= each.high)).sum()) for each in quantity.mistaken),
    )
    return np.where(good, scaled, np.nan), tally


def tell(tally: Tally, quantity: Quantity, column: str) -> None:
    """Say how many values of a column are none.

    Args:
        tally: of all values.
        quantity: what they are.
        column: its name and file, to begin a sentence with.

    Raises:
        InputError: if the values look like another quantity's, or most of them are implausible.
    """
    known = tally.good + tally.implausible
    for each, number in zip(quantity.mistaken, tally.mistaken, strict=False):
        if number > MOST * known:
            raise InputError(
                f"{column} holds no {quantity.name}: {number:,} of {known:,} values lie between {each.low:g} and "
                f"{each.high:g} and look like {each.words}."
            )
    if tally.implausible > MOST * known:
        raise InputError(
            f"{column} holds no {quantity.name}: {tally.implausible:,} of {known:,} values are impossible, the first "
            f"is {tally.example:g}, but they must {quantity.range}; name another column, or mend its unit."
        )
    if tally.codes:
        say(f"{column}: {tally.codes:,} of {tally.count:,} values, such as {tally.code:g}, say that there is none.")
    if tally.implausible:
        say(
            f"{column}: {tally.implausible:,} of {tally.count:,} values are impossible, the first is "
            f"{tally.example:g}, and count as unknown; {quantity.name} must {quantity.range}."
        )


def known(values: Values, quantity: Quantity, column: str) -> Values:
    """The values of a whole column that can be, NaN for all others, which are counted and said.

    Raises:
        InputError: as `tell`.
    """
    kept, tally = plausible(values, quantity)
    tell(tally, quantity, column)
    return kept


def known_positions(
    ra: Float64[np.ndarray, "galaxies"],
    dec: Float64[np.ndarray, "galaxies"],
    columns: tuple[str, str],
    factors: tuple[float, float] = (1.0, 1.0),
) -> dict[str, Float64[np.ndarray, "galaxies"]]:
    """Right ascensions from 0 to 360 and declinations, NaN where there is no position, which is counted and said.

    Raises:
        InputError: as `tell_positions`.
    """
    ra, dec, tallies = positions(ra, dec, factors)
    tell_positions(tallies, columns)
    return {"ra": ra, "dec": dec}


def positions(
    ra: Float64[np.ndarray, "galaxies"],
    dec: Float64[np.ndarray, "galaxies"],
    factors: tuple[float, float] = (1.0, 1.0),
) -> tuple[Float64[np.ndarray, "galaxies"], Float64[np.ndarray, "galaxies"], tuple[Tally, Tally]]:
    """Positions on the sky, NaN in both where either is none, and the tallies of both.

    Two codes, such as −99 and −9, are no position, nor is 0 and 0 to the last digit, nor a right ascension of −99 or a
    lower code: −1 or −9 alone may be one.

    Args:
        ra: right ascensions as a file holds them, from −180° to 180° or from 0° to 360°.
        dec: declinations, likewise.
        factors: degrees in one of the unit of each.

    Returns:
        Right ascensions from 0 to 360, declinations, and their tallies.
    """
    none = (is_code(ra) & is_code(dec)) | ((ra == 0) & (dec == 0))
    alone = is_code(ra) & (ra <= _LONE)
    ra, ra_tally = plausible(ra, RIGHT_ASCENSION, factors[0], none | alone)
    dec, dec_tally = plausible(dec, DECLINATION, factors[1], none)
    known = np.isfinite(ra) & np.isfinite(dec)
    turned = np.mod(ra, 360.0)
    # the rest of a tiny negative number rounds to 360
    turned = np.where(turned == 360.0, 0.0, turned)
    return np.where(known, turned, np.nan), np.where(known, dec, np.nan), (ra_tally, dec_tally)


def tell_positions(tallies: tuple[Tally, Tally], columns: tuple[str, str]) -> None:
    """Say how many positions are none, and that they may be in another unit.

    Args:
        tallies: of right ascensions and declinations.
        columns: their names and file, to begin a sentence with.

    Raises:
        InputError: if most are not on the sky.
    """
    ra, dec = tallies
    for tally, quantity, column in zip(tallies, (RIGHT_ASCENSION, DECLINATION), columns, strict=True):
        tell(tally, quantity, column)
    if ra.good >= FEW and (unit := _other_unit(ra, dec)):
        say(f"{columns[0]}: {unit}")


def _other_unit(ra: Tally, dec: Tally) -> str:
    """What the ranges of positions give cause to ask; nothing if they spread over the sky, or over little of it."""
    width = ra.high - ra.low
    if ra.low >= 0 and ra.high <= 2 * np.pi and max(-dec.low, dec.high) <= np.pi / 2 and width > 3:
        return "all right ascensions lie below 2π and all declinations below π/2; are they radians?"
    if ra.low >= 0 and ra.high <= 24 and width > 12:
        return "all right ascensions lie between 0 and 24; if they are hours, multiply them by 15."
    return ""


def _first(values: Values, which: Bool[np.ndarray, "*shape"]) -> float | None:
    return float(values[which][0]) if which.any() else None
