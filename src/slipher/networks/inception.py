"""The inception network of Pasquet et al. (2019, A&A 621, A26), the first to give SDSS densities from images.

Published (and in their released inference code): every layer, its width, its order, per-channel PReLU that starts as
ReLU after each convolution, average pools, E(B−V) at the flattening, Xavier weights and biases of 0.1; the hidden
layers have 1024 units in the paper and 1096 in the released code. Their images are stretched by ``sqrt``; they train
with Adam at 1e-4, a fifth of that after 60,000 of 120,000 steps of 128 galaxies (their group's later code), turn and
flip the images, and average six networks.

Ours: cutouts that are not of 64×64 pixels have their last maps pooled, or repeated, to 8×8 before the flattening, which
fixes the number of parameters; at 64×64 nothing is changed.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from slipher.networks.heads import flattened
from slipher.networks.initialise import xavier_uniform

__all__ = ["Inception", "InceptionNetwork", "convolution", "halving"]

SIDE = 8
"""Pixels across the last maps of a cutout of 64."""

Maps = Float[Tensor, "batch channels y x"]
NewMaps = Float[Tensor, "batch new_channels new_y new_x"]


def convolution(inputs: int, outputs: int, size: int) -> nn.Sequential:
    """A convolution that keeps the size, and a PReLU a channel that starts as ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2), nn.PReLU(outputs, init=0.0))


def halving() -> nn.AvgPool2d:
    """Means of 2×2 pixels; at an odd border, of those there are."""
    return nn.AvgPool2d(2, stride=2, ceil_mode=True, count_include_pad=False)


class Smoothing(nn.Module):
    """Means of 2×2 pixels at stride 1, of the same size: each pixel with those after it, at the border of those left.

    This is what other frameworks call SAME padding; torch pads both sides, so its first row and column go.
    """

    def forward(self, x: Maps) -> Maps:
        """Feature maps in, feature maps out."""
        return functional.avg_pool2d(x, 2, stride=1, padding=1, count_include_pad=False)[:, :, 1:, 1:]


class Inception(nn.Module):
    """Parallel convolutions of several sizes, side by side (after Szegedy et al. 2015).

    Args:
        inputs: channels in.
        squeeze: channels of the 1×1 convolutions before the larger ones.
        width: channels of the others.
        large: whether there is a branch of 5×5.
    """

    def __init__(self, inputs: int, squeeze: int, width: int, large: bool = True) -> None:
        super().__init__()
        self.point = convolution(inputs, width, 1)
        self.five = nn.Sequential(convolution(inputs, squeeze, 1), convolution(squeeze, width, 5)) if large else None
        self.three = nn.Sequential(convolution(inputs, squeeze, 1), convolution(squeeze, width, 3))
        self.pool = nn.Sequential(convolution(inputs, squeeze, 1), Smoothing())
        self.channels = squeeze + (3 if large else 2) * width

    def forward(self, x: Maps) -> NewMaps:
        """Feature maps of ``channels`` channels."""
        branches = (self.point, self.five, self.three, self.pool)
        return torch.cat([branch(x) for branch in branches if branch is not None], dim=1)


def layers(bands: int) -> tuple[nn.Sequential, int]:
    """The convolutional part, and the number of its last channels."""
    found: list[nn.Module] = [convolution(bands, 64, 5), halving()]
    channels = 64
    for squeeze, width, large, halve in (
        (48, 64, True, False),
        (64, 92, True, True),
        (92, 128, True, False),
        (92, 128, True, True),
        (92, 128, False, False),
    ):
        block = Inception(channels, squeeze, width, large)
        found += [block, halving()] if halve else [block]
        channels = block.channels
    return nn.Sequential(*found), channels


class InceptionNetwork(nn.Module):
    """The network on stretched images.

    Args:
        bands: number of bands B.
        bins: number of redshift bins C.
        hidden: units of both hidden layers, 1096 as released or 1024 as in the paper.
    """

    def __init__(self, bands: int, bins: int, hidden: int) -> None:
        super().__init__()
        self.layers, channels = layers(bands)
        self.hidden = nn.ModuleList([nn.Linear(channels * SIDE**2 + 1, hidden), nn.Linear(hidden, hidden)])
        self.out = nn.Linear(hidden, bins)
        self.apply(xavier_uniform)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images and E(B−V) in magnitudes."""
        features = flattened(self.layers(images), ebv, SIDE)
        for layer in self.hidden:
            features = torch.relu(layer(features))
        logits: Tensor = self.out(features)
        return logits
