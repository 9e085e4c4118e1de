"""A catalogue of measured photometry in any file of columns becomes a store without images.

It is read twice in blocks, once to count and to check and once to write, so that its length costs no memory.

Nothing is dropped silently: a band without a usable value, or without a positive error, has flux 0 and an infinite
error in the store and is counted; fluxes of zero and below are measurements and stay.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from slipher.errors import InputError
from slipher.formats.parts import VALIDATION, check_parts
from slipher.formats.plausible import REDSHIFT, tell, tell_positions
from slipher.formats.stacked import Stacked
from slipher.formats.tables import Table, file_of, open_table
from slipher.progress import bar, say
from slipher.survey.bands import tell_unknown_filters
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.catalogs.rows import EDGES, Converter, Counts, Rows, find_converter
from slipher.survey.catalogs.unique import check_unique
from slipher.survey.dust import Reddening, find_reddening
from slipher.survey.dustmaps import map_files, tell_unplaced
from slipher.survey.filling import fill, finish
from slipher.survey.importing import BRIGHTEST, FAINTEST, column_of
from slipher.survey.layout import digest
from slipher.survey.pool import Block
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import check_two_files, tell_partless, tell_split, with_validation
from slipher.survey.writer import StoreWriter, making
from slipher.unfinished import Unfinished

__all__ = ["count_rows", "import_catalogue"]

IMPORT_VERSION = 2
"""Counts up whenever the same file and columns would give another store."""
BLOCK = 8192
"""Galaxies in a block: a row without cutouts is small."""
SHOWN = 1000
"""Rows that show how a column of parts is written."""

Columns = dict[str, Shaped[np.ndarray, "galaxies ..."]]


def import_catalogue(file: str | Path, out: str | Path, columns: CatalogueColumns, overwrite: bool = False) -> Path:
    """Make a galaxy store of a catalogue.

    The parts for training, validation and test are drawn by a digest of the identifier, unless a column or another file
    says them. A store that is already there from the same files and columns is left alone.

    Args:
        file: a table that `formats.tables` opens: text, FITS (one table of it as FILE[HDU]), VOTable, Parquet, npz or
            HDF5.
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
    with making(out, identity, overwrite, [*_files(file, columns), *map_files(columns.maps)]) as work:
        if not work.done:
            _write(table, out, columns, identity, work)
    return out


def count_rows(file: str | Path, columns: CatalogueColumns) -> int:
    """Number of rows of a catalogue.

    Raises:
        InputError: if it cannot be read, or lacks a column that is named.
    """
    table = _opened(file, columns)
    light = columns.flux or columns.magnitude, columns.flux_error or columns.ivar or columns.magnitude_error
    names = [name for each in light for name in columns.names(each or "")]
    beside = (columns.redshift, columns.ra, columns.dec, columns.id, columns.split)
    table.read([*names, *(name for name in beside if name is not None)], 0, 0)
    count = table.length(names[0])
    if columns.ebv != "sfd":
        find_reddening(columns.ebv, table, columns.ra is not None, columns.maps, count)
    return count


def _opened(file: str | Path, columns: CatalogueColumns) -> Table:
    """The table of a catalogue, with that of the galaxies that test behind it."""
    if columns.test is None:
        return open_table(file)
    tables = [open_table(file), open_table(columns.test)]
    check_two_files(file, columns.test)
    return Stacked(tables)


def _write(table: Table, out: Path, columns: CatalogueColumns, identity: str, work: Unfinished) -> None:
    """Count, say what is missing, and write."""
    reader = _Reader(table, find_converter(table, columns))
    counts = _counted(reader)
    kept = sum(counts.kept)
    if not kept:
        raise InputError(f"{table.path} has no row" + (" within the limits of redshift." if counts.rows else "."))
    _check(table, counts, columns, reader.converter.reddening)
    if kept < counts.rows:
        say(f"{counts.rows - kept:,} of {counts.rows:,} rows lie outside the limits of redshift and are left out.")
    counts.brightness.tell(columns.band_names)
    tell_unknown_filters(columns.band_names)
    draw = reader.converter.own_split and not counts.parts[VALIDATION]
    if columns.split is not None:
        check_parts(table.read([columns.split], 0, SHOWN)[columns.split], counts.parts)
    if reader.converter.own_split:
        tell_partless(counts.partless, _split_source(table, columns))
        tell_split(counts.parts, counts.drawn if draw else 0, _split_source(table, columns))
    id_dtype = f"S{counts.width}" if counts.text else "int64"
    schema = _schema(table, reader.block(0).stored, columns, reader.converter.reddening.source, counts, id_dtype)
    with StoreWriter(out, schema, identity, work) as writer:
        fill(writer, _unchanged, label="importing", read=_Kept(reader, counts.kept, np.dtype(id_dtype), draw))
        if columns.id is not None:
            check_unique(lambda start, stop: writer.read("id", start, stop), kept, f"{table.path}", columns.id)
        finish(writer)


@dataclass(frozen=True)
class _Reader:
    """A catalogue's rows, a block at a time."""

    table: Table
    converter: Converter
    last: dict[int, Rows] = field(default_factory=dict)
    """The block that was read last: the next rows wanted are mostly some more of it."""

    @property
    def rows(self) -> int:
        """Rows of the catalogue: as many as there is photometry of."""
        return self.table.length(self.converter.photometry.values[0])

    def block(self, number: int) -> Rows:
        """Rows of one block as those of a store."""
        if number not in self.last:
            start = number * BLOCK
            read = self.table.read(self.converter.names, start, start + BLOCK)
            self.last.clear()
            self.last[number] = self.converter(read, start)
        return self.last[number]


@dataclass(frozen=True)
class _Kept:
    """Reads the rows that are kept, in the order of the file."""

    reader: _Reader
    kept: tuple[int, ...]
    """How many there are in each block."""
    id_dtype: np.dtype[np.generic]
    draw: bool
    """Whether some of those that train are to validate."""

    def __call__(self, start: int, stop: int) -> Columns:
        """Every column of the store, from one kept row to another."""
        ends = np.cumsum(self.kept)
        parts, number = [], int(np.searchsorted(ends, start, side="right"))
        while start < stop:
            first = int(ends[number]) - self.kept[number]
            rows = slice(start - first, stop - first)
            parts.append({name: values[rows] for name, values in self.reader.block(number).stored.items()})
            start, number = min(stop, int(ends[number])), number + 1
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if name != "id"}
        found["id"] = np.concatenate([part["id"].astype(self.id_dtype) for part in parts])
        if self.draw:
            found["split"] = with_validation(found["split"], found["id"])
        return found


def _counted(reader: _Reader) -> Counts:
    """What the whole catalogue holds; columns that it lacks, or of other lengths, are refused."""
    reader.table.check(reader.converter.names)
    for name in reader.converter.names:
        if reader.table.length(name) != reader.rows:
            other = reader.table.length(name)
            raise InputError(f"{reader.table.path}: {name} has {other} rows, but the photometry has {reader.rows}.")
    with bar(reader.rows, "reading") as progress:
        counts = reader.block(0).counts
        for number in range(1, -(-reader.rows // BLOCK)):
            progress.update(BLOCK)
            counts += reader.block(number).counts
        progress.update(reader.rows - progress.n)
    return counts


def _unchanged(block: Block, columns: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """A block's columns as they were read."""
    return columns


def _schema(
    table: Table, first: Columns, columns: CatalogueColumns, source: str, counts: Counts, id_dtype: str
) -> Schema:
    """What the store holds."""
    extra = {name.removeprefix("catalogue/"): column_of(each) for name, each in first.items() if "catalogue/" in name}
    kept = sum(counts.kept)
    schema = galaxy_schema(
        kept,
        columns.band_names,
        source=f"catalogue {table.path.name}",
        id_dtype=id_dtype,
        catalogue=extra,
        attributes={"ebv_source": source, "dereddened": columns.dereddened, "dropped": counts.rows - kept},
    )
    return replace(schema, block=BLOCK)


def _check(table: Table, counts: Counts, columns: CatalogueColumns, reddening: Reddening) -> None:
    """See that the columns hold what they are named as, and say what they do not.

    Raises:
        InputError: if one does not.
    """
    light = counts.brightness
    each = (light.missing[1:], light.impossible[1:], light.zero[1:])
    for band, missing, impossible, zero in zip(columns.band_names, *each, strict=True):
        if impossible == light.galaxies:
            raise InputError(
                f"{table.path}: no {band} is possible in {_unit(columns)}; name the true columns and unit."
            )
        if zero == light.galaxies:
            raise InputError(
                f"{table.path}: {band} is 0 to the last digit in every row, which no measurement is; name the column "
                "that holds it, or leave the band out of bands."
            )
        if missing == light.galaxies:
            raise InputError(
                f"{table.path}: no row has a usable {band} with a positive error; name the right columns, or leave the "
                "band out of bands."
            )
    _check_brightness(table, counts, columns)
    if counts.first_nameless is not None:
        raise InputError(
            f"{table.path}: column {columns.id!r} names no galaxy in {counts.nameless:,} of {counts.rows:,} rows, "
            f"first in row {counts.first_nameless}; fill them, or name another column (--id)."
        )
    if "redshift" in counts.tallies:
        tell(counts.tallies["redshift"], REDSHIFT, f"{table.path}: {columns.redshift!r}")
    if "ra" in counts.tallies:
        labels = f"{table.path}: {columns.ra!r}", f"{table.path}: {columns.dec!r}"
        tell_positions((counts.tallies["ra"], counts.tallies["dec"]), labels)
        if reddening.lookup is not None:
            tell_unplaced(counts.rows - min(counts.tallies[name].good for name in ("ra", "dec")), counts.rows)
    if reddening.column is not None:
        reddening.tell(counts.tallies["ebv"], table)


def _unit(columns: CatalogueColumns) -> str:
    """The unit that the photometry was taken to be in, in words."""
    return "magnitudes" if columns.flux is None else columns.unit or "the unit of the file, or nanomaggies"


def _check_brightness(table: Table, counts: Counts, columns: CatalogueColumns) -> None:
    """See that the galaxies are about as bright as galaxies are: the unit may be another than was said."""
    ranks = np.cumsum(counts.magnitudes)
    if not ranks[-1]:
        return
    magnitude = EDGES[int(np.searchsorted(ranks, ranks[-1] / 2))]
    if not BRIGHTEST < magnitude < FAINTEST:
        raise InputError(
            f"{table.path}: the median galaxy would have magnitude {magnitude:.1f} in {columns.band_names[-1]}; name "
            f"the true columns and their true unit (now {_unit(columns)})."
        )


def _split_source(table: Table, columns: CatalogueColumns) -> str:
    """Who says which galaxies test."""
    return str(table.path) if columns.split is None else f"{table.path}, column {columns.split!r}"


def _files(file: Path, columns: CatalogueColumns) -> list[Path]:
    """What is read."""
    return [file_of(each) for each in (file, columns.test) if each is not None]


def _identity(file: Path, columns: CatalogueColumns) -> str:
    """Digest of everything that determines the store."""
    files = [file, *([] if columns.test is None else [columns.test])]
    states = [path.stat() for path in _files(file, columns)]
    seen = [(each.name, state.st_size, state.st_mtime_ns) for each, state in zip(files, states, strict=True)]
    return digest(json.dumps([IMPORT_VERSION, seen, asdict(columns)], default=str).encode()).hex()
