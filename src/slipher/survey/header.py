"""The header of a store, whoever made it: held to what a store is before a byte of its galaxies is read."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mode
from typing import Any

import h5py
import numpy as np

from slipher.errors import InputError
from slipher.formats.hdf5opened import open_hdf5
from slipher.survey.extents import AGAIN, DAMAGE, Extent, extents, plain_attribute, plain_attributes
from slipher.survey.layout import CHECKSUMS, DIGEST_BYTES, FORMAT, FORMAT_VERSION, METADATA_CHECKSUM
from slipher.survey.schema import TABLES, Schema, galaxy_schema

__all__ = ["damaged", "read_header", "truncated"]

NEEDED = ("id", "redshift", "ebv", "split")
TOGETHER = (
    ("photometry/flux", "photometry/flux_error"),
    ("sky/level", "sky/sigma"),
    ("spectrum/flux", "spectrum/ivar", "spectrum/have"),
)
"""Columns of which none makes sense without the others."""
ON_IMAGES = ("valid", "sources")
"""Columns of the pixels of images."""
KINDS: Mapping[str, type] = {
    "format_version": int,
    "bands": str,
    "unit": str,
    "fingerprint": str,
    "identity": str,
    "block": int,
    "software": str,
    "source": str,
    "simulated": bool,
    "pixel_scale": float,
    "loglam0": float,
}
"""The types of the attributes that the program goes by, where a store has them."""
EVERYWHERE = ("format_version", "bands", "unit", "fingerprint", "identity", "block")
"""Those of them that every store has."""
LARGEST_BLOCK = 1 << 20
"""Galaxies of a block: importers write 64 to 8192."""
WAVELENGTHS = (0.0, 10.0)
"""log10 of wavelengths (Å) between which spectra lie: γ rays to metres."""

BYTES = np.dtype(np.uint8)

Form = tuple[np.dtype[Any], tuple[int, ...]]
Header = tuple[dict[str, Any], dict[str, Extent]]


def read_header(path: Path) -> Header:
    """The attributes of a store and the places of its datasets.

    Every dataset lies whole inside of the file, apart from the others, with the type, the axes and the rows that its
    name promises; every attribute is of its type.

    Raises:
        InputError: if the file is anything else, naming what is wrong in it.
    """
    attributes, places = _read(path)
    _check_attributes(path, attributes)
    _check_datasets(path, attributes, places)
    return attributes, places


def _read(path: Path) -> Header:
    """What the file says of itself."""
    try:
        with open_hdf5(path) as file:
            _check_format(path, file)
            return plain_attributes(file), extents(file)
    except InputError:
        raise
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: no permission.") from error
    except DAMAGE as error:
        if "truncated" in str(error):
            raise truncated(path) from error
        if not _has_signature(path):
            raise InputError(f"{path} is not an HDF5 file; give a galaxy store that `slipher data` made.") from error
        raise damaged(path) from error


def _check_format(path: Path, file: h5py.File) -> None:
    """See that the file says of itself that it is a store, in the format of this program."""
    if plain_attribute(file, b"format") != FORMAT:
        raise InputError(
            f"{path} is a foreign HDF5 file, not a galaxy store; `slipher data import images` turns files of cutouts "
            "into a store."
        )
    version = plain_attribute(file, b"format_version")
    if isinstance(version, int) and version != FORMAT_VERSION:
        remedy = "install a newer slipher." if version > FORMAT_VERSION else AGAIN
        raise InputError(f"{path} has store format {version}, but this slipher reads {FORMAT_VERSION}; {remedy}")


def _has_signature(path: Path) -> bool:
    """Whether the file begins as an HDF5 file does."""
    with path.open("rb") as stream:
        return stream.read(8) == b"\x89HDF\r\n\x1a\n"


def _check_attributes(path: Path, attributes: Mapping[str, Any]) -> None:
    """See that what the program goes by is of its type and possible."""
    for name, kind in KINDS.items():
        if (name in EVERYWHERE or name in attributes) and type(attributes.get(name)) is not kind:
            raise damaged(path, f"its attribute {name!r} is {_shown(attributes.get(name))}")
    bands = attributes["bands"].split()
    if not bands or len(set(bands)) < len(bands):
        raise damaged(path, f"its bands are {_shown(attributes['bands'])}, not names that differ")
    low, high = WAVELENGTHS
    for name, least, most in (("block", 1, LARGEST_BLOCK), ("pixel_scale", 0, math.inf), ("loglam0", low, high)):
        if name in attributes and not (least <= attributes[name] <= most and attributes[name]):
            raise damaged(path, f"its attribute {name!r} is {attributes[name]}")


def _shown(value: Any) -> str:
    """An attribute as a message has it."""
    return "not there" if value is None else repr(value)[:60]


def _check_datasets(path: Path, attributes: Mapping[str, Any], places: Mapping[str, Extent]) -> None:
    """See that the datasets are those of a store, with as many rows each as there are galaxies."""
    lacking = list(dict.fromkeys(_lacking(places)))
    if lacking:
        raise InputError(f"{path} lacks {', '.join(lacking[:3])}; {AGAIN}")
    if "spectrum/flux" in places and "loglam0" not in attributes:
        raise damaged(path, "it has spectra, but no attribute 'loglam0' of their wavelengths")
    for name, axes in (("images", 4), ("spectrum/flux", 2)):
        if name in places and len(places[name].shape) != axes:
            raise damaged(path, f"{name} has {len(places[name].shape)} axes, not {axes}")
    for name, wanted in _wanted(attributes, places).items():
        found = places[name].dtype, places[name].shape
        if found != wanted:
            raise damaged(path, f"{name} is {_form(*found)}, not {_form(*wanted)}")


def _lacking(places: Mapping[str, Extent]) -> Iterator[str]:
    """Datasets that a store with these must have too."""
    yield from (name for name in (*NEEDED, METADATA_CHECKSUM) if name not in places)
    for group in TOGETHER:
        if any(name in places for name in group):
            yield from (name for name in group if name not in places)
    if any(name in places for name in ON_IMAGES) and "images" not in places:
        yield "images"
    data = {name for name in places if not name.startswith(CHECKSUMS)} - {METADATA_CHECKSUM}
    vouched = {name.removeprefix(CHECKSUMS) for name in places if name.startswith(CHECKSUMS)}
    yield from (f"{CHECKSUMS}{name}" for name in sorted(data - vouched))
    yield from sorted(vouched - data)


def _form(dtype: Any, shape: tuple[int, ...]) -> str:
    """Type and shape in words."""
    return f"{dtype} ({' × '.join(map(str, shape))})"


def _wanted(attributes: Mapping[str, Any], places: Mapping[str, Extent]) -> dict[str, Form]:
    """The type and the shape that every dataset must have; columns of a catalogue may be of any type."""
    schema = _schema(attributes, places)
    known = {name: (each.stored_dtype, (schema.galaxies, *each.stored_shape)) for name, each in schema.columns.items()}
    known |= {name: (each.stored_dtype, each.stored_shape) for name, each in schema.tables.items()}
    known[METADATA_CHECKSUM] = BYTES, (DIGEST_BYTES,)
    wanted = {}
    for name, place in places.items():
        blocks = 1 if name.removeprefix(CHECKSUMS) in TABLES else -(-schema.galaxies // schema.block)
        carried = place.dtype, (schema.galaxies, *place.shape[1:])
        wanted[name] = (BYTES, (blocks, DIGEST_BYTES)) if name.startswith(CHECKSUMS) else known.get(name, carried)
    return wanted


def _schema(attributes: Mapping[str, Any], places: Mapping[str, Extent]) -> Schema:
    """What a store with images, spectra and identifiers like these holds."""
    images, spectra, names = places.get("images"), places.get("spectrum/flux"), places["id"].dtype
    half = images is not None and images.dtype == np.float16
    schema = galaxy_schema(
        mode(places[name].shape[0] for name in NEEDED),
        tuple(attributes["bands"].split()),
        source="",
        shape=None if images is None else (images.shape[2], images.shape[3]),
        image_dtype="float16" if half else "float32",
        id_dtype=names.str[1:] if names.kind == "S" else "int64",
        loglam0=None if spectra is None else 0.0,
        pixels=0 if spectra is None else spectra.shape[1],
    )
    return replace(schema, block=attributes["block"])


def damaged(path: Path, why: str = "its HDF5 structure cannot be read") -> InputError:
    """The error for a file that is not what it was."""
    return InputError(f"{path} is damaged ({why}); {AGAIN}")


def truncated(path: Path) -> InputError:
    """The error for a file that ends too early."""
    return InputError(f"{path} is truncated; {AGAIN}")
