"""The HDF5 files of Hayat et al. (2021, ApJL 911, L33) as stores: SDSS DR12 galaxies in ugriz, 107 pixels wide.

Each has the arrays ObjID, specObjID, ra, dec, specz_redshift, specz_redshift_err, images (galaxies, 5, 107, 107) in
nanomaggies, and e_bv (galaxies, 5): in spite of its name the extinction in u, g, r, i, z that DR12 lists.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from slipher.errors import InputError
from slipher.formats.arrays import ArrayTable
from slipher.formats.containers import Container, Hdf5Container, open_container
from slipher.physics.extinction import EXTINCTION_PER_EBV_2011
from slipher.survey.columns import identifiers, numbers, positions, redshifts
from slipher.survey.dust import reddening_of
from slipher.survey.importing import Cutouts, check_dtype, column_of, write_store
from slipher.survey.layout import digest
from slipher.survey.padding import Unmeasured, without_padding
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import split_by_id
from slipher.survey.writer import making

__all__ = ["BANDS", "PIXEL_SCALE", "dereddening", "import_hayat"]

IMPORT_VERSION = 2
"""Counts up whenever the same file and options would give another store."""
BANDS = ("u", "g", "r", "i", "z")
PIXEL_SCALE = 0.396
"""Arcseconds a pixel of the SDSS camera."""
BLOCK = 64
"""Galaxies in a block: 107 pixels are three times as many as 64."""
SMALLEST = 8
"""Pixels across the least cutout."""
REDSHIFT = "specz_redshift"
NEEDED = ("images", "e_bv", "ra", "dec")

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class _Options:
    """How a file is to be turned into a store; all of it is part of the store's identity."""

    deredden: bool
    dtype: str
    skip_bad: bool


def import_hayat(
    file: str | Path,
    out: str | Path,
    *,
    deredden: bool = False,
    dtype: str = "float16",
    skip_bad: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Make a galaxy store of a file of Hayat et al.

    The cutouts keep their 107 pixels, so that a rotation by any angle fills the middle 64. E(B−V) is the mean of the
    extinctions over the coefficients of SFD98. Galaxies without a redshift, or all those of a file without
    ``specz_redshift``, stay unlabelled; such a file may name its galaxies by ObjID alone. Sources, sky and photometry
    are measured. A killed import continues when called again; a store that is already there from the same file and
    options is left alone.

    Args:
        file: the HDF5 file.
        out: where the store shall lie.
        deredden: multiply the images and the photometry by `dereddening`. ``ebv``, the reddening that the images
            still have, is 0 then, the attribute ``dereddened`` says so, and ``catalogue/ebv`` keeps what was removed.
        dtype: float16 or float32, in which the store keeps the cutouts.
        skip_bad: whether galaxies whose centre or half of whose pixels are bad are dropped.
        workers: number of processes that measure; None takes every core. The store does not depend on it.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the file cannot be used; says what is wrong, where, and what to do.
    """
    file, out, options = Path(file), Path(out), _Options(deredden, dtype, skip_bad)
    check_dtype(dtype)
    with open_container(file) as container:
        _check_arrays(container)
        cutouts = _cutouts(container, options)
        identity = _identity(file, options)
        with making(out, identity, overwrite, [file]) as work:
            if not work.done:
                write_store(cutouts, out, identity, skip_bad, workers, work)
    return out


def dereddening(ebv: Float64[np.ndarray, "galaxies"]) -> Float64[np.ndarray, "galaxies bands"]:
    """The factors 10^(0.4 R_b E(B−V)) for images in ugriz, with the R_b of Schlafly & Finkbeiner (2011).

    Args:
        ebv: E(B−V) in magnitudes on the scale of SFD98.
    """
    coefficients = np.array([EXTINCTION_PER_EBV_2011[band] for band in BANDS])
    return np.asarray(10 ** (0.4 * coefficients * ebv[:, None]))


def _cutouts(container: Container, options: _Options) -> Cutouts:
    """A file's galaxies: their columns, checked."""
    count, shape, axes = _image_shape(container)
    columns, source = _columns(container, count)
    factor = None
    if options.deredden:
        removed = columns["ebv"]
        _check_known(container, removed)
        factor = dereddening(removed).astype(np.float32)
        columns |= {"ebv": np.zeros(count), "catalogue/ebv": removed}
        source = f"none left; removed: {source}"
    schema = _schema(container, options, shape, columns, source)
    return Cutouts(container.path, schema, columns, _Images(container, axes), factor=factor)


def _columns(container: Container, count: int) -> tuple[Columns, str]:
    """The columns of a store that are not measured, and where E(B−V) comes from."""
    table = ArrayTable(container, count)
    identifier = identifiers(table, "specObjID" if "specObjID" in table else "ObjID", count, repeated=True)
    if container.describe("e_bv")[1] != (count, len(BANDS)):
        raise InputError(
            f"{container.path}: e_bv has shape {container.describe('e_bv')[1]}, but must hold the extinction of "
            f"{count} galaxies in five bands."
        )
    ebv, source = reddening_of("e_bv", table, None, None, None, count)
    columns = {
        "id": identifier,
        "redshift": redshifts(table, REDSHIFT if REDSHIFT in table else None, count),
        "ebv": ebv,
        "split": split_by_id(identifier),
    }
    columns |= {f"catalogue/{name}": values for name, values in positions(table, "ra", "dec", count).items()}
    if "ObjID" in table:
        columns["catalogue/objid"] = identifiers(table, "ObjID", count, repeated=True)
    if REDSHIFT + "_err" in table:
        columns["catalogue/redshift_error"] = numbers(table, REDSHIFT + "_err", count)
    return columns, source


def _schema(container: Container, options: _Options, shape: tuple[int, int], columns: Columns, source: str) -> Schema:
    """What the store would hold if every galaxy were kept."""
    catalogue = {name: values for name, values in columns.items() if name.startswith("catalogue/")}
    schema = galaxy_schema(
        len(columns["id"]),
        BANDS,
        source=f"cutouts of Hayat et al. (2021) in {container.path.name}",
        shape=shape,
        image_dtype=options.dtype,
        pixel_scale=PIXEL_SCALE,
        id_dtype=column_of(columns["id"]).dtype,
        catalogue={name.removeprefix("catalogue/"): column_of(values) for name, values in catalogue.items()},
        attributes={"dereddened": options.deredden, "ebv_source": source},
    )
    return Schema(schema.galaxies, schema.bands, schema.columns, schema.tables, schema.attributes, BLOCK)


class _Images:
    """A file's cutouts in nanomaggies.

    Args:
        container: the open file.
        axes: the axes of its array that are galaxies, bands, y, x.
    """

    def __init__(self, container: Container, axes: tuple[int, ...]) -> None:
        self._container = container
        self._axes = axes

    def __call__(self, start: int, stop: int) -> tuple[Float32[np.ndarray, "some bands y x"], Unmeasured]:
        """Cutouts ``start`` to ``stop``, not finite where a pixel is bad; and what was no measurement."""
        return without_padding(self._container.pixels("images", start, stop).transpose(self._axes))


def _check_arrays(container: Container) -> None:
    """See that the file is one of theirs.

    Raises:
        InputError: if it is no HDF5 file or lacks an array.
    """
    if not isinstance(container, Hdf5Container):
        raise InputError(
            f"{container.path} is {container.kind}, but the files of Hayat et al. are HDF5; `slipher data import "
            "images` reads cutouts of other forms."
        )
    there = container.arrays
    needed = [*NEEDED, "specObjID" if REDSHIFT in there or "ObjID" not in there else "ObjID"]
    missing = [name for name in needed if name not in there]
    if missing:
        raise InputError(
            f"{container.path} has no array {' and no '.join(missing)}, which the files of Hayat et al. have, only "
            f"{', '.join(there) or 'nothing'}; get the file again, or use `slipher data import images`."
        )


def _image_shape(container: Container) -> tuple[int, tuple[int, int], tuple[int, ...]]:
    """Number of galaxies, (y, x) of their cutouts, and the axes of the array that are galaxies, bands, y, x.

    Raises:
        InputError: if the array is none of cutouts in five bands.
    """
    dtype, shape = container.describe("images")
    axes = (0, 1, 2, 3) if len(shape) == 4 and shape[1] == len(BANDS) else (0, 3, 1, 2)
    if len(shape) != 4 or shape[axes[1]] != len(BANDS) or dtype.kind != "f":
        raise InputError(
            f"{container.path}: images has shape {shape} and type {dtype}, but must be floats of the shape "
            "(galaxies, 5, 107, 107) or (galaxies, 107, 107, 5)."
        )
    count, _, rows, columns = (shape[axis] for axis in axes)
    if count == 0 or min(rows, columns) < SMALLEST:
        raise InputError(
            f"{container.path}: images has shape {shape}; at least one cutout of {SMALLEST} "
            f"by {SMALLEST} pixels is needed."
        )
    return count, (rows, columns), axes


def _check_known(container: Container, ebv: Float64[np.ndarray, "galaxies"]) -> None:
    """See that every galaxy can be dereddened.

    Raises:
        InputError: if the extinction of one is not known.
    """
    unknown = np.isnan(ebv)
    if unknown.any():
        raise InputError(
            f"{container.path}: the extinction (e_bv) of {int(unknown.sum())} of {len(ebv)} galaxies is not known, "
            f"first in row {int(np.argmax(unknown))}, so they cannot be dereddened; import without --deredden."
        )


def _identity(file: Path, options: _Options) -> str:
    """Digest of everything that determines the store."""
    status = file.stat()
    words = ["hayat", IMPORT_VERSION, file.name, status.st_size, status.st_mtime_ns, vars(options)]
    return digest(json.dumps(words).encode()).hex()
