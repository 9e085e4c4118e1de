"""Cutouts that a scientist already has (npz, HDF5, FITS), imported into a galaxy store."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped

from slipher.errors import InputError
from slipher.extras import require
from slipher.physics.skynoise import sky_correlation, sky_statistics
from slipher.physics.sources import find_sources
from slipher.progress import bar, say
from slipher.survey.badpixels import keep_rows, spoiled
from slipher.survey.columns import identifiers, reddening, redshifts
from slipher.survey.containers import Container, open_container
from slipher.survey.layout import digest
from slipher.survey.photometry import measure
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import split_by_id
from slipher.survey.units import nanomaggies_per
from slipher.survey.writer import StoreWriter, already_made

__all__ = ["LAYOUTS", "import_images"]

IMPORT_VERSION = 1
"""Counts up whenever the same file and options would give another store."""
LAYOUTS = {"NHWC": (0, 3, 1, 2), "NCHW": (0, 1, 2, 3)}
"""Axis orders of a file's images, and how each is turned into galaxies, bands, y, x."""
DTYPES = ("float16", "float32")
PIECE = 256
"""Galaxies read at once while pixels are checked."""
BRIGHTEST, FAINTEST = 8.0, 32.0
"""Magnitudes between which the median galaxy of every survey lies."""


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
    id: str | None
    dtype: str
    skip_bad: bool

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise InputError(f"layout is {self.layout!r}, but must be one of {', '.join(LAYOUTS)}.")
        if self.dtype not in DTYPES:
            raise InputError(f"dtype is {self.dtype!r}, but must be one of {', '.join(DTYPES)}.")
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
    id: str | None = None,  # noqa: A002 - the name of the option
    dtype: str = "float16",
    skip_bad: bool = False,
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
        ebv: name of the array of E(B−V) in magnitudes, or one value for all.
        id: name of the array of identifiers, numbers or text; None numbers the rows.
        dtype: float16 or float32, in which the store keeps the cutouts.
        skip_bad: whether galaxies whose centre or half of whose pixels are bad are dropped.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the file or an option cannot be used; says what is wrong, where, and what to do.
    """
    file, out = Path(file), Path(out)
    options = Options(images, redshift, tuple(bands), layout, unit, zero_point, pixel_scale, ebv, id, dtype, skip_bad)
    with open_container(file) as container:
        survey = _Cutouts(container, options)
        identity = _identity(file, options)
        if not already_made(out, identity, overwrite):
            require("sep", "simulate")
            _write(survey, out, identity)
    return out


class _Cutouts:
    """A file's galaxies: their columns, checked, and their images in nanomaggies.

    Args:
        container: the open file.
        options: how to read it.
    """

    def __init__(self, container: Container, options: Options) -> None:
        self.container = container
        self.options = options
        self._factor = nanomaggies_per(options.unit, options.zero_point)
        self.count, self.shape = _image_shape(container, options)
        self.id = identifiers(container, options.id, self.count)
        self.redshift = redshifts(container, options.redshift, self.count)
        self.ebv = reddening(container, options.ebv, self.count)
        self.split = split_by_id(self.id)

    def images(self, start: int, stop: int) -> Float32[np.ndarray, "galaxies bands y x"]:
        """Images ``start`` to ``stop`` in nanomaggies, float32; not finite where a pixel is bad."""
        raw = self.container.read(self.options.images, start, stop).transpose(LAYOUTS[self.options.layout])
        return np.asarray(np.multiply(raw, self._factor, dtype=np.float32))

    def spoiled(self) -> Bool[np.ndarray, "galaxies"]:
        """Which galaxies cannot be used for their bad pixels."""
        found = []
        with bar(self.count, "checking pixels") as progress:
            for start in range(0, self.count, PIECE):
                found.append(spoiled(self.images(start, min(start + PIECE, self.count))))
                progress.update(len(found[-1]))
        return np.concatenate(found)

    def block(self, rows: Int[np.ndarray, "kept"]) -> dict[str, Shaped[np.ndarray, " kept *entry"]]:
        """Every column of the store for some rows, ascending, of the file."""
        first = int(rows[0])
        images = self.images(first, int(rows[-1]) + 1)[rows - first]
        valid = np.isfinite(images)
        images = np.where(valid, images, np.float32(0))
        return {
            "id": self.id[rows],
            "redshift": self.redshift[rows],
            "ebv": self.ebv[rows],
            "split": self.split[rows],
            "images": images,
            "valid": valid,
            **_measured(images, valid),
        }

    def schema(self, kept: int) -> Schema:
        """What the store will hold."""
        return galaxy_schema(
            kept,
            self.options.bands,
            source=f"cutouts of {self.container.path.name}",
            shape=self.shape,
            image_dtype=self.options.dtype,
            pixel_scale=self.options.pixel_scale,
            id_dtype=self.id.dtype.str[1:] if self.id.dtype.kind == "S" else "int64",
            attributes={"dropped": self.count - kept},
        )


def _write(survey: _Cutouts, out: Path, identity: str) -> None:
    """Write the store, or what is missing of it."""
    where = survey.container.path
    # The whole file is looked through first: every unusable galaxy is named at once, before any work is done.
    rows = keep_rows(survey.spoiled(), survey.id, survey.options.skip_bad, str(where))
    with StoreWriter(out, survey.schema(len(rows)), identity) as writer:
        with bar(len(rows), "importing", done=writer.done) as progress:
            for start, stop in writer.missing():
                columns = survey.block(rows[start:stop])
                if start == 0:
                    _check_brightness(columns["photometry/flux"], where, survey.options.unit)
                writer.write(start, columns)
                progress.update(stop - start)
        writer.put("sky/correlation", _correlation(writer))
        writer.finish()
    if len(rows) < survey.count:
        say(f"{survey.count - len(rows)} of {survey.count} galaxies were dropped for their bad pixels.")


def _measured(
    images: Float32[np.ndarray, "galaxies bands y x"], valid: Bool[np.ndarray, "galaxies bands y x"]
) -> dict[str, Shaped[np.ndarray, " galaxies *entry"]]:
    """What a survey measures on its cutouts: sources, sky and photometry."""
    sources = np.stack([find_sources(image, good) for image, good in zip(images, valid, strict=True)])
    level, sigma = sky_statistics(images, sources, valid)
    flux, error = measure(images - np.nan_to_num(level)[..., None, None], valid, sigma)
    return {
        "sources": sources,
        "sky/level": level,
        "sky/sigma": sigma,
        "photometry/flux": flux,
        "photometry/flux_error": error,
    }


def _correlation(writer: StoreWriter) -> Float[np.ndarray, "bands dy dx"]:
    """The autocorrelation of the sky noise, averaged over the first block."""
    start, stop = writer.schema.blocks[0]
    images, sources, level, sigma, valid = (
        writer.read(name, start, stop) for name in ("images", "sources", "sky/level", "sky/sigma", "valid")
    )
    return sky_correlation(images.astype(np.float32), sources, level, sigma, valid)


def _check_brightness(flux: Float[np.ndarray, "galaxies bands"], where: Path, unit: str) -> None:
    """See that the galaxies are about as bright as galaxies are: the unit may be another than was said.

    Raises:
        InputError: if the median galaxy is impossibly bright or faint.
    """
    reddest = flux[:, -1][flux[:, -1] > 0]
    if not len(reddest):
        return
    magnitude = 22.5 - 2.5 * float(np.log10(np.median(reddest)))
    if not BRIGHTEST < magnitude < FAINTEST:
        raise InputError(
            f"{where}: the median galaxy would have magnitude {magnitude:.1f} if the images were in {unit}; name their "
            "true unit (--unit, --zero-point)."
        )


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
    return digest(json.dumps(words).encode()).hex()
