"""The columns of a catalogue that hold its photometry, as fluxes in nanomaggies with their errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.plausible import is_code
from slipher.formats.tables import Table
from slipher.formats.units import flux_factors, magnitude_factor
from slipher.progress import say
from slipher.survey.catalogs.brightness import Brightness, of_fluxes, of_magnitudes
from slipher.survey.catalogs.mapping import CatalogueColumns

__all__ = ["Photometry", "find_photometry"]

Rows = Mapping[str, Column]
PerBand = Float64[np.ndarray, "galaxies bands"]


@dataclass(frozen=True)
class Photometry:
    """Where the photometry of a catalogue stands, and how it becomes fluxes: the same for all of its rows."""

    values: Sequence[str]
    """Columns of fluxes or magnitudes: one a band, or one with a value for each."""
    errors: Sequence[str]
    """Columns of what gives their errors."""
    bands: int
    convert: Callable[[PerBand, PerBand], Brightness]
    """What the columns hold as fluxes and errors in nanomaggies."""

    @property
    def names(self) -> list[str]:
        """Every column."""
        return [*self.values, *self.errors]

    def of(self, rows: Rows, kept: Bool[np.ndarray, "rows"]) -> Brightness:
        """Fluxes and their errors in nanomaggies, of the rows that are kept."""
        values, errors = (_per_band(rows, names, self.bands)[kept] for names in (self.values, self.errors))
        return self.convert(values, errors)


def find_photometry(table: Table, columns: CatalogueColumns) -> Photometry:
    """The photometry of a catalogue.

    Raises:
        InputError: if a column is not there, has another shape, or another unit than is given.
    """
    values = columns.names(columns.flux or columns.magnitude or "")
    errors = columns.names(columns.flux_error or columns.ivar or columns.magnitude_error or "")
    bands = len(columns.band_names)
    make = _of_magnitudes if columns.flux is None else _of_fluxes
    described = _described(table, values, bands), _described(table, errors, bands)
    convert = make(*described, columns)
    if columns.flux is not None and columns.unit is None:
        say(f"{table.path}: {_told(described[0])}")
    return Photometry(values, errors, bands, convert)


def _told(flux: Sequence[Column]) -> str:
    """What unit fluxes are taken to be in when nobody named one."""
    units = list(dict.fromkeys(column.unit for column in flux if column.unit))
    if units:
        return f"fluxes are in {', '.join(units)}, as the file says."
    return "fluxes are taken to be in nanomaggies, since nothing else is said (--unit)."


def _described(table: Table, names: Sequence[str], bands: int) -> list[Column]:
    """Columns without their rows, checked."""
    found = [table.describe(name) for name in names]
    alone = len(names) == 1 and bands > 1
    for column in found:
        entry = column.values.shape[1:]
        what = f"{table.path}: column {column.name!r} has the shape {(table.length(column.name), *entry)}"
        if alone and (len(entry) != 1 or entry[0] < bands or column.values.dtype.kind not in "iuf"):
            raise InputError(
                f"{what}, but {bands} bands need {bands} numbers a row; name a column a band, such as flux_{{band}}, "
                "or the columns with commas between."
            )
        if not alone and entry:
            raise InputError(f"{what}, but one value a row is needed.")
    return found


def _of_fluxes(
    flux: Sequence[Column], error: Sequence[Column], columns: CatalogueColumns
) -> Callable[[PerBand, PerBand], Brightness]:
    """Fluxes in the units that the file or the user names."""
    power = 1 if columns.ivar is None else -2
    factors, error_factors = map(np.array, flux_factors(flux, error, power, columns.unit, columns.zero_point))

    def convert(values: PerBand, errors: PerBand) -> Brightness:
        with np.errstate(all="ignore"):
            errors = (errors if power == 1 else errors**-0.5) * (error_factors / factors)
        return of_fluxes(values, errors, factors)

    return convert


def _of_magnitudes(
    magnitude: Sequence[Column], error: Sequence[Column], columns: CatalogueColumns
) -> Callable[[PerBand, PerBand], Brightness]:
    """AB magnitudes in the units that the file names."""
    factors, error_factors = (np.array([magnitude_factor(column) for column in each]) for each in (magnitude, error))

    def convert(values: PerBand, errors: PerBand) -> Brightness:
        # 99 millimagnitudes are an error, but no magnitude
        values, errors = np.where(is_code(values), values, factors * values), error_factors * errors
        return of_magnitudes(values, errors, columns.band_names, columns.magnitude_kind)

    return convert


def _per_band(rows: Rows, names: Sequence[str], bands: int) -> PerBand:
    """The values of some columns, one a band."""
    if len(names) > 1 or bands == 1:
        return np.column_stack([rows[name].numbers() for name in names])
    column = rows[names[0]]
    return np.where(column.lacking, np.nan, np.asarray(column.values, np.float64))[:, :bands]
