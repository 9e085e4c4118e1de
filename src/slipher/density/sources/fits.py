"""Ensembles of qp in FITS: the tables META, DATA and ANCIL."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from slipher.density.sources.stored import Ancillary, Stored, first_text, rows_of, whole
from slipher.extras import require

__all__ = ["fits_ensemble"]

SUFFIXES = (".fits", ".fit", ".fits.gz", ".fit.gz", ".fits.bz2")


def fits_ensemble(path: Path, stack: ExitStack) -> Stored | None:
    """The ensemble in a FITS file; None if it is another file.

    Args:
        path: the file.
        stack: closes it.

    Raises:
        InputError: if it is damaged.
    """
    if not path.name.lower().endswith(SUFFIXES) or not path.is_file():
        return None
    fits = require("astropy.io.fits", "catalog")
    with whole(path):
        units = {unit.name.upper(): unit for unit in stack.enter_context(fits.open(path))}
        tables = {name: unit for name, unit in units.items() if isinstance(unit, fits.BinTableHDU | fits.TableHDU)}
        if "META" not in tables or "DATA" not in tables or "pdf_name" not in tables["META"].columns.names:
            return None
        return _stored(path, tables)


def _stored(path: Path, tables: dict[str, Any]) -> Stored:
    meta, data = tables["META"].data, tables["DATA"].data
    count = rows_of(path, {"DATA": len(data)})
    ancil: Any = tables["ANCIL"].data if "ANCIL" in tables else np.zeros(0, [])
    names = [name for name in ancil.dtype.names if ancil[name].size == count]
    return Stored(
        path=path,
        kind=first_text(path, "pdf_name", meta["pdf_name"]),
        meta={name: np.asarray(meta[name]) for name in meta.names},
        count=count,
        rows=lambda start, stop: {name: np.asarray(data[start:stop][name]) for name in data.names},
        ancil=Ancillary(path, names, count, lambda name, start, stop: np.asarray(ancil[start:stop][name])),
    )
