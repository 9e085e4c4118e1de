"""Where the datasets of an HDF5 file lie, so that their bytes can be read past the HDF5 library.

Whoever made the file says where that is and of what type the bytes are. So nothing is told of a dataset that is not
made of plain values in one stretch inside the file: of pointers, pieces or other files there is no reading bytes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from slipher.errors import InputError

__all__ = ["AGAIN", "DAMAGE", "Extent", "extent", "extents", "plain_attribute", "plain_attributes"]

PLAIN = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM)
"""Classes of types whose values may be plain."""
WIDEST = 8
"""Bytes of a number."""
MOST_AXES = 8
MOST_OBJECTS = 20_000
"""Datasets and groups of one file: a store of thousands of columns has fewer."""
MOST_ATTRIBUTES = 1_000
LONGEST_TEXT = 1 << 16
"""Bytes of an attribute."""
AGAIN = "make or import it again."
DAMAGE = (OSError, RuntimeError, ValueError, TypeError, KeyError, OverflowError)
"""What h5py raises of a file that is damaged or none of HDF5; `InputError` is one of them."""


@dataclass(frozen=True)
class Extent:
    """Where a contiguous dataset lies in the file."""

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes of one entry along the first axis."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def end(self) -> int:
        """The first byte behind the dataset."""
        return self.offset + self.shape[0] * self.row_bytes


def extents(file: h5py.File) -> dict[str, Extent]:
    """The place of every dataset, by name; links to elsewhere are none.

    Raises:
        InputError: if one is not as `extent` wants it, or two lie over each other.
    """
    found: dict[str, Extent] = {}
    seen = 0

    def note(name: str | bytes, item: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > MOST_OBJECTS:
            raise InputError(f"{file.filename} has more than {MOST_OBJECTS:,} datasets, and a store far fewer; {AGAIN}")
        if isinstance(name, bytes) or not name.isprintable():
            raise InputError(f"{file.filename} has a dataset whose name {name!r} is no text; {AGAIN}")
        if isinstance(item, h5py.Dataset):
            found[name] = extent(item, name)

    file.visititems(note)
    _check_apart(str(file.filename), found)
    return found


def extent(dataset: h5py.Dataset, name: str) -> Extent:
    """The place of a dataset.

    Args:
        dataset: of an open file.
        name: what messages call it.

    Raises:
        InputError: if it holds anything but whole numbers, floats, truth values or text of a fixed width, lies in
            pieces, in another file or beyond the end of this, or is empty.
    """
    path, kind = dataset.file.filename, dataset.id.get_type()
    dtype = _plain_type(kind)
    if dtype is None:
        raise InputError(f"{path} holds {name} as {_words(kind)}, not as plain numbers or text; {AGAIN}")
    shape = dataset.shape
    if not shape or len(shape) > MOST_AXES or min(shape) < 1:
        raise InputError(f"{path} holds {name} with the shape {shape}, in which nothing can lie; {AGAIN}")
    if (elsewhere := _elsewhere(dataset)) is not None:
        raise InputError(f"{path} holds {name} {elsewhere}; {AGAIN}")
    offset = int(dataset.id.get_offset())
    place = Extent(offset, dtype, tuple(int(length) for length in shape))
    if place.end > Path(path).stat().st_size:
        raise InputError(f"{path} is truncated ({name} ends behind its end); {AGAIN}")
    return place


def _plain_type(kind: h5py.h5t.TypeID) -> np.dtype[Any] | None:
    """The dtype of plain values that lie in a file exactly as in memory; None of others."""
    if kind.get_class() not in PLAIN or (kind.get_class() == h5py.h5t.STRING and kind.is_variable_str()):
        return None
    dtype = np.dtype(kind.dtype)
    plain = dtype.kind == "S" or (dtype.kind in "biuf" and dtype.itemsize <= WIDEST)
    return dtype if plain and h5py.h5t.py_create(kind.dtype, logical=True).equal(kind) else None


def _words(kind: h5py.h5t.TypeID) -> str:
    """A type for a reader."""
    names = {
        h5py.h5t.REFERENCE: "references",
        h5py.h5t.COMPOUND: "a table",
        h5py.h5t.VLEN: "arrays of many lengths",
        h5py.h5t.STRING: "text of many lengths",
    }
    return names.get(kind.get_class(), "values of another type")


def _elsewhere(dataset: h5py.Dataset) -> str | None:
    """Where the bytes of a dataset lie in words, unless in this file, in one stretch and as they are."""
    how = dataset.id.get_create_plist()
    if how.get_layout() == h5py.h5d.VIRTUAL or how.get_external_count():
        return "in other files"
    if how.get_layout() != h5py.h5d.CONTIGUOUS or how.get_nfilters():
        return "in pieces (it was repacked)"
    return "without a byte of it" if dataset.id.get_offset() is None else None


def _check_apart(path: str, places: Mapping[str, Extent]) -> None:
    """See that no byte belongs to two datasets."""
    ordered = sorted(places.items(), key=lambda item: item[1].offset)
    for (first, one), (second, other) in pairwise(ordered):
        if other.offset < one.end:
            raise InputError(f"{path} holds {first} and {second} in the same bytes; {AGAIN}")


def plain_attributes(file: h5py.File) -> dict[str, Any]:
    """The file's attributes as text, whole numbers, finite numbers and truth values, by name.

    Raises:
        InputError: if one is anything else.
    """
    path, count = file.filename, h5py.h5a.get_num_attrs(file.id)
    if count > MOST_ATTRIBUTES:
        raise InputError(f"{path} has {count:,} attributes, and a store far fewer; {AGAIN}")
    names = [h5py.h5a.open(file.id, index=index).name for index in range(count)]
    found = {name.decode("utf-8", "replace"): plain_attribute(file, name) for name in names}
    for name, value in found.items():
        if value is None or not name.isprintable():
            raise InputError(f"{path} has an attribute {name!r} that is neither text nor one finite number; {AGAIN}")
    return found


def plain_attribute(file: h5py.File, name: bytes) -> str | int | float | bool | None:
    """The value of an attribute of the file; None if there is none, or not of these types."""
    if not h5py.h5a.exists(file.id, name):
        return None
    attribute = h5py.h5a.open(file.id, name)
    kind = attribute.get_type()
    varies = kind.get_class() == h5py.h5t.STRING and kind.is_variable_str()
    dtype = kind.dtype if varies else _plain_type(kind)
    if dtype is None or attribute.shape != () or kind.get_size() > LONGEST_TEXT:
        return None
    value = np.empty((), dtype)
    attribute.read(value)
    return _plain(value.item())


def _plain(value: Any) -> str | int | float | bool | None:
    """Text, a truth value or a finite number; None for anything else."""
    if isinstance(value, bytes):
        try:
            return value.decode() if len(value) <= LONGEST_TEXT else None
        except UnicodeDecodeError:
            return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float) else None
