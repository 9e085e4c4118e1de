"""Convolutions that are multiplied out as matrices where the maps have become small.

Libraries of convolutions are made for maps of many pixels. On maps of 2 by 2 pixels, as the last stage of a residual
network has them, theirs spend most of the time on bringing the weights into an order of their own. There the windows of
all galaxies are written side by side as the rows of one matrix, and a single product with the weights does the rest.
``slipher bench convolution`` measures both.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["SMALL", "Convolution"]

SMALL = 16
"""Pixels of the largest output that is multiplied out."""


class Convolution(nn.Conv2d):
    """A convolution of square windows, with zeros around the maps that keep their size but for the stride.

    Args:
        inputs: channels.
        outputs: channels.
        size: pixels across a window, odd.
        stride: pixels from one window to the next.
        bias: whether a number is added to each channel; not where batch normalisation follows.
    """

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, bias: bool = False) -> None:
        super().__init__(inputs, outputs, size, stride, padding=size // 2, bias=bias)

    def forward(self, maps: Float[Tensor, "batch channels y x"]) -> Float[Tensor, "batch new_channels new_y new_x"]:
        """The convolved maps, channels last in memory."""
        stride = self.stride[0]
        height, width = ((side - 1) // stride + 1 for side in maps.shape[2:])
        # what is traced goes to a library that chooses for itself
        if height * width > SMALL or torch.compiler.is_compiling():
            found: Tensor = super().forward(maps)
            return found
        size, edge = self.kernel_size[0], self.kernel_size[0] // 2
        padded = functional.pad(maps.permute(0, 2, 3, 1), (0, 0, edge, edge, edge, edge)).contiguous()
        rows: Tensor = _Windows.apply(padded, size, stride)  # type: ignore[no-untyped-call]
        product = functional.linear(rows, self.weight.permute(0, 2, 3, 1).flatten(1), self.bias)
        return product.view(len(maps), height, width, -1).permute(0, 3, 1, 2)


class _Windows(torch.autograd.Function):
    """All windows of maps with channels last, a row each; and back, the sum over all that overlap."""

    @staticmethod
    def forward(ctx: Any, maps: Float[Tensor, "batch y x channels"], size: int, stride: int) -> Tensor:
        batch, height, width, channels = maps.shape
        down, right = (height - size) // stride + 1, (width - size) // stride + 1
        ctx.geometry = (batch, height, width, channels), down, right, size, stride
        one, line, pixel, _ = maps.stride()
        # pixels of a line lie one after the other, so that each line of a window is one piece
        pieces = maps.as_strided(
            (batch, down, right, size, size * channels), (one, stride * line, stride * pixel, line, 1)
        )
        return pieces.reshape(batch * down * right, size * size * channels)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        shape, down, right, size, stride = ctx.geometry
        (gradient,) = gradients
        pieces = gradient.view(shape[0], down, right, size, size, shape[3])
        # up to nine numbers meet in a pixel: too many for eight bits
        total = gradient.new_zeros(shape, dtype=torch.promote_types(gradient.dtype, torch.float32))
        for y in range(size):
            for x in range(size):
                place = total[:, y : y + stride * (down - 1) + 1 : stride, x : x + stride * (right - 1) + 1 : stride]
                place += pieces[:, :, :, y, x]
        return total.to(gradient.dtype), None, None
