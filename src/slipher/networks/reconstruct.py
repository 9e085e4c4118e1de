"""From one capsule back to the image that it was made of: the decoder of Dey et al. (2022).

A dense layer to as many numbers as the image has pixels, then five transposed 3×3 convolutions. Their stride is one, so
that they are convolutions whose kernels are turned round, and that is how they are written here.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.frame import framed
from slipher.networks.initialise import he_normal

__all__ = ["Decoder"]

WIDTHS = (64, 32, 16, 8)

Images = Float[Tensor, "batch bands height width"]


class PixelPReLU(nn.Module):
    """PReLU with a slope of its own for every pixel of every channel, zero at first, as Keras has it by default.

    Args:
        channels: of the maps.
        side: pixels across them.
    """

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.slopes = nn.Parameter(torch.zeros(1, channels, side, side))

    def forward(self, x: Float[Tensor, "batch channels y x"]) -> Float[Tensor, "batch channels y x"]:
        """The middle of maps in, the middle of maps out."""
        return torch.addcmul(x.relu(), framed(self.slopes, *x.shape[2:]).to(x.dtype), x.clamp(max=0))


class Decoder(nn.Module):
    """Images, between −1 and 1, of capsules.

    Args:
        atoms: numbers of a capsule.
        bands: number of bands B.
        side: pixels across the images.
    """

    def __init__(self, atoms: int, bands: int, side: int) -> None:
        super().__init__()
        self.shape = (side, side, bands)
        self.dense = nn.Sequential(nn.Linear(atoms, side**2 * bands), nn.PReLU(side**2 * bands, init=0.0))
        self.layers = nn.Sequential(*_convolutions((bands, *WIDTHS, bands), side))
        # Keras counts the outputs of a transposed convolution as its fan-in, which is our fan-out
        self.apply(he_normal)

    def forward(self, capsule: Float[Tensor, "batch atoms"], height: int, width: int) -> Images:
        """Capsules in, the middle of images out.

        Args:
            capsule: one a galaxy.
            height: pixels along y, at most ``side``.
            width: pixels along x, at most ``side``.
        """
        maps = self.dense(capsule).unflatten(1, self.shape).permute(0, 3, 1, 2)
        # what the convolutions look at around the middle comes along; the rest need not be computed
        seen = (min(self.shape[0], side + 2 * len(WIDTHS) + 2) for side in (height, width))
        return framed(torch.tanh(self.layers(framed(maps, *seen))), height, width)


def _convolutions(widths: Sequence[int], side: int) -> list[nn.Module]:
    """A convolution from each width to the next, and a PReLU after all but the last."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), PixelPReLU(outputs, side)]
    return layers[:-1]
