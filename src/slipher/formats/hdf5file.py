"""What of an HDF5 file is read: values that lie in the file itself, all of them, in pieces that memory holds.

Whoever made the file says how many values there are, where they lie and in what pieces they are packed; a file of some
kilobytes can promise 2⁶⁰ of them, or have other files of the machine read.
"""

import math
from pathlib import Path
from typing import Any

import h5py

from slipher.errors import InputError

__all__ = ["check_readable", "children", "fault"]

LARGEST_CHUNK = 1 << 29
"""Bytes of a chunk, which is unpacked as a whole."""
SMALL = 1 << 26
"""Bytes of a dataset that may be left unwritten."""


def children(group: h5py.Group) -> dict[str, Any]:
    """What lies in a group, by name; links to elsewhere, of which a file may have any, are not followed."""
    links = {name: group.get(name, getlink=True) for name in group if isinstance(name, str)}
    return {name: group[name] for name, link in links.items() if isinstance(link, h5py.HardLink)}


def check_readable(path: Path, name: str, dataset: h5py.Dataset) -> None:
    """See that the values of a dataset can be read.

    Raises:
        InputError: if not, as of `fault`.
    """
    if (why := fault(dataset)) is not None:
        raise InputError(f"{path}: {name!r} {why}.")


def fault(dataset: h5py.Dataset) -> str | None:
    """Why a dataset cannot be read and what to do, to follow its name; None if it can be.

    Its values must lie in the file: not in others, in chunks that are no larger than half a gigabyte, and at least half
    of them, where they are many: the library makes up what was never written.
    """
    how = dataset.id.get_create_plist()
    if how.get_layout() == h5py.h5d.VIRTUAL or how.get_external_count():
        return "lies in other files; copy its values into this one"
    width = dataset.id.get_type().get_size()
    chunk = math.prod(dataset.chunks or (1,)) * width
    if chunk > LARGEST_CHUNK:
        return f"is packed in chunks of {chunk / 1e9:.1f} GB; pack it in smaller ones (h5repack)"
    promised = math.prod(dataset.shape or ()) * width
    if promised > SMALL and 2 * _written(dataset, chunk) < promised:
        return f"has {promised / 1e9:.3g} GB, of which the file holds less than half; get it again"
    return None


def _written(dataset: h5py.Dataset, chunk: int) -> int:
    """Bytes of the values that are written, unpacked."""
    return int(dataset.id.get_storage_size() if dataset.chunks is None else dataset.id.get_num_chunks() * chunk)
