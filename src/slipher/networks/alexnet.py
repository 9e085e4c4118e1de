"""A network after AlexNet on cutouts, as Hoyle (2016, Astronomy and Computing 16, 34; arXiv:1504.07255) used one.

Published: that galaxies' images go whole, all bands as channels, into a network like that of Krizhevsky et al. (2012),
which classifies them into bins of redshift. Theirs has five convolutions (96 of 11×11, 256 of 5×5, 384, 384 and 256 of
3×3) with ReLU, overlapping max-pools of 3×3 after the first, second and fifth, and two hidden layers of 4096 with
dropout of one half.

Ours, for cutouts of 64 pixels and not of 224: the first convolution has stride 2 and not 4, so that 4×4 pixels are left
at the flattening (maps of other cutouts are pooled or repeated to that); one path and not two; no local response
normalisation; He-normal weights; E(B−V) joins at the flattening. The widths of the hidden layers ask for a learning
rate of about 1e-4.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.heads import flattened
from slipher.networks.initialise import he_normal

__all__ = ["AlexNet"]

SIDE = 4
"""Pixels across the last maps of a cutout of 64."""
HIDDEN = 4096


def block(inputs: int, outputs: int, size: int, stride: int = 1, pool: bool = False) -> nn.Sequential:
    """A convolution, ReLU, and where asked an overlapping max-pool that halves the size."""
    layers = [nn.Conv2d(inputs, outputs, size, stride, padding=size // 2), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *([nn.MaxPool2d(3, 2, padding=1)] if pool else []))


class AlexNet(nn.Module):
    """The network on stretched images.

    Args:
        bands: number of bands B.
        bins: number of redshift bins C.
    """

    def __init__(self, bands: int, bins: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            block(bands, 96, 11, stride=2, pool=True),
            block(96, 256, 5, pool=True),
            block(256, 384, 3),
            block(384, 384, 3),
            block(384, 256, 3, pool=True),
        )
        self.hidden = nn.ModuleList([nn.Linear(256 * SIDE**2 + 1, HIDDEN), nn.Linear(HIDDEN, HIDDEN)])
        self.dropout = nn.Dropout(0.5)
        self.out = nn.Linear(HIDDEN, bins)
        self.apply(he_normal)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images and E(B−V) in magnitudes."""
        features = flattened(self.layers(images), ebv, SIDE)
        for layer in self.hidden:
            features = self.dropout(torch.relu(layer(features)))
        logits: Tensor = self.out(features)
        return logits
