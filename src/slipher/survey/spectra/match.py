"""Which spectrum files are of which galaxies of a store.

By name first: plate, MJD and fibre are known from the store's columns, or from identifiers that are specObjIDs; for
SDSS-V, identifiers or a column may be catalogids. A file
that so belongs to nobody may still be another observation of a galaxy: one whose fibre was on it.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.spatial import cKDTree

from slipher.errors import InputError
from slipher.progress import track
from slipher.survey.spectra.file import read_position
from slipher.survey.spectra.folder import SpectrumFolder
from slipher.survey.spectra.specobj import SpectrumNames, decode
from slipher.survey.store import Galaxies

__all__ = ["RADIUS", "Matches", "match"]

RADIUS = 3.0
"""Arcseconds between a galaxy and a fibre that was on it: a fibre of SDSS is 3 wide, one of BOSS 2."""
FIBER_COLUMNS = ("fiber", "fiberid")

Indices = Int64[np.ndarray, "pairs"]


@dataclass(frozen=True, eq=False)
class Matches:
    """Galaxies and their files, in the order of the galaxies; a galaxy may have several files."""

    galaxy: Indices
    """Row of the store."""
    file: Indices
    """Number of the file in its folder."""
    strangers: int
    """Number of files that are of none of the galaxies."""
    unusable: tuple[tuple[Path, str], ...]
    """Files of no known galaxy that could not be read, each with a sentence."""

    def files_of(self, start: int, stop: int) -> list[list[int]]:
        """The files of each galaxy from a first to a past-the-last."""
        bounds = np.searchsorted(self.galaxy, np.arange(start, stop + 1))
        return [self.file[low:high].tolist() for low, high in pairwise(bounds)]


def match(galaxies: Galaxies, folder: SpectrumFolder) -> Matches:
    """Find the files of every galaxy.

    Args:
        galaxies: a whole store, with catalogue/plate, mjd and fiber (or fiberid) or catalogue/catalogid, or with
            specObjIDs or catalogids as identifiers;
            with catalogue/ra and dec (degrees) files of no galaxy's name are matched within `RADIUS` too.
        folder: the files.

    Raises:
        InputError: if the store can tell neither the names of spectra nor positions.
    """
    keys, known = _keys(galaxies), {"ra", "dec"} <= set(galaxies.catalogue)
    pairs = [_by_key(keys, folder.names.key), _by_key(_catalogids(galaxies), folder.names.catalogid)]
    galaxy, file = (np.concatenate(each) for each in zip(*pairs, strict=True))
    if not (keys >= 0).any() and not known and not len(file):
        raise InputError(
            f"{galaxies.path} does not tell which spectra are its galaxies': its ids are no specObjIDs, and it has "
            "neither plate, mjd and fiber nor ra and dec; import it with those columns of its catalogue."
        )
    alone = np.setdiff1d(np.arange(len(folder.files)), file)
    unusable: list[tuple[Path, str]] = []
    if known and len(alone):
        places, placed, unusable = _positions(folder, alone)
        more_galaxy, more_file = _by_position(galaxies, places, placed)
        galaxy, file = np.concatenate([galaxy, more_galaxy]), np.concatenate([file, more_file])
    order = np.lexsort([file, galaxy])
    strangers = len(folder.files) - len(np.unique(file)) - len(unusable)
    return Matches(galaxy[order], file[order], strangers, tuple(unusable))


def _keys(galaxies: Galaxies) -> Int64[np.ndarray, "galaxies"]:
    """The name of each galaxy's spectrum as one number; −1 where unknown."""
    by_id = decode(galaxies.id).key
    fiber = next((name for name in FIBER_COLUMNS if name in galaxies.catalogue), None)
    if fiber is None or not {"plate", "mjd"} <= set(galaxies.catalogue):
        return by_id
    plate, mjd, number = (_whole(galaxies.numbers(f"catalogue/{name}")) for name in ("plate", "mjd", fiber))
    by_column = SpectrumNames(plate, mjd, number, np.full(len(plate), -1)).key
    return np.asarray(np.where(by_column >= 0, by_column, by_id))


def _catalogids(galaxies: Galaxies) -> Int64[np.ndarray, "galaxies"]:
    """The number that each galaxy may have in SDSS-V; −1 where it has none."""
    given = galaxies.column("catalogue/catalogid") if "catalogid" in galaxies.catalogue else galaxies.id
    return np.asarray(given.astype(np.int64) if given.dtype.kind in "iu" else np.full(len(given), -1))


def _whole(values: np.ndarray) -> Int64[np.ndarray, "galaxies"]:
    """Whole numbers; 0 where a catalogue says that there is none."""
    return np.asarray(np.nan_to_num(values, nan=0, posinf=0, neginf=0).astype(np.int64))


def _by_key(keys: Int64[np.ndarray, "galaxies"], names: Int64[np.ndarray, "files"]) -> tuple[Indices, Indices]:
    """Pairs of galaxies and files of the same name."""
    order = np.argsort(names, kind="stable")
    low = np.searchsorted(names[order], keys, "left")
    count = np.where(keys >= 0, np.searchsorted(names[order], keys, "right") - low, 0)
    galaxy = np.repeat(np.arange(len(keys)), count)
    within = np.arange(len(galaxy)) - np.repeat(np.cumsum(count) - count, count)
    return galaxy, order[low[galaxy] + within]


def _positions(
    folder: SpectrumFolder, which: Int64[np.ndarray, "files"]
) -> tuple[Float64[np.ndarray, "placed 2"], Int64[np.ndarray, "placed"], list[tuple[Path, str]]]:
    """Right ascension and declination of some files (degrees), which these are, and those that cannot be read."""
    found, placed, unusable = [], [], []
    for number in track(which.tolist(), "fibre positions", len(which), "file"):
        try:
            position = read_position(folder.files[number])
        except InputError as error:
            unusable.append((folder.files[number], str(error)))
            continue
        if position is not None:
            found.append(position)
            placed.append(number)
    return np.array(found, np.float64).reshape(-1, 2), np.array(placed, np.int64), unusable


def _by_position(
    galaxies: Galaxies, places: Float64[np.ndarray, "placed 2"], files: Int64[np.ndarray, "placed"]
) -> tuple[Indices, Indices]:
    """Pairs of files and the nearest galaxy, within `RADIUS`."""
    ra, dec = (galaxies.numbers(f"catalogue/{name}") for name in ("ra", "dec"))
    rows = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    if not len(rows) or not len(files):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    reach = 2 * np.sin(np.radians(RADIUS / 3600) / 2)
    _, nearest = cKDTree(_vectors(ra[rows], dec[rows])).query(_vectors(*places.T), distance_upper_bound=reach)
    near = nearest < len(rows)
    return rows[nearest[near]], files[near]


def _vectors(ra: Float[np.ndarray, "places"], dec: Float[np.ndarray, "places"]) -> Float[np.ndarray, "places 3"]:
    """Unit vectors on the sky."""
    longitude, latitude = np.radians(ra), np.radians(dec)
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=-1
    )
