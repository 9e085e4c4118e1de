"""Tables written: Parquet, FITS and csv."""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import replacing
from slipher.formats.column import as_column

__all__ = ["write_table"]


NOTHING: Mapping[str, str] = {}


def write_table(path: str | Path, columns: Mapping[str, np.ndarray], about: Mapping[str, str] = NOTHING) -> None:
    """Write columns of equal length whole or not at all, as Parquet, FITS or csv by the suffix.

    Args:
        path: where to.
        columns: by name.
        about: what columns are, in words, for the metadata of Parquet (``description``) and FITS (``TCOMMn``).

    Raises:
        InputError: for another suffix, columns of different lengths, or a destination that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITE:
        raise InputError(f"{path} is no table that can be written; the allowed suffixes are {', '.join(_WRITE)}.")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{path} cannot be written: its columns have different lengths, {lengths}.")
    plain = {name: as_column(name, str(path), np.asarray(values)).values for name, values in columns.items()}
    with replacing(path) as temporary:
        _WRITE[path.suffix.lower()](temporary, plain, about)


def _write_csv(path: Path, columns: Mapping[str, np.ndarray], _about: Mapping[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        # a line that begins with # would be read as a comment
        text = next(iter(columns.values()), np.zeros(0)).astype(np.str_)
        comments = bool(np.char.startswith(text, "#").any())
        writer = csv.writer(
            stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC if comments else csv.QUOTE_MINIMAL
        )
        writer.writerow(columns)
        writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))


def _write_fits(path: Path, columns: Mapping[str, np.ndarray], about: Mapping[str, str]) -> None:
    table, fits = require("astropy.table", "catalog"), require("astropy.io.fits", "catalog")
    try:
        unit = fits.table_to_hdu(table.Table(dict(columns)))
    except UnicodeEncodeError as error:
        raise InputError(f"FITS holds no text but ASCII, and a column has {error.object!r}; write Parquet.") from error
    for number, name in enumerate(columns, 1):
        if name in about:
            unit.header[f"TCOMM{number}"] = about[name]
    # astropy would only count the bytes that a full disk did not take
    whole = io.BytesIO()
    unit.writeto(whole)
    path.write_bytes(whole.getbuffer())


def _write_parquet(path: Path, columns: Mapping[str, np.ndarray], about: Mapping[str, str]) -> None:
    arrow, parquet = require("pyarrow", "catalog"), require("pyarrow.parquet", "catalog")
    arrays = [arrow.array(values) for values in columns.values()]
    fields = [
        arrow.field(name, array.type, metadata={"description": about[name]} if name in about else None)
        for name, array in zip(columns, arrays, strict=True)
    ]
    parquet.write_table(arrow.table(arrays, schema=arrow.schema(fields)), path)


_WRITE: dict[str, Callable[[Path, Mapping[str, np.ndarray], Mapping[str, str]], None]] = {
    ".parquet": _write_parquet,
    ".fits": _write_fits,
    ".csv": _write_csv,
}
