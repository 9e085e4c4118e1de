"""From SDSS frames and a catalogue to a galaxy store: every galaxy in all bands on one pixel grid."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int64, Shaped

from slipher.errors import InputError
from slipher.extras import require
from slipher.progress import say, track
from slipher.survey.badpixels import keep_rows, spoiled
from slipher.survey.filling import fill, finish
from slipher.survey.frames.footprints import Places, best_places
from slipher.survey.frames.frame import (
    BANDS,
    DamagedFrameError,
    Field,
    Frame,
    Geometry,
    find_fields,
    read_frame,
    read_geometry,
)
from slipher.survey.frames.positions import Positions, read_positions
from slipher.survey.frames.resample import Stamp, resample
from slipher.survey.importing import check_dtype, column_of
from slipher.survey.layout import digest
from slipher.survey.measuring import measured
from slipher.survey.pool import Block, available_cores
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import split_by_id
from slipher.survey.writer import StoreWriter, already_made

__all__ = ["cut_out"]

VERSION = 1
"""Counts up whenever the same frames, catalogue and options would give another store."""
PIXEL_SCALE = 0.396
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
        if not (np.isfinite(self.pixel_scale) and self.pixel_scale > 0):
            raise InputError(f"pixel_scale is {self.pixel_scale}, but must be positive (arcseconds a pixel).")
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


def cut_out(
    frames: str | Path,
    catalog: str | Path,
    out: str | Path,
    *,
    size: int = 64,
    pixel_scale: float = PIXEL_SCALE,
    id: str | None = None,  # noqa: A002 - the name of the option
    ra: str | None = None,
    dec: str | None = None,
    redshift: str | None = None,
    ebv: float | str | None = None,
    maps: str | Path | None = None,
    dtype: str = "float16",
    workers: int | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Path:
    """Make a galaxy store of SDSS frames and a catalogue of positions.

    All bands of a galaxy lie on one grid that is centred on the catalogue's position (`survey.resample`). A galaxy in
    several fields is cut from the one in which it lies farthest from the edges; one in none is left out. Pixels
    outside of a frame or not measured are bad; a band that a field lacks is wholly bad. The store goes by field (run,
    camcol, field), and within a field by the catalogue, so that every frame is opened once and the work grows with
    the number of frames and of galaxies; ``catalogue/row`` leads back to the catalogue's order. Sources, sky and
    photometry are measured on the cutouts. A killed run continues when called again; a store that is already there
    from the same input is left alone.

    Args:
        frames: folder of frames, also in folders below.
        catalog: .fits, .csv, .parquet, .vot, .npz or .hdf5.
        out: where the store shall lie.
        size: pixels on a side.
        pixel_scale: arcseconds a pixel.
        id: column of identifiers; without, the rows are numbered.
        ra: column of right ascensions, degrees (ICRS).
        dec: column of declinations, degrees.
        redshift: column of spectroscopic redshifts.
        ebv: E(B−V): one value for all, a column of it or of extinctions, or ``"sfd"``.
        maps: folder of the full SFD98 maps for ``"sfd"``.
        dtype: float16 or float32, in which the store keeps the cutouts.
        workers: number of processes; None takes every core that this process may use.
        skip_bad: whether frames that cannot be read count as missing, and galaxies whose centre or half of whose pixels
            lie outside of the frames are dropped.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the frames, the catalogue or an option cannot be used; says what is wrong, where, and what to do.
    """
    frames, out = Path(frames), Path(out)
    options = Options(size, pixel_scale, dtype)
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers were asked for, but there must be at least 1.")
    for module in ("astropy.wcs", "sep"):
        require(module, "cutouts")
    maps = None if maps is None else Path(maps)
    positions = read_positions(Path(catalog), id=id, ra=ra, dec=dec, redshift=redshift, ebv=ebv, maps=maps)
    plan = _plan(_headers(find_fields(frames), skip_bad), positions, options, skip_bad, frames)
    identity = _identity(plan, options)
    if not already_made(out, identity, overwrite):
        _write(plan, options, out, identity, workers or available_cores(), skip_bad)
        _tell(plan, positions)
    return out


def _headers(fields: Sequence[Field], skip_bad: bool) -> list[SkyField]:
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


def _plan(fields: Sequence[SkyField], positions: Positions, options: Options, skip_bad: bool, frames: Path) -> Plan:
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


def _schema(plan: Plan, options: Options) -> Schema:
    """What the store will hold."""
    catalogue = {
        name.removeprefix("catalogue/"): column_of(values)
        for name, values in plan.columns.items()
        if name.startswith("catalogue/")
    }
    return galaxy_schema(
        len(plan.which),
        plan.bands,
        source="SDSS frames",
        shape=(options.size, options.size),
        image_dtype=options.dtype,
        pixel_scale=options.pixel_scale,
        id_dtype=column_of(plan.columns["id"]).dtype,
        catalogue=catalogue,
        attributes={"ebv_source": plan.ebv_source, "outside": plan.outside, "dropped": plan.dropped},
    )


def _identity(plan: Plan, options: Options) -> str:
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


def _write(plan: Plan, options: Options, out: Path, identity: str, workers: int, skip_bad: bool) -> None:
    """Write the store, or what is missing of it.

    Raises:
        InputError: if a frame turns out damaged and may not be left out, or the destination cannot be written.
    """
    work, read = _Cutter(plan.bands, options, skip_bad), _Reader(plan)
    with StoreWriter(out, _schema(plan, options), identity) as writer:
        try:
            fill(writer, work, label="cutting out", workers=workers, read=read)
        except DamagedFrameError as error:
            # What is written is good: as after a full disk, the next run goes on from there.
            raise InputError(f"{str(error).removesuffix('.')} and run the same again to go on.") from OSError(error)
        finally:
            _cached_frame.cache_clear()
        finish(writer)


def _tell(plan: Plan, positions: Positions) -> None:
    """Say what was left out."""
    if plan.outside:
        say(f"{plan.outside} of {len(positions.ra)} galaxies lie in no field and were left out.")
    if plan.dropped:
        say(f"{plan.dropped} galaxies were dropped: their centre or half of their pixels lie outside of the frames.")
    if plan.without:
        say(f"{plan.without} of {len(plan.which)} galaxies lie in fields that lack a band.")


@dataclass(frozen=True)
class Batch:
    """The galaxies of a block, as they go to a worker."""

    fields: Sequence[SkyField]
    which: Int64[np.ndarray, "galaxies"]
    """Index of each galaxy's field in ``fields``; ascending."""
    columns: Columns


@dataclass(frozen=True)
class _Reader:
    """Hands out the galaxies of a block with the fields that they lie in."""

    plan: Plan

    def __call__(self, start: int, stop: int) -> Batch:
        used, which = np.unique(self.plan.which[start:stop], return_inverse=True)
        columns = {name: values[start:stop] for name, values in self.plan.columns.items()}
        return Batch([self.plan.fields[number] for number in used], which, columns)


@dataclass(frozen=True)
class _Cutter:
    """Cuts out and measures the galaxies of a block, in whatever process it is sent to."""

    bands: tuple[str, ...]
    options: Options
    skip_bad: bool

    def __call__(self, block: Block, batch: Batch) -> Columns:
        """Every column of a block."""
        shape = (block[1] - block[0], len(self.bands), self.options.size, self.options.size)
        images, valid = np.zeros(shape, np.float32), np.zeros(shape, bool)
        for number, field in enumerate(batch.fields):
            rows = np.flatnonzero(batch.which == number).tolist()
            stamps = [self._stamp(batch, row, field.reference) for row in rows]
            for band, frame in self._frames(field).items():
                place = self.bands.index(band)
                for row, stamp in zip(rows, stamps, strict=True):
                    images[row, place], valid[row, place] = self._usable(*resample(frame, stamp))
        return {**batch.columns, "images": images, "valid": valid, **measured(images, valid)}

    def _stamp(self, batch: Batch, row: int, reference: Geometry) -> Stamp:
        """The grid of one galaxy."""
        ra, dec = (float(batch.columns[f"catalogue/{name}"][row]) for name in ("ra", "dec"))
        return Stamp(ra, dec, self.options.size, self.options.pixel_scale, reference)

    def _frames(self, field: SkyField) -> dict[str, Frame]:
        """The frames of a field."""
        frames = {}
        for band, path in field.field.paths.items():
            try:
                frames[band] = _cached_frame(path)
            except DamagedFrameError as error:
                if not self.skip_bad:
                    raise
                say(f"{error} Its galaxies lack the {band} band.")
        return frames

    def _usable(self, image: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The stamp, or nothing of it where the frame has a gap at the centre: such a band counts as missing."""
        middle = slice((self.options.size - 1) // 2, self.options.size // 2 + 1)
        there = valid[middle, middle].all()
        return (image, valid) if there else (np.zeros_like(image), np.zeros_like(valid))


@lru_cache(maxsize=len(BANDS))
def _cached_frame(path: Path) -> Frame:
    """A frame, kept while its field's galaxies are cut out: decompressing takes far longer than cutting."""
    return read_frame(path)
