"""The planes of one galaxy's file: which image of it, or which layer of an image, is which band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.containers import Container
from slipher.survey.stamps.calibration import Calibration, calibrated
from slipher.survey.stamps.naming import band_in, layer_names
from slipher.survey.stamps.reading import Reading

__all__ = ["Plane", "plane_calibration", "planes_in", "read_plane"]

COMPANIONS = (
    "MASK",
    "VAR",
    "IVAR",
    "INVVAR",
    "WEIGHT",
    "WHT",
    "ERR",
    "SIGMA",
    "NOISE",
    "DQ",
    "PSF",
    "NEXP",
    "MODEL",
    "CHI2",
)
"""What extensions that are no images of the sky are called, or how their names begin."""
FILTERS = ("FILTER", "FILTER1", "BAND", "BANDS", "FPA.FILTERID", "FILTERS", "filter", "band")
"""Keywords of the band of an image."""
NO_DATA = "MP_NO_DATA"
"""Keyword of the bit of the masks of Rubin's and HSC's pipelines that marks pixels without data."""


@dataclass(frozen=True)
class Plane:
    """One band of one galaxy."""

    array: str
    axis: int = 0
    layer: int | None = None
    """Which entry along the axis; None for an image of two axes."""
    mask: str | None = None
    """The array whose bit `NO_DATA` marks pixels without data."""


def planes_in(container: Container, reading: Reading) -> dict[str, Plane]:
    """The planes of a galaxy's file by band; one that names no band is called "" if it is the only one.

    Raises:
        InputError: if the file has no images of these bands.
    """
    images = (
        [name for name in container.arrays if _is_image(container, name)]
        if reading.images is None
        else [container.resolve(reading.images)]
    )
    layered = [name for name in images if len(container.describe(name)[1]) == 3]
    if layered:
        return _layers(container, layered[0], reading.bands)
    flat = [name for name in images if len(container.describe(name)[1]) == 2]
    if not flat:
        there = ", ".join(f"{name} {shape}" for name, (_, shape) in container.arrays.items()) or "nothing"
        raise InputError(f"{container.path} has no image of a galaxy, only {there}; name one (--images).")
    return _images(container, flat, reading.bands)


def read_plane(container: Container, plane: Plane) -> Float32[np.ndarray, "y x"]:
    """A plane's pixels in the units of the file, NaN where they are missing."""
    layer = plane.layer
    if layer is None:
        pixels = container.pixels(plane.array)
    else:
        pixels = container.pixels(plane.array, layer, layer + 1, plane.axis).take(0, plane.axis)
    if plane.mask is not None:
        bit = int(container.notes(plane.mask)[NO_DATA])
        none = (container.read(plane.mask).astype(np.int64) >> bit) & 1
        pixels = np.where(none == 1, np.float32(np.nan), pixels)
    return pixels


def plane_calibration(container: Container, plane: Plane, reading: Reading) -> Calibration:
    """How a plane's pixels become nanomaggies.

    Raises:
        InputError: as `calibrated`.
    """
    where, notes = f"{container.path}: {plane.array!r}", container.notes(plane.array)
    return calibrated(where, container.unit(plane.array), notes, reading.unit, reading.zero_point)


def _is_image(container: Container, name: str) -> bool:
    """Whether an array may hold a galaxy's pixels."""
    dtype, shape = container.arrays[name]
    role = str(container.notes(name).get("EXTTYPE") or name).upper()
    return dtype.kind in "iuf" and len(shape) in (2, 3) and not role.startswith(COMPANIONS)


def _layers(container: Container, name: str, bands: Sequence[str]) -> dict[str, Plane]:
    """The layers of an image of three axes, by the names in its header, or in order."""
    notes, shape = container.notes(name), container.describe(name)[1]
    named = layer_names(notes, shape, bands)
    if 1 in shape and len(bands) > 1 and len(named) < 2:
        return {_filter(notes, bands) or "": Plane(name, shape.index(1), 0)}
    count = len(named) or len(bands)
    axis = next((axis for axis in (0, 2, 1) if shape[axis] == count), None)
    if axis is None:
        raise InputError(
            f"{container.path}: {name!r} has shape {shape}, but none of its axes has the {count} bands "
            f"{' '.join(named or bands)}; name the bands that it has (--bands)."
        )
    meant = [band_in(each, bands) for each in named] if named else list(bands)
    found = {band: Plane(name, axis, layer) for layer, band in enumerate(meant) if band is not None}
    if not found:
        raise InputError(
            f"{container.path} has the bands {' '.join(named)}, but {' '.join(bands)} are named (--bands)."
        )
    return found


def _images(container: Container, names: Sequence[str], bands: Sequence[str]) -> dict[str, Plane]:
    """Images of two axes, by their names or headers, or in order."""
    meant = [band_in(name, bands) or _filter(container.notes(name), bands) for name in names]
    planes = [Plane(name, mask=_mask(container, name)) for name in names]
    if len(names) == 1:
        return {meant[0] or "": planes[0]}
    if all(band is not None and meant.count(band) == 1 for band in meant if band is not None) and any(meant):
        return {band: plane for band, plane in zip(meant, planes, strict=True) if band is not None}
    if len(names) == len(bands) and not any(meant):
        return dict(zip(bands, planes, strict=True))
    raise InputError(
        f"{container.path} has the images {', '.join(names)}, and nothing says which are the bands {' '.join(bands)}; "
        "name one (--images), or as many bands as images, in their order (--bands)."
    )


def _filter(notes: Mapping[str, object], bands: Sequence[str]) -> str | None:
    """The band that a header names."""
    said = next((str(notes[key]) for key in FILTERS if key in notes), "")
    return band_in(said, bands)


def _mask(container: Container, name: str) -> str | None:
    """The mask of an image, if its pipeline says which bit means no data."""
    shape = container.describe(name)[1]
    for other, (dtype, its) in container.arrays.items():
        if its == shape and dtype.kind in "iu" and other != name and NO_DATA in container.notes(other):
            return other
    return None
