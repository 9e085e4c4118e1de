"""Some rows of a catalogue as rows of a store: a pure function, and what it counts.

What is counted of several blocks is added up, so that a catalogue of any length needs the memory of one block.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped, UInt8

from slipher.formats.column import Column
from slipher.formats.identifiers import as_stored, identifiers, row_numbers
from slipher.formats.parts import TEST, TRAIN, partless, parts
from slipher.formats.plausible import REDSHIFT, Tally, plausible, positions
from slipher.formats.stacked import Stacked
from slipher.formats.tables import Table
from slipher.formats.units import worth_in
from slipher.survey.catalogs.brightness import Brightness
from slipher.survey.catalogs.brightness import Counts as BrightnessCounts
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.catalogs.photometry import Photometry, find_photometry
from slipher.survey.dust import Reddening, find_reddening
from slipher.survey.split import split_by_id, with_validation

__all__ = ["EDGES", "Converter", "Counts", "Rows", "find_converter"]

EDGES = np.arange(-50.0, 100.0, 0.05)
"""Edges between which magnitudes are counted, so that their median is known without keeping them."""

Stored = dict[str, Shaped[np.ndarray, "galaxies ..."]]


@dataclass(frozen=True, eq=False)
class Counts:
    """What blocks of rows hold; sums are those of more blocks."""

    rows: int
    kept: tuple[int, ...]
    """Rows of each block that are kept."""
    brightness: BrightnessCounts
    """What the photometry of the kept rows is."""
    magnitudes: Int64[np.ndarray, "magnitudes"]
    """How many of them have which magnitude in the reddest band, between `EDGES`."""
    tallies: Mapping[str, Tally]
    """What redshifts, positions and reddening are."""
    parts: Int64[np.ndarray, "3"]
    """How many rows train, validate and test."""
    drawn: int
    """How many of those that train would validate if none did."""
    partless: int
    """How many without a redshift are in no part of a survey's own split."""
    text: bool
    """Whether an identifier is no whole number of 64 bits."""
    width: int
    """Bytes of the longest identifier as text."""
    nameless: int
    """Rows without an identifier."""
    first_nameless: int | None
    """The first of them."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.rows + other.rows,
            self.kept + other.kept,
            self.brightness + other.brightness,
            self.magnitudes + other.magnitudes,
            {name: tally + other.tallies[name] for name, tally in self.tallies.items()},
            self.parts + other.parts,
            self.drawn + other.drawn,
            self.partless + other.partless,
            self.text or other.text,
            max(self.width, other.width),
            self.nameless + other.nameless,
            self.first_nameless if self.first_nameless is not None else other.first_nameless,
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a store, those that are kept, and what all of them are."""

    stored: Stored
    counts: Counts


@dataclass(frozen=True)
class Converter:
    """How the rows of one catalogue become those of a store."""

    columns: CatalogueColumns
    photometry: Photometry
    reddening: Reddening
    degrees: tuple[float, float] = (1.0, 1.0)
    """Degrees in one of the unit of right ascension, and of declination."""
    tests_from: int | None = None
    """The row from which on galaxies test, where they come from a file of their own."""

    @property
    def names(self) -> list[str]:
        """The columns of the catalogue that are needed."""
        columns = self.columns
        named = (columns.redshift, columns.ra, columns.dec, columns.id, columns.split, self.reddening.column)
        return [*self.photometry.names, *(name for name in named if name is not None)]

    @property
    def own_split(self) -> bool:
        """Whether the survey says which galaxies test."""
        return self.columns.split is not None or self.tests_from is not None

    def __call__(self, rows: Mapping[str, Column], start: int) -> Rows:
        """The rows from one on, of the columns in `names`; their split as the survey says it, where it does."""
        count = len(rows[self.photometry.values[0]])
        redshift, tallies = _redshifts(rows, self.columns.redshift, count)
        sky, sky_tallies = _positions(rows, self.columns, self.degrees)
        ebv, tallies["ebv"] = self.reddening.of(rows, sky.get("ra"), sky.get("dec"), count)
        names = _named(rows, self.columns.id, start, count)
        split = self._split(rows, as_stored(names), start, np.isnan(redshift))
        none = 0 if self.columns.split is None else int(partless(rows[self.columns.split]).sum())
        kept = selected(redshift, self.columns)
        light = self.photometry.of(rows, kept)
        stored: Stored = {
            "id": as_stored(names),
            "redshift": redshift,
            "ebv": np.zeros(count) if self.columns.dereddened else ebv,
            "split": split,
            **{f"catalogue/{name}": values for name, values in sky.items()},
        }
        # ebv of a store is the reddening that is left; what was removed is worth keeping
        if self.columns.dereddened and self.columns.ebv is not None:
            stored["catalogue/ebv"] = ebv
        stored = {name: values[kept] for name, values in stored.items()}
        stored |= {"photometry/flux": light.flux, "photometry/flux_error": light.error}
        drawn = int((with_validation(split, as_stored(names)) != split).sum()) if self.own_split else 0
        return Rows(stored, _counted(light, int(kept.sum()), names, split, drawn, none, tallies | sky_tallies))

    def _split(
        self,
        rows: Mapping[str, Column],
        names: Shaped[np.ndarray, "galaxies"],
        start: int,
        unlabelled: Bool[np.ndarray, "galaxies"],
    ) -> UInt8[np.ndarray, "galaxies"]:
        """The part of every galaxy: as a column or the two files say, or by the digest of its identifier."""
        if self.columns.split is not None:
            return parts(rows[self.columns.split], unlabelled)
        if self.tests_from is not None:
            behind = start + np.arange(len(names)) >= self.tests_from
            return np.where(behind, np.uint8(TEST), np.uint8(TRAIN))
        return split_by_id(names)


def find_converter(table: Table, columns: CatalogueColumns) -> Converter:
    """How a catalogue becomes a store, from as much of it as tells.

    Raises:
        InputError: if a column is not there or cannot be what it is named as.
    """
    photometry = find_photometry(table, columns)
    count = table.length(photometry.values[0])
    reddening = find_reddening(columns.ebv, table, columns.ra is not None, columns.maps, count)
    tests_from = table.tables[0].count if isinstance(table, Stacked) else None
    return Converter(columns, photometry, reddening, _degrees(table, columns), tests_from)


def selected(redshift: Float64[np.ndarray, "galaxies"], columns: CatalogueColumns) -> Bool[np.ndarray, "galaxies"]:
    """Rows within the limits of redshift; those without a redshift are no matter of limits."""
    outside = np.zeros(len(redshift), bool)
    if columns.z_min is not None:
        outside |= redshift <= columns.z_min
    if columns.z_max is not None:
        outside |= redshift >= columns.z_max
    return np.asarray(~outside)


def _degrees(table: Table, columns: CatalogueColumns) -> tuple[float, float]:
    """What right ascensions and declinations are multiplied by."""
    if columns.ra is None or columns.dec is None:
        return 1.0, 1.0
    return worth_in(table.describe(columns.ra), "deg"), worth_in(table.describe(columns.dec), "deg")


def _named(rows: Mapping[str, Column], name: str | None, start: int, count: int) -> Column:
    """The identifiers of some rows: exact whole numbers, or text."""
    if name is None:
        return Column("row", "", start + row_numbers(count), first=start)
    return identifiers(rows[name])


def _redshifts(
    rows: Mapping[str, Column], name: str | None, count: int
) -> tuple[Float64[np.ndarray, "galaxies"], dict[str, Tally]]:
    """Redshifts, NaN where unknown."""
    if name is None:
        return np.full(count, np.nan), {}
    redshift, tally = plausible(rows[name].numbers(), REDSHIFT)
    return redshift, {"redshift": tally}


def _positions(
    rows: Mapping[str, Column], columns: CatalogueColumns, degrees: tuple[float, float]
) -> tuple[dict[str, Float64[np.ndarray, "galaxies"]], dict[str, Tally]]:
    """Right ascensions and declinations, if they are named."""
    if columns.ra is None or columns.dec is None:
        return {}, {}
    ra, dec, (ra_tally, dec_tally) = positions(rows[columns.ra].numbers(), rows[columns.dec].numbers(), degrees)
    return {"ra": ra, "dec": dec}, {"ra": ra_tally, "dec": dec_tally}


def _counted(
    light: Brightness,
    kept: int,
    names: Column,
    split: UInt8[np.ndarray, "galaxies"],
    drawn: int,
    none: int,
    tallies: Mapping[str, Tally],
) -> Counts:
    """What some rows hold."""
    text = names.values.dtype.kind == "U"
    widths = np.char.str_len(np.char.encode(names.values, "utf-8") if text else names.values.astype(np.str_))
    gaps = np.flatnonzero(names.lacking)
    return Counts(
        len(names),
        (kept,),
        light.counts,
        _magnitudes(light.flux[:, -1]),
        tallies,
        np.bincount(split, minlength=3),
        drawn,
        none,
        text,
        int(widths.max(initial=1)),
        len(gaps),
        names.first + int(gaps[0]) if len(gaps) else None,
    )


def _magnitudes(flux: Float64[np.ndarray, "galaxies"]) -> Int64[np.ndarray, "magnitudes"]:
    """How many positive fluxes have which magnitude."""
    magnitudes = 22.5 - 2.5 * np.log10(flux[flux > 0])
    return np.histogram(np.clip(magnitudes, EDGES[0], EDGES[-1]), EDGES)[0].astype(np.int64)
