"""Catalogues of positions: which galaxies to cut out, and what is known of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Shaped

from slipher.errors import InputError
from slipher.formats.identifiers import table_identifiers
from slipher.formats.plausible import REDSHIFT, known, known_positions
from slipher.formats.tables import Table, column, listed, numbers, open_table
from slipher.formats.units import worth_in
from slipher.survey.dust import reddening_of

__all__ = ["Positions", "read_positions"]

NAMES = {
    "id": ("specobjid", "objid", "targetid", "id"),
    "ra": ("ra", "raj2000", "ra_icrs", "plug_ra", "_raj2000"),
    "dec": ("dec", "dej2000", "decj2000", "de_icrs", "plug_dec", "_dej2000"),
    "redshift": ("redshift", "zspec", "z_spec", "specz_redshift", "zsp", "z"),
    "ebv": ("ebv", "e_bv", "e(b-v)", "extinction", "extinction_r"),
    "plate": ("plate",),
    "mjd": ("mjd",),
    "fiber": ("fiberid", "fiber"),
}
"""What columns are usually called, in any case, likeliest first."""
MAGNITUDES = {"g", "r", "i"}
"""Beside columns of these names, one called z holds magnitudes."""
SPECTRUM = ("plate", "mjd", "fiber")


@dataclass(frozen=True, eq=False)
class Positions:
    """The galaxies of a catalogue."""

    path: Path
    id: Shaped[np.ndarray, "galaxies"]
    """int64 or bytes; row numbers if the catalogue has none."""
    ra: Float64[np.ndarray, "galaxies"]
    """Degrees, ICRS; NaN where unknown."""
    dec: Float64[np.ndarray, "galaxies"]
    redshift: Float64[np.ndarray, "galaxies"]
    """NaN where unknown."""
    ebv: Float64[np.ndarray, "galaxies"]
    """E(B−V) in magnitudes on the scale of SFD98; NaN where unknown."""
    ebv_source: str
    spectrum: Mapping[str, Shaped[np.ndarray, "galaxies"]]
    """plate, mjd and fiber of the spectrum, int32, if the catalogue has all three."""


def read_positions(
    path: Path,
    *,
    id: str | None = None,  # noqa: A002 - the name of the option
    ra: str | None = None,
    dec: str | None = None,
    redshift: str | None = None,
    ebv: float | str | None = None,
    maps: Path | None = None,
) -> Positions:
    """The galaxies of a catalogue in any of the usual formats.

    Columns that are not named are looked for under their usual names, in any case; without one for the identifier,
    the row numbers serve, and redshift and E(B−V) are unknown.

    Args:
        path: .fits, .csv, .parquet, .vot, .npz or .hdf5.
        id: column of identifiers, whole numbers or text.
        ra: column of right ascensions (ICRS), in degrees unless the file names another unit.
        dec: column of declinations, likewise.
        redshift: column of spectroscopic redshifts.
        ebv: E(B−V) as `survey.dust.reddening_of` takes it: a number, a column, or ``"sfd"``.
        maps: folder of the full SFD98 maps, for ``"sfd"``.

    Raises:
        InputError: if the catalogue cannot be read, has no positions, or holds impossible values.
    """
    table = open_table(path)
    place = _Finder(table)
    names = place.needed("ra", ra), place.needed("dec", dec)
    values, labels = [numbers(table, name) for name in names], (f"{path}: {names[0]!r}", f"{path}: {names[1]!r}")
    factors = worth_in(table.describe(names[0]), "deg"), worth_in(table.describe(names[1]), "deg")
    where = known_positions(values[0], values[1], labels, factors)
    count = len(where["ra"])
    redshift, ebv = redshift or place.usual("redshift"), place.usual("ebv") if ebv is None else ebv
    reddening, source = reddening_of(_number(ebv), table, where["ra"], where["dec"], maps, count)
    return Positions(
        path,
        table_identifiers(table, id or place.usual("id"), count),
        **where,
        redshift=_redshifts(table, redshift, count),
        ebv=reddening,
        ebv_source=source,
        spectrum=_spectrum(table, place),
    )


class _Finder:
    """Finds columns by their usual names."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._lower: dict[str, str] = {}
        for name in table:
            self._lower.setdefault(name.lower(), name)

    def usual(self, what: str) -> str | None:
        """The column that is called as such columns usually are."""
        names = [name for name in NAMES[what] if name in self._lower]
        if what == "redshift" and set(self._lower) >= MAGNITUDES:
            names = [name for name in names if name != "z"]
        return self._lower[names[0]] if names else None

    def needed(self, what: str, given: str | None) -> str:
        """The column named, or the usual one.

        Raises:
            InputError: if there is none.
        """
        name = given or self.usual(what)
        if name is None:
            raise InputError(
                f"{self.table.path} has no column that is called {what}, only {listed(self.table)}; name the one that "
                f"holds it (--{what})."
            )
        return name


def _number(ebv: float | str | None) -> float | str | None:
    """A number given as text, as a number."""
    try:
        return None if ebv is None else float(ebv)
    except ValueError:
        return ebv


def _redshifts(table: Table, name: str | None, count: int) -> Float64[np.ndarray, "galaxies"]:
    """Redshifts; NaN where unknown."""
    if name is None:
        return np.full(count, np.nan)
    return known(numbers(table, name), REDSHIFT, f"{table.path}: {name!r}")


def _spectrum(table: Table, place: _Finder) -> dict[str, Shaped[np.ndarray, "galaxies"]]:
    """Plate, MJD and fibre, if the catalogue has all three as whole numbers."""
    names = {what: place.usual(what) for what in SPECTRUM}
    columns = {what: column(table, name).values for what, name in names.items() if name is not None}
    if len(columns) < len(SPECTRUM) or any(values.dtype.kind not in "iu" for values in columns.values()):
        return {}
    return {what: values.astype(np.int32) for what, values in columns.items()}
