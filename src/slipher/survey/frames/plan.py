"""Which galaxies are cut out of which field, and all that is known of them before a pixel is read."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int64, Shaped

from slipher.errors import InputError
from slipher.progress import say, track
from slipher.survey.badpixels import keep_rows, spoiled
from slipher.survey.frames.footprints import Places, best_places
from slipher.survey.frames.frame import BANDS, DamagedFrameError, Field, Geometry, read_geometry
from slipher.survey.frames.positions import Positions
from slipher.survey.frames.resample import Stamp
from slipher.survey.importing import check_dtype, check_pixel_scale
from slipher.survey.layout import digest
from slipher.survey.split import split_by_id

__all__ = ["Columns", "Options", "Plan", "SkyField", "identity_of", "make_plan", "read_headers"]

VERSION = 2
"""Counts up whenever the same frames, catalogue and options would give another store."""
SMALLEST = 8
HEADER_READERS = 8
LISTED = 5
OFFSET = 48.0
"""Pixels by which the frames of one field may be shifted against each other; SDSS's differ by a few."""
REACH = 0.75
"""A stamp reaches no farther from its centre than this times its side: half a diagonal, and some more."""

Columns = dict[str, Shaped[np.ndarray, "galaxies ..."]]


@dataclass(frozen=True)
class Options:
    """How stamps are cut; part of the store's identity."""

    size: int
    pixel_scale: float
    dtype: str

    def __post_init__(self) -> None:
        if self.size < SMALLEST:
            raise InputError(f"size is {self.size}, but a cutout has at least {SMALLEST} pixels on a side.")
        check_pixel_scale(self.pixel_scale)
        check_dtype(self.dtype)


@dataclass(frozen=True)
class SkyField:
    """A field whose frames' headers are read."""

    field: Field
    geometry: dict[str, Geometry]
    """Of every band that the field has."""

    @property
    def reference(self) -> Geometry:
        """The frame that stands for the field."""
        return self.geometry[self.field.reference]


@dataclass(frozen=True, eq=False)
class Plan:
    """The galaxies to cut out, in the order of the store, and everything known of them before a pixel is read."""

    fields: Sequence[SkyField]
    which: Int64[np.ndarray, "galaxies"]
    """Index of each galaxy's field; ascending."""
    columns: Columns
    """Every column that is not measured, by the store's names."""
    bands: tuple[str, ...]
    ebv_source: str
    outside: int
    """Galaxies of the catalogue that lie in no field."""
    dropped: int
    """Galaxies left out since too much of them lies outside of the frames."""

    @property
    def without(self) -> int:
        """Galaxies whose field lacks a band."""
        lacking = np.array([len(each.geometry) < len(self.bands) for each in self.fields])
        return int(lacking[self.which].sum())


def read_headers(fields: Sequence[Field], skip_bad: bool) -> list[SkyField]:
    """The fields with their frames' geometries; what cannot be read is named, or left out and counted.

    Raises:
        InputError: if a frame cannot be read and may not be left out, or none is left.
    """
    paths = [path for field in fields for path in field.paths.values()]
    # Opening and decompressing wait for the disk and let go of the interpreter: threads are enough.
    with ThreadPoolExecutor(HEADER_READERS) as pool:
        read = track(pool.map(_geometry, paths), "reading headers", len(paths), "frame")
        found = dict(zip(paths, read, strict=True))
    damaged = [str(each) for each in found.values() if isinstance(each, DamagedFrameError)]
    if damaged and not skip_bad:
        more = f" So are {len(damaged) - 1} more frames." if len(damaged) > 1 else ""
        raise InputError(f"{damaged[0].removesuffix('.')}, or leave such frames out (--skip-bad).{more}")
    if damaged:
        say(f"{len(damaged)} of {len(paths)} frames cannot be used and count as missing: {' '.join(damaged[:LISTED])}")
    usable = []
    for field in fields:
        known = {band: found[path] for band, path in field.paths.items()}
        geometry = {band: each for band, each in known.items() if isinstance(each, Geometry)}
        if geometry:
            usable.append(SkyField(replace(field, paths={band: field.paths[band] for band in geometry}), geometry))
    if not usable:
        raise InputError(f"none of the {len(paths)} frames can be used: {damaged[0]}")
    return usable


def _geometry(path: Path) -> Geometry | DamagedFrameError:
    """A frame's geometry, or what is wrong with it."""
    try:
        return read_geometry(path)
    except DamagedFrameError as error:
        return error


def make_plan(fields: Sequence[SkyField], positions: Positions, options: Options, skip_bad: bool, frames: Path) -> Plan:
    """Which galaxies are cut from which field.

    Raises:
        InputError: if no galaxy lies in a field, or one cannot be used and may not be dropped.
    """
    places = best_places(positions.ra, positions.dec, [each.reference for each in fields])
    inside = np.flatnonzero(places.found)
    if not len(inside):
        raise InputError(
            f"no galaxy of {positions.path} lies in any of the {len(fields)} fields in {frames}; check that its "
            "positions are degrees (ICRS) and that the frames are those of its sky."
        )
    rows = inside[np.argsort(places.field[inside], kind="stable")]
    bad = _spoiled(rows, fields, positions, places, options)
    kept = rows[keep_rows(bad, positions.id[rows], skip_bad, str(positions.path))]
    present = {band for each in fields for band in each.geometry}
    return Plan(
        fields,
        places.field[kept],
        _columns(kept, fields, positions, places),
        tuple(band for band in BANDS if band in present),
        positions.ebv_source,
        outside=len(positions.ra) - len(rows),
        dropped=len(rows) - len(kept),
    )


def _spoiled(
    rows: Int64[np.ndarray, "galaxies"],
    fields: Sequence[SkyField],
    positions: Positions,
    places: Places,
    options: Options,
) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies have their centre or half of their pixels outside of the frames."""
    bad = np.zeros(len(rows), bool)
    for place, row in enumerate(rows):
        field = fields[places.field[row]]
        native = np.sqrt(abs(np.linalg.det(np.array(field.reference.cd)))) * 3600
        if places.edge[row] < REACH * options.size * options.pixel_scale / native + OFFSET:
            stamp = Stamp(positions.ra[row], positions.dec[row], options.size, options.pixel_scale, field.reference)
            covered = np.stack([stamp.covered(geometry) for geometry in field.geometry.values()])
            bad[place] = spoiled(np.where(covered, 0.0, np.nan)[None])[0]
    return bad


def _columns(
    rows: Int64[np.ndarray, "galaxies"], fields: Sequence[SkyField], positions: Positions, places: Places
) -> Columns:
    """Every column that the catalogue and the fields give."""
    names = ("run", "camcol", "field")
    numbers = np.array([[getattr(each.field, name) for name in names] for each in fields], np.int32)
    found = numbers[places.field[rows]]
    catalogue = {
        "row": rows,
        "ra": positions.ra[rows],
        "dec": positions.dec[rows],
        "x": places.x[rows],
        "y": places.y[rows],
        **{name: found[:, column] for column, name in enumerate(names)},
        **{name: values[rows] for name, values in positions.spectrum.items()},
    }
    return {
        "id": positions.id[rows],
        "redshift": positions.redshift[rows],
        "ebv": positions.ebv[rows].astype(np.float32),
        "split": split_by_id(positions.id[rows]),
        **{f"catalogue/{name}": values for name, values in catalogue.items()},
    }


def identity_of(plan: Plan, options: Options) -> str:
    """Digest of everything that determines the store.

    Frames count by name and size: one that was damaged inside and is fetched again does not start the work anew.
    """
    used = np.unique(plan.which)
    files = [(path.name, path.stat().st_size) for number in used for path in plan.fields[number].field.paths.values()]
    columns = [
        [name, values.dtype.str, digest(np.ascontiguousarray(values)).hex()] for name, values in plan.columns.items()
    ]
    words = [VERSION, asdict(options), plan.bands, columns, files, plan.ebv_source, plan.outside, plan.dropped]
    return digest(json.dumps(words).encode()).hex()
