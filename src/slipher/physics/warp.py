"""Images through a linear map of the plane, bilinearly interpolated; a window on them may be moved by whole pixels."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from slipher.physics.window import offsets

__all__ = ["Maps", "rotation", "warped"]

Maps = Float[Tensor, "batch 2 2"]
"""Linear maps of (y, x), from a place in the new image to where it comes from, both from the centre."""


def warped(
    images: Float[Tensor, "batch bands y x"],
    maps: Maps,
    shift: Int[Tensor, "batch 2"],
    size: tuple[int, int],
) -> Float[Tensor, "batch bands new_y new_x"]:
    """Every image through its own map about its centre, and the part of it that a moved window shows.

    Surface brightness stays. A pixel is bad if one of the four it is interpolated from is, or lies beyond the image.

    Args:
        images: any units, NaN where bad.
        maps: where each place comes from.
        shift: (y, x) of the window's centre from the images', pixels.
        size: (y, x) of the window; only that is computed.

    Returns:
        The parts, NaN where bad.
    """
    y, x = _places(images, maps, shift, size)
    # a frame of bad pixels, to which all that lies farther out is brought, makes the beyond bad
    framed = functional.pad(images, (1, 1, 1, 1), value=torch.nan)
    rows, columns = images.shape[2:]
    grid = torch.stack([2 * (x + 1) / (columns + 1) - 1, 2 * (y + 1) / (rows + 1) - 1], dim=-1)
    return functional.grid_sample(framed, grid, mode="bilinear", padding_mode="border", align_corners=True)


def rotation(angle: Float[Tensor, "batch"]) -> Maps:
    """Turns by angles in radians, from y towards x: a quarter takes what was at +y to +x."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([torch.stack([cosine, sine], dim=-1), torch.stack([-sine, cosine], dim=-1)], dim=-2)


def _places(
    images: Tensor, maps: Tensor, shift: Tensor, size: tuple[int, int]
) -> tuple[Float[Tensor, "batch new_y new_x"], Float[Tensor, "batch new_y new_x"]]:
    """Where in the images each pixel of the windows comes from, in pixels (y, x)."""
    centre = [(length - 1) / 2 for length in images.shape[2:]]
    v, u = (
        offset + torch.arange(length, device=images.device) + shift[:, axis, None] - centre[axis]
        for axis, (offset, length) in enumerate(zip(offsets(images, size), size, strict=True))
    )
    v, u = v[:, :, None].to(images.dtype), u[:, None, :].to(images.dtype)
    (yy, yx), (xy, xx) = maps.to(images.dtype)[..., None, None].movedim(0, 2)
    return centre[0] + yy * v + yx * u, centre[1] + xy * v + xx * u
