"""What a galaxy store holds: its columns, their types and shapes, and its attributes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from slipher.errors import InputError

__all__ = ["BITS", "TABLES", "Attribute", "Column", "Schema", "galaxy_schema"]

BITS = "bits"
"""The dtype of a column of booleans, stored eight to a byte along the last axis."""

TABLES = frozenset({"sky/correlation"})
"""Datasets that belong to a store as a whole, not one entry a galaxy."""

Attribute = str | float | int | bool


@dataclass(frozen=True)
class Column:
    """The type and the shape, per galaxy, of one column."""

    dtype: str
    """A numpy dtype without byte order (stored little-endian), or ``"bits"`` for booleans."""
    shape: tuple[int, ...] = ()
    """Shape of one galaxy's entry as the reader sees it."""

    @property
    def stored_dtype(self) -> np.dtype[np.generic]:
        """The dtype in the file."""
        return np.dtype(np.uint8) if self.dtype == BITS else np.dtype(self.dtype).newbyteorder("<")

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape in the file: booleans take an eighth along the last axis."""
        return (*self.shape[:-1], math.ceil(self.shape[-1] / 8)) if self.dtype == BITS else self.shape

    @property
    def row_bytes(self) -> int:
        """Bytes that one galaxy's entry takes."""
        return math.prod(self.stored_shape) * self.stored_dtype.itemsize


@dataclass(frozen=True)
class Schema:
    """Everything that is known about a store before its first galaxy is written."""

    galaxies: int
    """Number of galaxies."""
    bands: tuple[str, ...]
    """Bands from blue to red."""
    columns: Mapping[str, Column]
    """One entry a galaxy each, by HDF5 name."""
    tables: Mapping[str, Column] = field(default_factory=dict)
    """Arrays that belong to the store as a whole, by HDF5 name."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """Attributes of the file; the format, the bands and the checksums come by themselves."""
    block: int = 256
    """Galaxies in a block: the unit that is written, checksummed and journalled."""

    def __post_init__(self) -> None:
        if self.galaxies < 1:
            raise InputError("a store needs at least one galaxy, but none is left to write; check the input's filters.")
        if not self.bands or any(not band or " " in band for band in self.bands):
            raise InputError(f"bands are {list(self.bands)}, but must be one or more names without spaces.")
        if len(set(self.bands)) != len(self.bands):
            raise InputError(f"bands are {list(self.bands)}, but each may stand there once.")

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """First and past-the-last galaxy of every block."""
        starts = range(0, self.galaxies, self.block)
        return [(start, min(start + self.block, self.galaxies)) for start in starts]

    @property
    def bytes(self) -> int:
        """Bytes that all columns take."""
        return self.galaxies * sum(column.row_bytes for column in self.columns.values())


def galaxy_schema(
    galaxies: int,
    bands: tuple[str, ...],
    *,
    source: str,
    simulated: bool = False,
    shape: tuple[int, int] | None = None,
    image_dtype: str = "float16",
    pixel_scale: float | None = None,
    id_dtype: str = "int64",
    photometry: bool = True,
    sky: bool = True,
    loglam0: float | None = None,
    pixels: int = 0,
    truth: Mapping[str, Column] | None = None,
    catalogue: Mapping[str, Column] | None = None,
    attributes: Mapping[str, Attribute] | None = None,
) -> Schema:
    """The usual columns of a survey; those that it does not have are left out.

    Args:
        galaxies: number of galaxies.
        bands: bands from blue to red.
        source: where the galaxies come from, in words.
        simulated: whether they are rendered.
        shape: (y, x) of the cutouts; None for a survey without images.
        image_dtype: float16 or float32.
        pixel_scale: arcseconds a pixel.
        id_dtype: int64, or bytes of a fixed length such as ``"S19"``.
        photometry: whether fluxes with errors are there.
        sky: whether source masks and sky statistics are there; only with images.
        loglam0: log10 wavelength (Å) of the first pixel of the spectra; None for a survey without.
        pixels: number of pixels of the spectra.
        truth: columns of a mock's truth, by name below ``truth/``.
        catalogue: what else a catalogue says of each galaxy and slipher carries along, by name below ``catalogue/``.
        attributes: further attributes of the file.
    """
    columns = {
        "id": Column(id_dtype),
        "redshift": Column("float64"),
        "ebv": Column("float32"),
        "split": Column("uint8"),
    }
    tables, more = {}, dict(attributes or {})
    B = len(bands)
    if photometry:
        columns |= {f"photometry/{name}": Column("float32", (B,)) for name in ("flux", "flux_error")}
    if shape is not None:
        columns |= {"images": Column(image_dtype, (B, *shape)), "valid": Column(BITS, (B, *shape))}
    if shape is not None and sky:
        columns |= {
            "sources": Column(BITS, shape),
            "sky/level": Column("float32", (B,)),
            "sky/sigma": Column("float32", (B,)),
        }
        tables["sky/correlation"] = Column("float32", (B, 5, 5))
    if loglam0 is not None:
        columns |= {f"spectrum/{name}": Column("float32", (pixels,)) for name in ("flux", "ivar")}
        columns["spectrum/have"] = Column("uint8")
        more["loglam0"] = float(loglam0)
    if pixel_scale is not None:
        more["pixel_scale"] = float(pixel_scale)
    columns |= {f"truth/{name}": column for name, column in (truth or {}).items()}
    columns |= {f"catalogue/{name}": column for name, column in (catalogue or {}).items()}
    return Schema(galaxies, bands, columns, tables, {"source": source, "simulated": simulated, **more})
