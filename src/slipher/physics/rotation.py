"""Images turned by any angle, bilinearly interpolated; a window on them may be moved by whole pixels."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from slipher.physics.window import offsets

__all__ = ["rotated"]


def rotated(
    images: Float[Tensor, "batch bands y x"],
    angle: Float[Tensor, "batch"],
    shift: Int[Tensor, "batch 2"],
    size: tuple[int, int],
) -> Float[Tensor, "batch bands new_y new_x"]:
    """Every image turned about its centre by its own angle, and the part of it that a moved window shows.

    A pixel is bad if one of the four it is interpolated from is, or lies beyond the image.

    Args:
        images: any units, NaN where bad.
        angle: radians, from y towards x: a quarter takes what was at +y to +x.
        shift: (y, x) of the window's centre from the images', pixels.
        size: (y, x) of the window; only that is computed.

    Returns:
        The parts, NaN where bad.
    """
    y, x = _places(images, angle, shift, size)
    # a frame of bad pixels, to which all that lies farther out is brought, makes the beyond bad
    framed = functional.pad(images, (1, 1, 1, 1), value=torch.nan)
    rows, columns = images.shape[2:]
    grid = torch.stack([2 * (x + 1) / (columns + 1) - 1, 2 * (y + 1) / (rows + 1) - 1], dim=-1)
    return functional.grid_sample(framed, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _places(
    images: Tensor, angle: Tensor, shift: Tensor, size: tuple[int, int]
) -> tuple[Float[Tensor, "batch new_y new_x"], Float[Tensor, "batch new_y new_x"]]:
    """Where in the images each pixel of the windows comes from, in pixels (y, x)."""
    centre = [(length - 1) / 2 for length in images.shape[2:]]
    v, u = (
        offset + torch.arange(length, device=images.device) + shift[:, axis, None] - centre[axis]
        for axis, (offset, length) in enumerate(zip(offsets(images, size), size, strict=True))
    )
    v, u = v[:, :, None].to(images.dtype), u[:, None, :].to(images.dtype)
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return centre[0] + cosine * v + sine * u, centre[1] - sine * v + cosine * u
