"""Cutouts that a scientist already has (npz, HDF5, FITS), imported into a galaxy store."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.arrays import ArrayTable
from slipher.formats.containers import Container, open_container
from slipher.formats.units import nanomaggies_per
from slipher.survey.bands import tell_unknown_filters
from slipher.survey.columns import identifiers, positions, redshifts
from slipher.survey.dust import reddening_of
from slipher.survey.importing import Cutouts, check_dtype, column_of, write_store
from slipher.survey.layout import digest
from slipher.survey.padding import Unmeasured, without_padding
from slipher.survey.schema import galaxy_schema
from slipher.survey.split import split_by_id
from slipher.survey.writer import already_made

__all__ = ["LAYOUTS", "import_images"]

IMPORT_VERSION = 3
"""Counts up whenever the same file and options would give another store."""
LAYOUTS = {"NHWC": (0, 3, 1, 2), "NCHW": (0, 1, 2, 3)}
"""Axis orders of a file's images, and how each is turned into galaxies, bands, y, x."""


@dataclass(frozen=True)
class Options:
    """How a file of cutouts is to be read; all of it is part of the store's identity."""

    images: str
    redshift: str | None
    bands: tuple[str, ...]
    layout: str
    unit: str
    zero_point: float | None
    pixel_scale: float | None
    ebv: str | float | None
    maps: Path | None
    ra: str | None
    dec: str | None
    id: str | None
    dtype: str
    skip_bad: bool

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise InputError(f"layout is {self.layout!r}, but must be one of {', '.join(LAYOUTS)}.")
        check_dtype(self.dtype)
        if self.pixel_scale is not None and not (np.isfinite(self.pixel_scale) and self.pixel_scale > 0):
            raise InputError(f"pixel_scale is {self.pixel_scale}, but must be positive (arcseconds a pixel).")


def import_images(
    file: str | Path,
    out: str | Path,
    *,
    images: str,
    redshift: str | None,
    bands: tuple[str, ...] | list[str],
    layout: str = "NHWC",
    unit: str = "nanomaggy",
    zero_point: float | None = None,
    pixel_scale: float | None = None,
    ebv: str | float | None = None,
    maps: str | Path | None = None,
    ra: str | None = None,
    dec: str | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    dtype: str = "float16",
    skip_bad: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Make a galaxy store of a file of cutouts.

    Sources, sky and photometry are measured on the cutouts. Pixels that are not finite are marked as bad and stored as
    0. The parts for training, validation and test are drawn by a digest of the identifier. A killed import continues
    when called again; a store that is already there from the same file and options is left alone.

    Args:
        file: an npz, HDF5 or FITS file.
        out: where the store shall lie.
        images: name of the array of cutouts.
        redshift: name of the array of spectroscopic redshifts (NaN where unknown); None if there is none.
        bands: names of the bands in the order of the file, which must be from blue to red.
        layout: axis order of the cutouts, NHWC or NCHW (N galaxies, H y, W x, C bands).
        unit: nanomaggy, nJy, uJy or count.
        zero_point: AB magnitude of one count; with unit count only.
        pixel_scale: arcseconds a pixel.
        ebv: E(B−V) in magnitudes for all, or the name of an array of it or of extinctions (`reddening_of` says how they
            are told apart), or ``"sfd"`` for dust maps.
        maps: folder of the full dust maps; None takes the coarse one. With ebv ``"sfd"`` only.
        ra: name of the array of right ascensions, degrees.
        dec: name of the array of declinations, degrees.
        id: name of the array of identifiers, numbers or text; None numbers the rows.
        dtype: float16 or float32, in which the store keeps the cutouts.
        skip_bad: whether galaxies whose centre or half of whose pixels are bad are dropped.
        workers: number of processes that measure; None takes every core. The store does not depend on it.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the file or an option cannot be used; says what is wrong, where, and what to do.
    """
    file, out, maps = Path(file), Path(out), None if maps is None else Path(maps)
    options = Options(
        images, redshift, tuple(bands), layout, unit, zero_point, pixel_scale, ebv, maps, ra, dec, id, dtype, skip_bad
    )
    with open_container(file) as container:
        cutouts = _cutouts(container, options)
        identity = _identity(file, options)
        if not already_made(out, identity, overwrite):
            tell_unknown_filters(options.bands)
            write_store(cutouts, out, identity, skip_bad, workers)
    return out


def _cutouts(container: Container, options: Options) -> Cutouts:
    """A file's galaxies: their columns, checked."""
    images = _Images(container, options)
    count, shape = _image_shape(container, options)
    identifier = identifiers(container, options.id, count)
    redshift = redshifts(container, options.redshift, count)
    sky = positions(container, options.ra, options.dec, count)
    table = ArrayTable(container, count)
    ebv, source = reddening_of(options.ebv, table, sky.get("ra"), sky.get("dec"), options.maps, count)
    schema = galaxy_schema(
        count,
        options.bands,
        source=f"cutouts of {container.path.name}",
        shape=shape,
        image_dtype=options.dtype,
        pixel_scale=options.pixel_scale,
        id_dtype=column_of(identifier).dtype,
        catalogue={name: column_of(values) for name, values in sky.items()},
        attributes={"ebv_source": source},
    )
    columns = {"id": identifier, "redshift": redshift, "ebv": ebv, "split": split_by_id(identifier)}
    columns |= {f"catalogue/{name}": values for name, values in sky.items()}
    return Cutouts(container.path, schema, columns, images, options.unit)


class _Images:
    """A file's cutouts in nanomaggies.

    Args:
        container: the open file.
        options: how to read it.
    """

    def __init__(self, container: Container, options: Options) -> None:
        self._container = container
        self._name = options.images
        self._axes = LAYOUTS[options.layout]
        self._factor = nanomaggies_per(options.unit, options.zero_point)

    def __call__(self, start: int, stop: int) -> tuple[Float32[np.ndarray, "some bands y x"], Unmeasured]:
        """Cutouts ``start`` to ``stop``, not finite where a pixel is bad; and what was no measurement."""
        raw = self._container.pixels(self._name, start, stop)
        images, unmeasured = without_padding(raw.transpose(self._axes))
        return images * np.float32(self._factor), unmeasured


def _image_shape(container: Container, options: Options) -> tuple[int, tuple[int, int]]:
    """Number of galaxies, and (y, x) of their cutouts.

    Raises:
        InputError: if the array is none of cutouts in these bands.
    """
    dtype, shape = container.describe(options.images)
    where = f"{container.path}: {options.images!r} has shape {shape}"
    if len(shape) != 4 or dtype.kind not in "iuf":
        raise InputError(f"{where} and type {dtype}, but cutouts are numbers with four axes ({options.layout}).")
    count, channels, rows, columns = (shape[axis] for axis in LAYOUTS[options.layout])
    if channels != len(options.bands):
        other = next(name for name in LAYOUTS if name != options.layout)
        fits = shape[LAYOUTS[other][1]] == len(options.bands)
        raise InputError(
            f"{where}, {channels} bands as {options.layout}, but {len(options.bands)} are named "
            f"({' '.join(options.bands)}); " + (f"the layout may be {other}." if fits else "name the bands it has.")
        )
    if count == 0 or min(rows, columns) < 8:
        raise InputError(f"{where}; at least one cutout of 8 by 8 pixels is needed.")
    return count, (rows, columns)


def _identity(file: Path, options: Options) -> str:
    """Digest of everything that determines the store."""
    status = file.stat()
    words = [IMPORT_VERSION, file.name, status.st_size, status.st_mtime_ns, asdict(options)]
    return digest(json.dumps(words, default=str).encode()).hex()
