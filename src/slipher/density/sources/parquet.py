"""Ensembles of qp in Parquet: three files, NAMEmeta.pq, NAMEdata.pq and NAMEancil.pq."""

from pathlib import Path

from slipher.density.sources.stored import Stored, of_tables
from slipher.formats.parquet import ParquetTable

__all__ = ["parquet_ensemble"]

SUFFIXES = (".pq", ".parquet", ".parq")
META, DATA, ANCIL = PARTS = ("meta", "data", "ancil")


def parquet_ensemble(path: Path) -> Stored | None:
    """The ensemble in files of which one is given, or what their names begin with (as to qp.read); None if none.

    Raises:
        InputError: if the files are damaged.
    """
    if path.suffix.lower() not in SUFFIXES:
        return None
    stems = [path.stem.removesuffix(part) for part in PARTS if path.is_file() and path.stem.endswith(part)]
    for stem in stems if path.is_file() else [path.stem]:
        files = {part: path.with_name(f"{stem}{part}{path.suffix}") for part in PARTS}
        if files[META].is_file() and files[DATA].is_file():
            ancil = ParquetTable(files[ANCIL]) if files[ANCIL].is_file() else None
            return of_tables(path, ParquetTable(files[META]), ParquetTable(files[DATA]), ancil)
    return None
