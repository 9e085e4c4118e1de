"""The eight symmetries of a square image: flips and quarter turns, exact, without resampling (appendix B.2).

An image that is not square keeps four of them, the flips and the half turn.
"""

from functools import cache
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["SYMMETRIES", "apply_symmetry", "compose", "inverse", "turned"]

SYMMETRIES: Final = 8
"""Number of symmetries. Symmetry s = t + 2v + 4h transposes if t, then flips y if v, then flips x if h."""


def apply_symmetry(
    images: Float[Tensor, "batch bands y x"], which: Int[Tensor, "batch"]
) -> Float[Tensor, "batch bands y x"]:
    """Every image under its own symmetry, the whole batch at once.

    Images that are not square are never transposed: there s is s − t, so that drawing one of the eight uniformly draws
    one of their four uniformly.

    Args:
        images: any units.
        which: number of the symmetry of each image, 0 (identity) to 7.
    """
    batch, bands, rows, columns = images.shape
    places = _places(rows, columns, images.device)[which].flatten(1)
    return images.flatten(2).gather(2, places[:, None].expand(-1, bands, -1)).view(batch, bands, rows, columns)


@cache
def _places(rows: int, columns: int, device: torch.device) -> Int[Tensor, "symmetries y x"]:
    """Which pixel of an image, counted row by row, each pixel of its turned image shows, under every symmetry."""
    pixels = torch.arange(rows * columns, device=device).view(rows, columns)
    return torch.stack([turned(pixels, symmetry) for symmetry in range(SYMMETRIES)])


def turned(images: Tensor, symmetry: int) -> Tensor:
    """One image, or all of a batch, under one symmetry, numbered as in ``apply_symmetry``."""
    if symmetry & 1 and images.shape[-1] == images.shape[-2]:
        images = images.transpose(-1, -2)
    axes = [axis for axis, bit in ((-2, 2), (-1, 4)) if symmetry & bit]
    return images.flip(axes) if axes else images


def compose(first: int, second: int) -> int:
    """The symmetry that does ``first``, then ``second``."""
    # A transposition after flips is the transposition before them with the flips' axes exchanged.
    flips = first >> 1
    if second & 1:
        flips = ((flips & 1) << 1) | (flips >> 1)
    return ((first ^ second) & 1) | ((flips ^ (second >> 1)) << 1)


def inverse(symmetry: int) -> int:
    """The symmetry that undoes another."""
    return next(other for other in range(SYMMETRIES) if compose(symmetry, other) == 0)
