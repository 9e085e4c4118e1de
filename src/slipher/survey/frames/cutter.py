"""Cutting the galaxies of a block out of their frames, and measuring them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from slipher.progress import say
from slipher.survey.frames.frame import BANDS, DamagedFrameError, Frame, Geometry, read_frame
from slipher.survey.frames.plan import Columns, Options, Plan, SkyField
from slipher.survey.frames.resample import Stamp, resample
from slipher.survey.measuring import measured
from slipher.survey.pool import Block

__all__ = ["Batch", "BlockReader", "Cutter", "cached_frame"]


@dataclass(frozen=True)
class Batch:
    """The galaxies of a block, as they go to a worker."""

    fields: Sequence[SkyField]
    which: Int64[np.ndarray, "galaxies"]
    """Index of each galaxy's field in ``fields``; ascending."""
    columns: Columns


@dataclass(frozen=True)
class BlockReader:
    """Hands out the galaxies of a block with the fields that they lie in."""

    plan: Plan

    def __call__(self, start: int, stop: int) -> Batch:
        """The galaxies from a first to a past-the-last."""
        used, which = np.unique(self.plan.which[start:stop], return_inverse=True)
        columns = {name: values[start:stop] for name, values in self.plan.columns.items()}
        return Batch([self.plan.fields[number] for number in used], which, columns)


@dataclass(frozen=True)
class Cutter:
    """Cuts out and measures the galaxies of a block, in whatever process it is sent to."""

    bands: tuple[str, ...]
    options: Options
    skip_bad: bool

    def __call__(self, block: Block, batch: Batch) -> Columns:
        """Every column of a block."""
        shape = (block[1] - block[0], len(self.bands), self.options.size, self.options.size)
        images, valid = np.zeros(shape, np.float32), np.zeros(shape, bool)
        for number, field in enumerate(batch.fields):
            rows = np.flatnonzero(batch.which == number).tolist()
            stamps = [self._stamp(batch, row, field.reference) for row in rows]
            for band, frame in self._frames(field).items():
                place = self.bands.index(band)
                for row, stamp in zip(rows, stamps, strict=True):
                    images[row, place], valid[row, place] = self._usable(*resample(frame, stamp))
        return {**batch.columns, "images": images, "valid": valid, **measured(images, valid)}

    def _stamp(self, batch: Batch, row: int, reference: Geometry) -> Stamp:
        """The grid of one galaxy."""
        ra, dec = (float(batch.columns[f"catalogue/{name}"][row]) for name in ("ra", "dec"))
        return Stamp(ra, dec, self.options.size, self.options.pixel_scale, reference)

    def _frames(self, field: SkyField) -> dict[str, Frame]:
        """The frames of a field."""
        frames = {}
        for band, path in field.field.paths.items():
            try:
                frames[band] = cached_frame(path)
            except DamagedFrameError as error:
                if not self.skip_bad:
                    raise
                say(f"{error} Its galaxies lack the {band} band.")
        return frames

    def _usable(self, image: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The stamp, or nothing of it where the frame has a gap at the centre: such a band counts as missing."""
        middle = slice((self.options.size - 1) // 2, self.options.size // 2 + 1)
        there = valid[middle, middle].all()
        return (image, valid) if there else (np.zeros_like(image), np.zeros_like(valid))


@lru_cache(maxsize=len(BANDS))
def cached_frame(path: Path) -> Frame:
    """A frame, kept while its field's galaxies are cut out: decompressing takes far longer than cutting."""
    return read_frame(path)
