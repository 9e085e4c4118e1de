"""One array with the cutouts of all galaxies, in an open file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.arrays import ArrayTable
from slipher.formats.column import Column
from slipher.formats.containers import Container
from slipher.progress import say
from slipher.survey.padding import Unmeasured, without_padding
from slipher.survey.stamps.axes import layout_of, listed_layouts
from slipher.survey.stamps.calibration import calibrated
from slipher.survey.stamps.naming import band_names, layer_names, picked
from slipher.survey.stamps.reading import Reading

__all__ = ["Cube", "middle"]

BANDS = ("bands", "band", "filters", "filter", "BANDS")
"""What arrays that name the bands are called."""


class Cube:
    """The cutouts of an array.

    Args:
        container: the open file.
        reading: how to read it.
        count: number of galaxies, where other arrays tell it.

    Raises:
        InputError: if there is no such array, or it can be read in no way, or in several.
    """

    names: Column | None = None
    """The galaxies' names, if the cutouts come with them."""

    def __init__(self, container: Container, reading: Reading, count: int | None) -> None:
        self.where: Path = container.path
        self._container = container
        self._name = reading.images or _only_array(container, len(reading.bands))
        where = f"{container.path}: {self._name!r}"
        dtype, shape = container.describe(self._name)
        if dtype.kind not in "iuf" or not 2 <= len(shape) <= 4:
            raise InputError(
                f"{where} has shape {shape} and type {dtype}, but cutouts are numbers with four axes (N C H W)."
            )
        named = _named_bands(container, self._name, reading.bands)
        bands = len(named) if named and len(reading.bands) not in shape else len(reading.bands)
        self._layout = reading.layout or layout_of(shape, bands, count, where)
        self._picked = _picked(where, shape, self._layout, named, reading.bands)
        size = dict(zip(self._layout, shape, strict=True))
        self.count = size.get("N", 1)
        self._size, self.shape = reading.size, middle_shape(where, (size["H"], size["W"]), reading.size)
        notes = container.notes(self._name)
        self._calibration = calibrated(where, container.unit(self._name), notes, reading.unit, reading.zero_point)
        self.unit = self._calibration.words
        self.table = ArrayTable(container, self.count)
        if reading.layout is None:
            say(f"{where} has shape {shape} and is read as {listed_layouts(self._layout)}.")
        if reading.unit is None:
            say(f"{where} is in {self.unit}.")

    @property
    def files(self) -> Sequence[Path]:
        """What the cutouts depend on."""
        return [self.where]

    def __call__(self, start: int, stop: int) -> tuple[Float32[np.ndarray, "some bands y x"], Unmeasured]:
        """Cutouts ``start`` to ``stop`` in nanomaggies, NaN where a pixel is bad; and what was no measurement."""
        axis, absent = self._layout.find("N"), [letter for letter in "NC" if letter not in self._layout]
        raw = self._container.pixels(self._name, *((start, stop, axis) if axis >= 0 else (0, None, 0)))
        letters = [*absent, *self._layout]
        turned = np.expand_dims(raw, tuple(range(len(absent)))).transpose([letters.index(letter) for letter in "NCHW"])
        stamps = turned[:, self._picked]
        images, unmeasured = without_padding(middle(stamps, self._size))
        return self._calibration(images), unmeasured


def middle(images: Float32[np.ndarray, "*axes y x"], size: int | None) -> Float32[np.ndarray, "*axes rows columns"]:
    """The middle of images; all of them if no size is given."""
    if size is None:
        return images
    rows, columns = ((length - size) // 2 for length in images.shape[-2:])
    return images[..., rows : rows + size, columns : columns + size]


def middle_shape(where: str, shape: tuple[int, int], size: int | None) -> tuple[int, int]:
    """(y, x) of the middle of images.

    Raises:
        InputError: if they are smaller.
    """
    if size is None:
        return shape
    if min(shape) < size:
        raise InputError(
            f"{where} has {shape[0]} by {shape[1]} pixels, fewer than the {size} that are wanted (--size)."
        )
    return size, size


def _only_array(container: Container, bands: int) -> str:
    """The array of cutouts where none is named: the only one that can be."""
    numbers = {name: shape for name, (dtype, shape) in container.arrays.items() if dtype.kind in "iuf"}
    for axes in (4, 3, 2):
        able = [name for name, shape in numbers.items() if len(shape) == axes and (axes > 2 or min(shape) > bands)]
        if len(able) == 1:
            return able[0]
        if able:
            raise InputError(
                f"{container.path} has several arrays that may be cutouts, {', '.join(able)}; name one (--images)."
            )
    there = ", ".join(f"{name} {shape}" for name, (_, shape) in container.arrays.items()) or "nothing"
    raise InputError(f"{container.path} has no array of cutouts, only {there}.")


def _named_bands(container: Container, name: str, bands: Sequence[str]) -> list[str]:
    """The bands that a file says its cutouts have, in order; none if it says nothing."""
    named = layer_names(container.notes(name), container.describe(name)[1], bands)
    array = next((each for each in BANDS if _is_text(container, each)), None)
    return named or (band_names(container.column(array).values) if array is not None else [])


def _is_text(container: Container, name: str) -> bool:
    """Whether a file has an array of text of this name."""
    dtype, shape = container.arrays.get(name, (np.dtype(float), ()))
    return dtype.kind in "SU" and len(shape) == 1


def _picked(
    where: str, shape: tuple[int, ...], layout: str, named: Sequence[str], bands: Sequence[str]
) -> Sequence[int]:
    """Which planes of an array are the bands.

    Raises:
        InputError: if the array has not as many, or says that it has others.
    """
    if len(layout) != len(shape):
        raise InputError(f"{where} has shape {shape}, {len(shape)} axes, but layout {layout} has {len(layout)}.")
    size = dict(zip(layout, shape, strict=True))
    channels = size.get("C", 1)
    if len(named) == channels:
        return picked(named, bands, where)
    if channels != len(bands):
        other = [
            each
            for each in ("NCHW", "NHWC")
            if len(shape) == 4 and each != layout and shape[each.index("C")] == len(bands)
        ]
        raise InputError(
            f"{where} has shape {shape}, {channels} bands as {layout}, but {len(bands)} are named ({' '.join(bands)}); "
            + (f"the layout may be {other[0]}." if other else "name the bands it has.")
        )
    return range(channels)
