"""Ensembles of qp in Parquet: three files, NAMEmeta.pq, NAMEdata.pq and NAMEancil.pq."""

from pathlib import Path

import numpy as np

from slipher.density.sources.stored import Stored, first_text, plain
from slipher.errors import InputError
from slipher.formats.parquet import ParquetTable
from slipher.formats.tables import Held, Table

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
            return _stored(path, files)
    return None


def _stored(path: Path, files: dict[str, Path]) -> Stored:
    meta, data = ParquetTable(files[META]), ParquetTable(files[DATA])
    ancil: Table = ParquetTable(files[ANCIL]) if files[ANCIL].is_file() else Held(path, [])
    if "pdf_name" not in meta or not meta.count:
        raise InputError(f"{files[META]} has no 'pdf_name', which says what its densities are; it is damaged.")
    if len(ancil.names) and ancil.count != data.count:
        raise InputError(
            f"{files[ANCIL]} has {ancil.count} rows for the {data.count} densities of {files[DATA]}; give one each."
        )

    def rows(start: int, stop: int) -> dict[str, np.ndarray]:
        return {name: plain(each) for name, each in data.read(data.names, start, stop).items()}

    constants = {name: each.values for name, each in meta.read(meta.names, 0, 1).items()}
    return Stored(path, first_text(path, "pdf_name", constants["pdf_name"]), constants, data.count, rows, ancil)
