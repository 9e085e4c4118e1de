"""Cutouts of several files or folders, one behind the other: those to train on, and those to test on."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.stacked import Stacked
from slipher.survey.padding import Unmeasured
from slipher.survey.stamps.cube import Cube
from slipher.survey.stamps.folder import FolderStamps

__all__ = ["StackedStamps"]


class StackedStamps:
    """The cutouts of all of some files or folders, in order.

    Args:
        parts: at least one.

    Raises:
        InputError: if their cutouts have different sizes, or only some come with names.
    """

    def __init__(self, parts: Sequence[Cube | FolderStamps]) -> None:
        self.parts = tuple(parts)
        self.where = parts[0].where.with_name(" with ".join(each.where.name for each in parts))
        self.count = sum(each.count for each in parts)
        self.shape = _one_shape(parts)
        self.unit = " and ".join(dict.fromkeys(each.unit for each in parts))
        self.names = _names(parts, self.where)
        self.table = Stacked([each.table for each in parts])

    @property
    def files(self) -> Sequence[Path]:
        """What the cutouts depend on."""
        return [file for each in self.parts for file in each.files]

    def __call__(self, start: int, stop: int) -> tuple[Float32[np.ndarray, "some bands y x"], Unmeasured]:
        """Cutouts ``start`` to ``stop`` in nanomaggies, NaN where a pixel is bad; and what was no measurement."""
        found = []
        for part in self.parts:
            first, last = max(start, 0), min(stop, part.count)
            if first < last:
                found.append(part(first, last))
            start, stop = start - part.count, stop - part.count
        images, unmeasured = zip(*found, strict=True)
        return np.concatenate(images), reduce(add, unmeasured)


def _one_shape(parts: Sequence[Cube | FolderStamps]) -> tuple[int, int]:
    """(y, x) of all cutouts."""
    if len({each.shape for each in parts}) > 1:
        said = ", ".join(f"{y} by {x} in {each.where}" for each in parts for y, x in [each.shape])
        least = min(min(each.shape) for each in parts)
        raise InputError(f"the cutouts have different sizes, {said}; cut them all to their middle (--size {least}).")
    return parts[0].shape


def _names(parts: Sequence[Cube | FolderStamps], where: Path) -> Column | None:
    """The galaxies' names, if the cutouts come with them."""
    names = [each.names.values for each in parts if each.names is not None]
    if names and len(names) < len(parts):
        raise InputError(f"{where} is a folder and a file; give the galaxies that test as those that train.")
    return Column("file names", str(where), np.concatenate(names)) if names else None
