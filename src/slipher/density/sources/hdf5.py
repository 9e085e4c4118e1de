"""Ensembles of qp in HDF5: groups of data sets (.hdf5, .hd5), or tables of astropy (.hf5).

What pandas writes there (.h5) holds pickled Python objects, which are never loaded.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from slipher.density.sources.stored import KIND, Ancillary, Stored, first_text, rows_of
from slipher.errors import InputError
from slipher.files import unreadable
from slipher.formats.hdf5file import check_readable, children
from slipher.formats.hdf5opened import open_hdf5
from slipher.formats.opened import damaged
from slipher.formats.tables import listed

__all__ = ["hdf5_ensemble", "opened_hdf5"]

LARGEST = 1 << 26
"""Bytes of one density, or of what is the same for all: eight million numbers."""

Item = h5py.Dataset | Callable[[int, int], np.ndarray]


def hdf5_ensemble(path: Path, stack: ExitStack) -> Stored | None:
    """The ensemble in an HDF5 file; None if it is another file.

    Args:
        path: the file.
        stack: closes it.

    Raises:
        InputError: if it is damaged, or holds several ensembles or pickled objects.
    """
    if not path.is_file() or not h5py.is_hdf5(path):
        return None
    file = stack.enter_context(opened_hdf5(path))
    with damaged(path, KIND):
        home = _home(path, file)
        return None if home is None else _stored(path, home)


def opened_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file.

    Raises:
        InputError: if it cannot be opened.
    """
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give the path of a densities file (.hdf5).")
    try:
        return open_hdf5(path)
    except OSError as error:
        kind = "a damaged or truncated HDF5 file" if _has_signature(path) else "not an HDF5 file"
        raise InputError(f"{path} is {kind}; give densities in HDF5 as slipher predict or qp write them.") from error


def _has_signature(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\x89HDF"


def _home(path: Path, file: h5py.File) -> h5py.Group | None:
    """Where the tables meta and data are: at the root, or in its only ensemble, as qp.write_dict leaves them."""
    if _is_ensemble(file):
        return file
    inside = [name for name, item in children(file).items() if isinstance(item, h5py.Group) and _is_ensemble(item)]
    if len(inside) > 1:
        raise InputError(f"{path} holds {len(inside)} ensembles ({listed(inside)}); write each into a file of its own.")
    return file[inside[0]] if inside else None


def _is_ensemble(group: h5py.Group) -> bool:
    return {"meta", "data"} <= set(children(group))


def _stored(path: Path, home: h5py.Group) -> Stored:
    meta = {name: _constant(path, name, item) for name, item in _columns(path, home, "meta").items()}
    data = _columns(path, home, "data")
    for name, item in data.items():
        _check(path, name, item, item.shape[1:])
    count = rows_of(path, {name: _length(item) for name, item in data.items()})
    ancil = _columns(path, home, "ancil") if "ancil" in children(home) else {}
    names = [name for name, item in ancil.items() if _length(item) == count and _entry(item) == 1]
    if "pdf_name" not in meta:
        raise InputError(f"{path} has no 'pdf_name' in meta, which says what its densities are; it is damaged.")
    return Stored(
        path=path,
        kind=first_text(path, "pdf_name", meta["pdf_name"]),
        meta=meta,
        count=count,
        rows=lambda start, stop: {name: _rows(item, start, stop) for name, item in data.items()},
        ancil=Ancillary(path, names, count, lambda name, start, stop: _column(path, name, ancil[name], start, stop)),
    )


def _constant(path: Path, name: str, item: Any) -> np.ndarray:
    """What is the same for all densities."""
    _check(path, name, item, item.shape)
    return np.asarray(item[()])


def _column(path: Path, name: str, item: Any, start: int, stop: int) -> np.ndarray:
    """Some rows of a column beside the densities."""
    check_readable(path, name, item.table if isinstance(item, _Field) else item)
    return _rows(item, start, stop)


def _check(path: Path, name: str, item: Any, shape: tuple[int, ...]) -> None:
    """See that what describes densities can be read, and is no more for one of them, or for all, than that takes.

    Raises:
        InputError: if it is not.
    """
    check_readable(path, name, item.table if isinstance(item, _Field) else item)
    size = math.prod(shape) * item.dtype.itemsize
    if size > LARGEST:
        raise InputError(f"{path} has {size / 1e9:.3g} GB of {name!r} for one density; it is damaged.")


class _Field:
    """One column of a table of compound type, which reads like a data set."""

    def __init__(self, table: h5py.Dataset, name: str) -> None:
        self.table, self._name = table, name
        base, inner = table.dtype[name].base, table.dtype[name].shape
        self.dtype, self.shape = base, (*table.shape, *inner)

    def __getitem__(self, rows: Any) -> np.ndarray:
        return np.asarray(self.table.fields(self._name)[rows])


def _columns(path: Path, home: h5py.Group, name: str) -> Mapping[str, Any]:
    """The columns of a table, be it a group of data sets or one of compound type.

    Raises:
        InputError: if it is neither, or pandas wrote it.
    """
    table = children(home)[name]
    if "pandas_type" in table.attrs:
        raise InputError(
            f"{path} was written by pandas, whose columns of arrays are pickled Python objects that are never loaded; "
            f"write the ensemble as .hdf5, .fits or .pq."
        )
    if isinstance(table, h5py.Group):
        found = {key: item for key, item in children(table).items() if isinstance(item, h5py.Dataset)}
        return {key: item for key, item in found.items() if item.shape is not None}
    if not isinstance(table, h5py.Dataset) or table.dtype.names is None:
        raise InputError(f"{path} has a {name!r} that is no table; it is damaged.")
    return {key: _Field(table, key) for key in table.dtype.names}


def _length(item: Any) -> int:
    return int(item.shape[0]) if item.shape else 1


def _entry(item: Any) -> int:
    """How many values a row has."""
    return int(np.prod(item.shape[1:]))


def _rows(item: Any, start: int, stop: int) -> np.ndarray:
    """Some rows of a data set, or the one there is for all."""
    if not item.shape:
        return np.atleast_1d(np.asarray(item[()]))
    is_text = isinstance(item, h5py.Dataset) and h5py.check_string_dtype(item.dtype) is not None
    chosen = slice(None) if _length(item) == 1 else slice(start, stop)
    return np.asarray((item.asstr("utf-8") if is_text else item)[chosen])
