"""Files of arrays that survey scientists keep, told apart by their content: npy, npz, HDF5 and FITS."""

from pathlib import Path

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.formats.container import Container
from slipher.formats.fitsarrays import FitsContainer
from slipher.formats.hdf5arrays import Hdf5Container
from slipher.formats.numpyfiles import NpyContainer, NpzContainer

__all__ = ["Container", "Hdf5Container", "NpzContainer", "open_container"]

_KINDS: dict[bytes, type[Container]] = {
    b"PK\x03\x04": NpzContainer,
    b"\x89HDF": Hdf5Container,
    b"SIMP": FitsContainer,
    b"\x1f\x8b": FitsContainer,
    b"BZh": FitsContainer,
    b"\x93NUM": NpyContainer,
}


def open_container(path: Path) -> Container:
    """Open a file of arrays; its content, not its name, says which kind it is.

    Raises:
        InputError: if it is not there, of no known kind, or damaged.
    """
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give a file of cutouts.")
    with path.open("rb") as stream:
        begin = stream.read(4)
    for magic, kind in _KINDS.items():
        if begin.startswith(magic):
            return kind(path)
    raise InputError(f"{path} is neither npy, npz, HDF5 nor FITS; save the cutouts as one of these.")
