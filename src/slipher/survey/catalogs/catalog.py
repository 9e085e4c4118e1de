"""A catalogue of measured photometry in any file of columns becomes a store without images.

Nothing is dropped silently: a band without a usable value, or without a positive error, has flux 0 and an infinite
error in the store and is counted; fluxes of zero and below are measurements and stay.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, Shaped, UInt8

from slipher.errors import InputError
from slipher.files import nearest_writable
from slipher.formats.identifiers import table_identifiers
from slipher.formats.parts import TEST, TRAIN, table_parts
from slipher.formats.stacked import Stacked
from slipher.formats.tables import Table, file_of, numbers, open_table
from slipher.formats.units import nanomaggies_per
from slipher.physics.magnitudes import asinh_fluxes, sdss_softening
from slipher.progress import say
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.columns import LEAST_REDSHIFT, check_positions
from slipher.survey.dust import reddening_of
from slipher.survey.filling import fill, finish
from slipher.survey.importing import BRIGHTEST, FAINTEST, column_of
from slipher.survey.layout import digest
from slipher.survey.pool import Block
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import split_as_given, split_by_id
from slipher.survey.writer import StoreWriter, already_made

__all__ = ["count_rows", "import_catalogue"]

IMPORT_VERSION = 1
"""Counts up whenever the same file and columns would give another store."""
NO_MAGNITUDE = 50.0
"""Catalogues write 99 or −9999 where there is no magnitude; no magnitude is so large in size."""
BLOCK = 8192
"""Galaxies in a block: a row without cutouts is small."""

Columns = dict[str, Shaped[np.ndarray, "galaxies ..."]]
PerBand = Float64[np.ndarray, "galaxies bands"]


def import_catalogue(file: str | Path, out: str | Path, columns: CatalogueColumns, overwrite: bool = False) -> Path:
    """Make a galaxy store of a catalogue.

    The parts for training, validation and test are drawn by a digest of the identifier, unless a column or another file
    says them. A store that is already there from the same files and columns is left alone.

    Args:
        file: a table: csv, FITS, VOTable, Parquet, npz or HDF5.
        out: where the store shall lie.
        columns: which columns mean what.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the file or a column cannot be used; says what is wrong, where, and what to do.
    """
    file, out = Path(file), Path(out)
    table = _opened(file, columns)
    identity = _identity(file, columns)
    if not already_made(out, identity, overwrite):
        nearest_writable(out)
        _write(table, out, columns, identity)
    return out


def count_rows(file: str | Path, columns: CatalogueColumns) -> int:
    """Number of rows of a catalogue.

    Raises:
        InputError: if it cannot be read, or lacks the columns of fluxes or magnitudes.
    """
    name = columns.names(columns.flux or columns.magnitude or "")[0]
    return _opened(file, columns).length(name)


def _opened(file: str | Path, columns: CatalogueColumns) -> Table:
    """The table of a catalogue, with that of the galaxies that test behind it."""
    return open_table(file) if columns.test is None else Stacked([open_table(file), open_table(columns.test)])


def _write(table: Table, out: Path, columns: CatalogueColumns, identity: str) -> None:
    """Read, select, say what is missing, and write."""
    found, source = _read(table, columns)
    kept = _selected(found["redshift"], columns)
    if not kept.all():
        found = {name: values[kept] for name, values in found.items()}
        say(f"{(~kept).sum():,} of {len(kept):,} rows lie outside the limits of redshift and are left out.")
    if not len(found["id"]):
        raise InputError(f"{table.path} has no row" + (" within the limits of redshift." if len(kept) else "."))
    _say_what_is_unusual(found, columns)
    schema = _schema(table, found, columns, source, len(kept) - int(kept.sum()))
    with StoreWriter(out, schema, identity) as writer:
        fill(writer, _unchanged, label="importing", read=lambda a, b: {key: each[a:b] for key, each in found.items()})
        finish(writer)


def _unchanged(block: Block, columns: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """A block's columns as they were read."""
    return columns


def _schema(table: Table, found: Columns, columns: CatalogueColumns, source: str, dropped: int) -> Schema:
    """What the store holds."""
    extra = {name.removeprefix("catalogue/"): column_of(each) for name, each in found.items() if "catalogue/" in name}
    schema = galaxy_schema(
        len(found["id"]),
        columns.band_names,
        source=f"catalogue {table.path.name}",
        id_dtype=column_of(found["id"]).dtype,
        catalogue=extra,
        attributes={"ebv_source": source, "dereddened": columns.dereddened, "dropped": dropped},
    )
    return replace(schema, block=BLOCK)


def _read(table: Table, columns: CatalogueColumns) -> tuple[Columns, str]:
    """Every column of the store for every row of the table, and where E(B−V) is from."""
    flux, error = _photometry(table, columns)
    count = len(flux)
    sky = _positions(table, columns)
    ebv, source = reddening_of(columns.ebv, table, sky.get("ra"), sky.get("dec"), columns.maps, count)
    identifier = table_identifiers(table, columns.id, count)
    found = {
        "id": identifier,
        "redshift": _redshifts(table, columns.redshift, count),
        "ebv": np.zeros(count) if columns.dereddened else ebv,
        "split": _split(table, columns, identifier),
        "photometry/flux": flux,
        "photometry/flux_error": error,
    }
    found |= {f"catalogue/{name}": values for name, values in sky.items()}
    # ebv of a store is the reddening that is left; what was removed is worth keeping
    if columns.dereddened and columns.ebv is not None:
        found["catalogue/ebv"] = ebv
    for name, values in found.items():
        if len(values) != count:
            raise InputError(f"{table.path}: {name} has {len(values)} rows, but the photometry has {count}.")
    return found, source


def _split(
    table: Table, columns: CatalogueColumns, identifier: Shaped[np.ndarray, "galaxies"]
) -> UInt8[np.ndarray, "galaxies"]:
    """The part of every galaxy: as a column or the two files say, or by the digest of its identifier."""
    if columns.split is not None:
        source = f"{table.path}, column {columns.split!r}"
        return split_as_given(table_parts(table, columns.split), identifier, source)
    if isinstance(table, Stacked):
        by_file = np.repeat(np.array([TRAIN, TEST], np.uint8), [each.count for each in table.tables])
        return split_as_given(by_file, identifier, str(table.path))
    return split_by_id(identifier)


def _photometry(table: Table, columns: CatalogueColumns) -> tuple[PerBand, PerBand]:
    """Fluxes and their errors in nanomaggies; 0 and infinite where a band is missing."""
    with np.errstate(all="ignore"):
        if columns.flux is not None:
            flux, error = _fluxes(table, columns)
        else:
            flux, error = _from_magnitudes(table, columns)
    usable = np.isfinite(flux) & np.isfinite(error) & (error > 0)
    for band, any_usable in zip(columns.band_names, usable.any(axis=0), strict=True):
        if len(usable) and not any_usable:
            raise InputError(
                f"{table.path}: no row has a usable {band} with a positive error; name the right columns, or leave the "
                "band out of bands."
            )
    _check_brightness(table, flux[usable[:, -1], -1], columns)
    return np.where(usable, flux, 0.0), np.where(usable, error, np.inf)


def _fluxes(table: Table, columns: CatalogueColumns) -> tuple[PerBand, PerBand]:
    """Fluxes and errors as the catalogue has them, in nanomaggies."""
    factor = nanomaggies_per(columns.unit, columns.zero_point)
    flux = _per_band(table, columns.flux or "", columns)
    if columns.ivar is None:
        return factor * flux, factor * _per_band(table, columns.flux_error or "", columns)
    return factor * flux, factor * _per_band(table, columns.ivar, columns) ** -0.5


def _from_magnitudes(table: Table, columns: CatalogueColumns) -> tuple[PerBand, PerBand]:
    """Fluxes and errors of AB magnitudes, in nanomaggies; NaN where a magnitude stands for none."""
    magnitude = _per_band(table, columns.magnitude or "", columns)
    error = _per_band(table, columns.magnitude_error or "", columns)
    magnitude = np.where(np.abs(magnitude) < NO_MAGNITUDE, magnitude, np.nan)
    error = np.where(error < NO_MAGNITUDE, error, np.nan)
    if columns.magnitude_kind == "asinh":
        return asinh_fluxes(magnitude, error, sdss_softening(columns.band_names))
    flux = 10 ** (-0.4 * (magnitude - 22.5))
    return flux, flux * error * np.log(10) / 2.5


def _per_band(table: Table, entry: str, columns: CatalogueColumns) -> PerBand:
    """The values that an entry of the mapping names, one a band."""
    names = columns.names(entry)
    bands = len(columns.band_names)
    if len(names) > 1 or bands == 1:
        return np.column_stack([numbers(table, name) for name in names])
    values = table.read(names)[names[0]].values
    if values.ndim != 2 or values.shape[1] < bands or values.dtype.kind not in "iuf":
        raise InputError(
            f"{table.path}: column {names[0]!r} has the shape {values.shape}, but {bands} bands need {bands} numbers a "
            "row; name a column a band, such as flux_{band}, or the columns with commas between."
        )
    lacking = table[names[0]].lacking
    return np.where(lacking, np.nan, np.asarray(values, np.float64))[:, :bands]


def _redshifts(table: Table, name: str | None, count: int) -> Float64[np.ndarray, "galaxies"]:
    """Redshifts; NaN where unknown, which catalogues also write as −1 or −9999."""
    if name is None:
        return np.full(count, np.nan)
    redshift = numbers(table, name)
    impossible = np.isinf(redshift) | (redshift < LEAST_REDSHIFT)
    if impossible.any():
        say(
            f"{impossible.sum():,} of {len(redshift):,} rows have an impossible redshift, such as "
            f"{redshift[impossible][0]:g}, and count as having none."
        )
    return np.where(impossible, np.nan, redshift)


def _positions(table: Table, columns: CatalogueColumns) -> dict[str, Float64[np.ndarray, "galaxies"]]:
    """Right ascensions and declinations, if they are named."""
    if columns.ra is None or columns.dec is None:
        return {}
    sky = {"ra": numbers(table, columns.ra), "dec": numbers(table, columns.dec)}
    check_positions(sky["ra"], sky["dec"], str(table.path))
    return sky


def _selected(redshift: Float64[np.ndarray, "galaxies"], columns: CatalogueColumns) -> Bool[np.ndarray, "galaxies"]:
    """Rows within the limits of redshift; those without a redshift are no matter of limits."""
    outside = np.zeros(len(redshift), bool)
    if columns.z_min is not None:
        outside |= redshift <= columns.z_min
    if columns.z_max is not None:
        outside |= redshift >= columns.z_max
    return np.asarray(~outside)


def _check_brightness(table: Table, flux: Float64[np.ndarray, "galaxies"], columns: CatalogueColumns) -> None:
    """See that the galaxies are about as bright as galaxies are: the unit may be another than was said."""
    positive = flux[flux > 0]
    magnitude = 22.5 - 2.5 * float(np.log10(np.median(positive))) if len(positive) else 0.5 * (BRIGHTEST + FAINTEST)
    if not BRIGHTEST < magnitude < FAINTEST:
        raise InputError(
            f"{table.path}: the median galaxy would have magnitude {magnitude:.1f} in {columns.band_names[-1]}; name "
            f"the true columns and their true unit (now {columns.unit})."
        )


def _say_what_is_unusual(found: Columns, columns: CatalogueColumns) -> None:
    """Count what is missing and what is not positive, band by band."""
    flux, missing = found["photometry/flux"], np.isinf(found["photometry/flux_error"])
    for what, which in (
        ("no usable value; they have flux 0 and an infinite error there", missing),
        ("a flux of zero or below, which stays as measured", ~missing & (flux <= 0)),
    ):
        counts = [
            f"{band} {number:,}" for band, number in zip(columns.band_names, which.sum(axis=0), strict=True) if number
        ]
        if counts:
            say(f"{which.any(axis=1).sum():,} of {len(flux):,} galaxies have ({', '.join(counts)}) {what}.")


def _identity(file: Path, columns: CatalogueColumns) -> str:
    """Digest of everything that determines the store."""
    files = [file_of(file), *([] if columns.test is None else [file_of(columns.test)])]
    seen = [(each.name, each.stat().st_size, each.stat().st_mtime_ns) for each in files]
    return digest(json.dumps([IMPORT_VERSION, seen, asdict(columns)], default=str).encode()).hex()
