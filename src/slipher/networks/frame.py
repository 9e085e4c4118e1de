"""Cutouts of one size from cutouts of another, about the same centre."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

__all__ = ["framed"]

Maps = Float[Tensor, "batch channels y x"]


def framed(images: Maps, height: int, width: int) -> Float[Tensor, "batch channels height width"]:
    """The middle of larger images; smaller ones surrounded by zeros, which is what bad pixels are filled with.

    Args:
        images: stretched, the galaxy in the middle.
        height: pixels along y.
        width: pixels along x.
    """
    y, x = height - images.shape[2], width - images.shape[3]
    if x == 0 and y == 0:
        return images
    # a negative margin cuts
    return functional.pad(images, (x // 2, x - x // 2, y // 2, y - y // 2))
