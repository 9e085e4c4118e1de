"""Cutouts that a scientist already has, imported into a galaxy store.

One file with an array of all (npy, npz, HDF5, FITS), or a folder with files of each galaxy; redshifts and what else is
known of the galaxies beside the cutouts, or in a catalogue.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Shaped, UInt8

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.containers import Container, open_container
from slipher.formats.identifiers import as_stored, unique_identifiers
from slipher.formats.parts import TEST, TRAIN
from slipher.formats.table import Table
from slipher.formats.tables import file_of, open_table
from slipher.survey.bands import tell_unknown_filters
from slipher.survey.columns import identifiers, positions, redshifts, splits
from slipher.survey.dust import reddening_of
from slipher.survey.dustmaps import map_files
from slipher.survey.importing import Cutouts, check_dtype, check_pixel_scale, column_of, write_store
from slipher.survey.layout import digest
from slipher.survey.schema import galaxy_schema
from slipher.survey.split import check_two_files, split_as_given
from slipher.survey.stamps.cube import Cube
from slipher.survey.stamps.folder import FolderStamps
from slipher.survey.stamps.joined import joined
from slipher.survey.stamps.reading import Reading
from slipher.survey.stamps.stacked import StackedStamps
from slipher.survey.writer import making

__all__ = ["import_images"]

IMPORT_VERSION = 4
"""Counts up whenever the same file and options would give another store."""

Stamps = Cube | FolderStamps | StackedStamps


@dataclass(frozen=True)
class Options:
    """What the columns are called, and how the store is written; all of it is part of the store's identity."""

    redshift: str | None
    pixel_scale: float | None
    ebv: str | float | None
    maps: Path | None
    ra: str | None
    dec: str | None
    id: str | None
    split: str | None
    test: Path | None
    dtype: str
    skip_bad: bool

    def __post_init__(self) -> None:
        check_dtype(self.dtype)
        if self.split is not None and self.test is not None:
            raise InputError("a column of parts and --test both say which galaxies test; name one of them.")
        if self.pixel_scale is not None:
            check_pixel_scale(self.pixel_scale)

    @property
    def columns(self) -> list[str]:
        """The columns that are named."""
        named = (self.redshift, self.ebv, self.ra, self.dec, self.id, self.split)
        return [name for name in named if isinstance(name, str)]


def import_images(
    file: str | Path,
    out: str | Path,
    *,
    bands: tuple[str, ...] | list[str],
    images: str | None = None,
    redshift: str | None = None,
    catalog: str | Path | None = None,
    layout: str | None = None,
    size: int | None = None,
    unit: str | None = None,
    zero_point: float | None = None,
    pixel_scale: float | None = None,
    ebv: str | float | None = None,
    maps: str | Path | None = None,
    ra: str | None = None,
    dec: str | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    split: str | None = None,
    test: str | Path | None = None,
    dtype: str = "float16",
    skip_bad: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Make a galaxy store of cutouts.

    Sources, sky and photometry are measured on the cutouts. Pixels that are not finite, that the file marks as missing,
    or that are padding (`survey.padding`) are marked as bad and stored as 0. The parts for training, validation and
    test are drawn by a digest of the identifier where neither a column nor two files say them. A killed import
    continues when called again; a store that is already there from the same files and options is left alone.

    Args:
        file: an npy, npz, HDF5 or FITS file, of which ``FILE[1]`` names an extension; or a folder with a file of each
            galaxy, or with one of each galaxy and band, which are told apart by their names.
        out: where the store shall lie.
        bands: names of the bands from blue to red; in the order of the file, where it does not name them itself.
        images: name of the array of cutouts, or the number of an extension; None takes the only one there is.
        redshift: name of the column of spectroscopic redshifts (NaN where unknown); None if there is none.
        catalog: a table with the columns, where they do not lie beside the cutouts; joined by identifiers if the
            cutouts have any (the names of a folder's files are theirs), else row by row.
        layout: axes of the array: N galaxies, C bands, H y, W x; None tells them by their lengths.
        size: pixels a side to which the middle of every cutout is cut; None leaves them as they are.
        unit: nanomaggy, nJy, uJy or count; None takes what the file says, or else nanomaggy.
        zero_point: AB magnitude of one count.
        pixel_scale: arcseconds a pixel.
        ebv: E(B−V) in magnitudes for all, or the name of a column of it or of extinctions (`reddening_of` says how they
            are told apart), or ``"sfd"`` for dust maps.
        maps: folder of the full dust maps; None takes the coarse one. With ebv ``"sfd"`` only.
        ra: name of the column of right ascensions, degrees.
        dec: name of the column of declinations, degrees.
        id: name of the column of identifiers, numbers or text; None numbers the rows, or takes the names of files.
        split: name of a column that says train, validation or test.
        test: another file or folder like ``file``, whose galaxies are those that test.
        dtype: float16 or float32, in which the store keeps the cutouts.
        skip_bad: whether galaxies whose centre or half of whose pixels are bad are dropped.
        workers: number of processes that measure; None takes every core. The store does not depend on it.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the file or an option cannot be used; says what is wrong, where, and what to do.
    """
    out, maps, catalog = Path(out), None if maps is None else Path(maps), None if catalog is None else Path(catalog)
    path, images = _extension(file, images)
    reading = Reading(tuple(bands), images, layout, unit, zero_point, size)
    test = None if test is None else Path(test)
    options = Options(redshift, pixel_scale, ebv, maps, ra, dec, id, split, test, dtype, skip_bad)
    with _stamps(path, reading, options, catalog) as stamps:
        identity = _identity(path, stamps.files, catalog, reading, options)
        with making(out, identity, overwrite, [*_read(stamps.files, catalog), *map_files(maps)]) as work:
            if not work.done:
                tell_unknown_filters(reading.bands)
                write_store(_cutouts(stamps, reading, options, catalog), out, identity, skip_bad, workers, work)
    return out


def _extension(file: str | Path, images: str | None) -> tuple[Path, str | None]:
    """The file and the name of the array, which FILE[1] names too.

    Raises:
        InputError: if both name one.
    """
    path = file_of(file)
    if path == Path(file):
        return path, images
    named = str(file)[len(str(path)) + 1 : -1]
    if images is not None and images != named:
        raise InputError(f"{file} and --images {images} name two arrays; name one.")
    return path, named


@contextmanager
def _stamps(path: Path, reading: Reading, options: Options, catalog: Path | None) -> Iterator[Stamps]:
    """The cutouts of a file or a folder, with those that test behind them."""
    if options.test is None:
        with _of_one(path, reading, options, catalog) as stamps:
            yield stamps
    else:
        check_two_files(path, options.test)
        # a catalogue has rows of both, and tells the number of neither
        with _of_one(path, reading, options, None) as train, _of_one(options.test, reading, options, None) as test:
            yield StackedStamps([train, test])


@contextmanager
def _of_one(path: Path, reading: Reading, options: Options, catalog: Path | None) -> Iterator[Cube | FolderStamps]:
    """The cutouts of a file or a folder."""
    if path.is_dir():
        yield FolderStamps(path, reading)
        return
    with open_container(path) as container:
        yield Cube(container, reading, _count(container, options, catalog))


def _count(container: Container, options: Options, catalog: Path | None) -> int | None:
    """The number of galaxies by the columns beside the cutouts, or by the rows of a catalogue without identifiers."""
    names = [name for name in options.columns if name in container]
    if catalog is not None:
        names = [name for name in names if name == options.id]
        if options.id is not None and not names:
            return open_table(catalog).count
    return container.describe(names[0])[1][0] if names else None


def _cutouts(stamps: Stamps, reading: Reading, options: Options, catalog: Path | None) -> Cutouts:
    """The galaxies: their columns, checked."""
    count = stamps.count
    table, identifier = _columns(stamps, options, catalog)
    redshift = redshifts(table, options.redshift, count)
    sky = positions(table, options.ra, options.dec, count)
    ebv, source = reddening_of(options.ebv, table, sky.get("ra"), sky.get("dec"), options.maps, count)
    beside = "" if catalog is None else f" with {catalog.name}"
    schema = galaxy_schema(
        count,
        reading.bands,
        source=f"cutouts of {stamps.where.name}{beside}",
        shape=stamps.shape,
        image_dtype=options.dtype,
        pixel_scale=options.pixel_scale,
        id_dtype=column_of(identifier).dtype,
        catalogue={name: column_of(values) for name, values in sky.items()},
        attributes={"ebv_source": source},
    )
    split = _split(stamps, table, options, identifier, redshift)
    columns = {"id": identifier, "redshift": redshift, "ebv": ebv, "split": split}
    columns |= {f"catalogue/{name}": values for name, values in sky.items()}
    return Cutouts(stamps.where, schema, columns, stamps, stamps.unit)


def _split(
    stamps: Stamps,
    table: Table,
    options: Options,
    identifier: Shaped[np.ndarray, "galaxies"],
    redshift: Float64[np.ndarray, "galaxies"],
) -> UInt8[np.ndarray, "galaxies"]:
    """The part of every galaxy: as two files or a column say, or by the digest of its identifier."""
    if not isinstance(stamps, StackedStamps):
        return splits(table, options.split, identifier, redshift)
    by_file = np.repeat(np.array([TRAIN, TEST], np.uint8), [each.count for each in stamps.parts])
    return split_as_given(by_file, identifier, str(stamps.where))


def _columns(stamps: Stamps, options: Options, catalog: Path | None) -> tuple[Table, Shaped[np.ndarray, "galaxies"]]:
    """The table that has a row for every cutout, and the identifiers."""
    names = stamps.names
    table: Table = stamps.table
    used: Column | None = names
    if catalog is not None:
        table, used = joined(table, names, open_table(catalog), options.id, options.redshift)
    elif names is not None and options.columns:
        raise InputError(
            f"{stamps.where} is a folder of images, without a column {options.columns[0]!r}; name the table that has "
            "it (--catalog)."
        )
    if used is not None:
        return table, as_stored(unique_identifiers(used))
    return table, identifiers(table, options.id, stamps.count)


def _read(files: Sequence[Path], catalog: Path | None) -> list[Path]:
    """Every file that is read."""
    return [*files, *([] if catalog is None else [file_of(catalog)])]


def _identity(path: Path, files: Sequence[Path], catalog: Path | None, reading: Reading, options: Options) -> str:
    """Digest of everything that determines the store."""
    every = [
        (each.relative_to(path) if each.is_relative_to(path) else each.name, each) for each in _read(files, catalog)
    ]
    states = [(str(name), each.stat()) for name, each in every]
    stamps = [(name, state.st_size, state.st_mtime_ns) for name, state in states]
    words = [
        IMPORT_VERSION,
        path.name,
        stamps,
        None if catalog is None else catalog.name,
        asdict(reading),
        asdict(options),
    ]
    return digest(json.dumps(words, default=str).encode()).hex()
