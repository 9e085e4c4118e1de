"""A window on images: a part about the centre, moved by whole pixels; what lies beyond the image is bad."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

__all__ = ["centre_cut", "moved", "offsets"]


def centre_cut(
    images: Float[Tensor, "batch bands y x"], size: tuple[int, int]
) -> Float[Tensor, "batch bands new_y new_x"]:
    """The middle of images; of two middles, the one nearer to pixel 0.

    Args:
        images: any units.
        size: (y, x) of the part, at most that of the images.
    """
    y, x = offsets(images, size)
    return images[:, :, y : y + size[0], x : x + size[1]]


def moved(
    images: Float[Tensor, "batch bands y x"], shift: Int[Tensor, "batch 2"], size: tuple[int, int]
) -> Float[Tensor, "batch bands new_y new_x"]:
    """The part of images whose centre lies off theirs.

    Args:
        images: any units.
        shift: (y, x) of the part's centre from the images', pixels.
        size: (y, x) of the part.

    Returns:
        The parts; NaN beyond the images.
    """
    # a frame of bad pixels, to which all that lies farther out is brought, makes the beyond bad
    framed = functional.pad(images, (1, 1, 1, 1), value=torch.nan)
    rows, columns = (
        (offset + 1 + torch.arange(length, device=images.device) + shift[:, axis, None]).clamp(0, end + 1)
        for axis, (offset, length, end) in enumerate(zip(offsets(images, size), size, images.shape[2:], strict=True))
    )
    which = torch.arange(len(images), device=images.device)[:, None, None]
    return framed.movedim(1, 3)[which, rows[:, :, None], columns[:, None, :]].movedim(3, 1)


def offsets(images: Tensor, size: tuple[int, int]) -> tuple[int, int]:
    """The first row and column of the part about the centre."""
    return (images.shape[2] - size[0]) // 2, (images.shape[3] - size[1]) // 2
