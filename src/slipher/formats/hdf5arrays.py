"""The datasets of an HDF5 file, read piece by piece."""

from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from slipher.formats.column import as_text
from slipher.formats.container import Container
from slipher.formats.hdf5file import check_readable
from slipher.formats.hdf5opened import open_hdf5

__all__ = ["UNITS", "Hdf5Container", "without_fills"]

CHUNK_CACHE = 1 << 28
"""Bytes of a file's chunks that are kept unpacked: one that reaches over several readings is unpacked once."""
FILLS = ("_FillValue", "missing_value")
"""Attributes of a dataset that name the value which stands for none (netCDF's conventions)."""
UNITS = ("unit", "units", "UNIT", "UNITS", "BUNIT")
"""Attributes of a dataset that name its unit."""
TEXT = np.dtype("U")
"""The dtype of text of any length."""


class Hdf5Container(Container):
    """Datasets of an HDF5 file, by their full names."""

    kind = "HDF5"

    def _open(self) -> None:
        self._file = self._closing.enter_context(open_hdf5(self.path, CHUNK_CACHE))
        self._file.visititems(self._note)

    def describe(self, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """As of any container, of a dataset whose values can be read.

        Raises:
            InputError: if they cannot be.
        """
        found = super().describe(name)
        dataset = name if name in self.arrays else name.rpartition("/")[0]
        check_readable(self.path, dataset, self._file[dataset])
        return found

    def notes(self, name: str) -> Mapping[str, Any]:
        """The attributes of a dataset, and of the file."""
        if name not in self.arrays:
            return {}
        every = {**self._file.attrs, **self._file[name].attrs}
        return {
            key: value.decode("utf-8", "replace") if isinstance(value, bytes) else value for key, value in every.items()
        }

    def unit(self, name: str) -> str | None:
        """What the usual attributes of a dataset say."""
        if name not in self.arrays:
            return None
        attributes = self._file[name].attrs
        said = next((attributes[key] for key in UNITS if key in attributes), None)
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return text.strip() or None if isinstance(text, str) else None

    def _note(self, name: str | bytes, item: Any) -> None:
        """Take down one dataset; h5py gives a name as bytes where it is no text."""
        if isinstance(name, str) and isinstance(item, h5py.Dataset) and item.shape is not None:
            text = h5py.check_string_dtype(item.dtype)
            self.arrays[name] = (TEXT if text and text.length is None else item.dtype, item.shape)

    def _read(self, name: str, start: int, stop: int, axis: int) -> np.ndarray:
        dataset = self._file[name]
        where = (*[slice(None)] * axis, slice(start, stop))
        if self.arrays[name][0] == TEXT:
            return as_text(name, str(self.path), np.asarray(dataset[where], object))
        values = np.asarray(dataset[where])
        return without_fills(dataset, values)


def without_fills(dataset: Any, values: np.ndarray) -> np.ndarray:
    """Values of a dataset, masked where they stand for none; HDF5's own 0 names nothing."""
    if values.dtype.kind not in "iuf":
        return values
    noted = [np.ravel(dataset.attrs[key]) for key in FILLS if key in dataset.attrs]
    named = [each[0] for each in noted if each.size and each.dtype.kind in "iuf"]
    creation = dataset.id.get_create_plist()
    if creation.fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED and np.any(dataset.fillvalue):
        named.append(dataset.fillvalue)
    return np.ma.MaskedArray(values, np.isin(values, named)) if named else values
