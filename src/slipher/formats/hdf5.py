"""Tables of HDF5: data sets with an entry a row at any depth, the fields of compound ones, and what pandas writes."""

import pickletools
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import commonpath
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from slipher.errors import InputError
from slipher.formats.arrays import common_length
from slipher.formats.cells import MISSING
from slipher.formats.column import Column, as_column
from slipher.formats.ecsv import read_header
from slipher.formats.hdf5arrays import UNITS, without_fills
from slipher.formats.hdf5file import check_readable, children, fault
from slipher.formats.hdf5opened import open_hdf5
from slipher.formats.opened import damaged
from slipher.formats.table import Table

__all__ = ["Hdf5Table"]

KIND = "hdf5"
ASTROPY = ".__table_column_meta__"
"""What astropy adds to the name of a table for that of the description of its columns."""
PYTABLES = "_i_"
"""What the names of PyTables' own groups begin with."""


@dataclass(frozen=True)
class _Place:
    """Where a column lies."""

    dataset: str
    length: int
    field: str | None = None
    """Of a compound data set."""
    index: int | None = None
    """Along the last axis, where one array holds several columns."""
    truth: bool = False
    """Whether bytes mean yes and no."""
    gaps: bool = False
    """Whether the word nan means that text is missing."""
    unit: str | None = None


class Hdf5Table(Table):
    """The columns of an HDF5 file.

    They are called by their full names, GROUP/NAME, without what all names begin with; the last part of a name serves
    too where it stands for one column.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        with damaged(path, KIND):
            self._file = open_hdf5(path)
            weakref.finalize(self, self._file.close)
            found = dict(_places(self._file))
        groups = [name.rpartition("/")[0] for name in found]
        shared = commonpath(groups) if groups and all(groups) else ""
        strip = len(shared) + 1 if shared else 0
        whole = {name for name in {place.dataset for place in found.values()} if fault(self._file[name]) is None}
        lengths = [place.length for place in found.values() if place.dataset in whole]
        super().__init__(path, [name[strip:] for name in found], common_length(lengths))
        self._places = {name[strip:]: place for name, place in found.items()}
        self._other_names = _short(self.names) | {name: name[strip:] for name in found}

    def __contains__(self, name: object) -> bool:
        return name in self._places or name in self._other_names

    def _read(self, names: Sequence[str], start: int, stop: int) -> dict[str, Column]:
        with damaged(self.path, KIND):
            return {name: self._column(name, start, stop) for name in names}

    def length(self, name: str) -> int:
        """As the file has it.

        Raises:
            InputError: if its values cannot be read.
        """
        place = self._place(name)
        check_readable(self.path, name, self._file[place.dataset])
        return place.length

    def _place(self, name: str) -> _Place:
        return self._places[name if name in self._places else self._other_names[name]]

    def _column(self, name: str, start: int, stop: int) -> Column:
        place = self._place(name)
        values = _values(self._file[place.dataset], place, start, stop)
        if values.dtype.kind not in "biufSUO":
            raise InputError(f"{self.path}: {name!r} holds {values.dtype}, not values; name another column.")
        found = as_column(name, str(self.path), values, place.unit)
        return replace(found, missing=np.isin(found.values, list(MISSING))) if place.gaps else found


def _values(dataset: h5py.Dataset, place: _Place, start: int, stop: int) -> np.ndarray:
    """Some rows of a column."""
    if dataset.attrs.get("PSEUDOATOM") is not None:
        raise InputError(
            f"{dataset.file.filename}: {dataset.name!r} holds pickled Python objects, which are never loaded; let "
            "pandas write format='table', or Parquet."
        )
    view = dataset if place.field is None else dataset.fields(place.field)
    values = np.asarray(view[start:stop])
    if place.index is not None and values.ndim > 1:
        values = values[:, place.index]
    if place.field is None:
        values = without_fills(dataset, values)
    if values.dtype == object and h5py.check_string_dtype(dataset.dtype) is None and place.field is None:
        values = _stacked(dataset, values)
    return values == 1 if place.truth else values


def _stacked(dataset: h5py.Dataset, values: np.ndarray) -> np.ndarray:
    """Arrays of variable length, which must all be of one, as rows of an array."""
    if h5py.check_vlen_dtype(dataset.dtype) is None:
        raise InputError(f"{dataset.file.filename}: {dataset.name!r} holds references; name another data set.")
    if len({each.shape for each in values}) > 1:
        raise InputError(
            f"{dataset.file.filename}: {dataset.name!r} holds arrays of different lengths; one length is needed."
        )
    return np.stack(list(values)) if len(values) else np.zeros(0)


def _short(names: Sequence[str]) -> dict[str, str]:
    """Full names by their last parts, where those stand for one alone."""
    last = [name.rpartition("/")[2] for name in names]
    return {short: name for short, name in zip(last, names, strict=True) if last.count(short) == 1}


def _places(file: h5py.File) -> Iterator[tuple[str, _Place]]:
    """Every column with its name."""
    found: list[tuple[str, Any]] = []
    file.visititems(lambda name, item: found.append((name, item)) if isinstance(name, str) else None)
    fixed = {name for name, item in found if _word(item.attrs.get("pandas_type")) == "frame"}
    for name, item in found:
        if name in fixed:
            yield from _of_fixed(name, item)
        elif name.rpartition("/")[0] not in fixed and _is_column(name, item):
            yield from _of_dataset(name, item)


def _is_column(name: str, item: Any) -> bool:
    """Whether something in a file is data, not what PyTables or astropy note about it."""
    noted = f"/{PYTABLES}" in f"/{name}" or name.endswith(ASTROPY)
    return isinstance(item, h5py.Dataset) and bool(item.shape) and not noted


def _of_dataset(name: str, dataset: h5py.Dataset) -> Iterator[tuple[str, _Place]]:
    """The columns of a data set: one, or one a field."""
    length = dataset.shape[0]
    if dataset.dtype.names is None:
        unit = next((_word(dataset.attrs[key]) for key in UNITS if key in dataset.attrs), None)
        yield name, _Place(name, length, truth=_is_bits(dataset.id.get_type()), unit=unit)
        return
    units = _astropy_units(dataset)
    for field in dataset.dtype.names:
        yield from _of_field(name, dataset, field, units)


def _of_field(name: str, dataset: h5py.Dataset, field: str, units: Mapping[str, str]) -> Iterator[tuple[str, _Place]]:
    """The columns of a field of a compound data set: one, or several that pandas put together."""
    words = _strings(dataset.attrs.get(f"{field}_kind"))
    kind = _word(dataset.attrs.get(f"{field}_dtype"))
    place = _Place(name, dataset.shape[0], field, truth=kind == "bool", unit=units.get(field))
    group = name.rpartition("/")[0]
    if words is None:
        yield f"{group if 'index_kind' in dataset.attrs else name}/{field}", place
        return
    place = replace(place, gaps=str(kind).startswith(("bytes", "string")))
    for index, word in enumerate(words):
        yield f"{group}/{word}", replace(place, index=index)


def _of_fixed(name: str, group: h5py.Group) -> Iterator[tuple[str, _Place]]:
    """The columns of a table that pandas wrote in blocks of one type."""
    inside = children(group)
    length = len(inside["axis1"]) if "axis1" in inside else 0
    for block in range(int(group.attrs.get("nblocks", 0))):
        values, items = inside[f"block{block}_values"], inside[f"block{block}_items"]
        truth = _is_bits(values.id.get_type())
        check_readable(Path(group.file.filename), items.name, items)
        for index, item in enumerate(items[:]):
            word = item.decode() if isinstance(item, bytes) else str(item)
            yield f"{name}/{word}", _Place(f"{name}/block{block}_values", length, index=index, truth=truth)


def _is_bits(kind: Any) -> bool:
    """Whether a type is that of PyTables' truth values, which h5py gives as bytes."""
    return isinstance(kind, h5py.h5t.TypeBitfieldID)


def _strings(pickled: Any) -> list[str] | None:
    """The words of a list that pandas pickled, read off its instructions: nothing is unpickled."""
    if not isinstance(pickled, bytes) or not pickled.endswith(b"."):
        return None
    steps = pickletools.genops(bytes(pickled))
    return [str(word) for code, word, _ in steps if "UNICODE" in code.name or "STRING" in code.name]


def _word(value: Any) -> str | None:
    """An attribute as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else None


def _astropy_units(dataset: h5py.Dataset) -> Mapping[str, str]:
    """The units that astropy wrote beside a table."""
    beside = children(dataset.parent).get(str(dataset.name).rpartition("/")[2] + ASTROPY)
    if not isinstance(beside, h5py.Dataset) or beside.dtype.kind != "S" or fault(beside) is not None:
        return {}
    return read_header([line.decode() for line in beside[:]]).units
