"""The deep convolutional mixture-density network of D'Isanto & Polsterer (2018, A&A 609, A111).

Published (and in their released code): fifteen channels, which are the five bands and the differences of every two of
them; cutouts of 28 pixels; 3×3 convolutions to 128, 256, 512 and 1024 channels without padding, orthogonal weights,
tanh after each but ReLU after the last; hidden layers of 500 and 100 with tanh; five normal distributions with softmax
weights; 60 % dropout; trained on the CRPS (``training.loss: crps``) or on the likelihood (here ``cross-entropy``), by
gradient descent at 0.01 in batches of 1000.

Ours: a 2×2 max-pool after each of the first two convolutions (as in their smaller network), by which 28 pixels end as
one; the middle 28 pixels of larger cutouts, a frame of zeros about smaller ones; dropout before both hidden layers,
anew at each step (the released code draws once which weights it keeps); E(B−V) beside the last maps; means inside the
grid and widths from a tenth of a bin to the grid's, where theirs are any number and the exponential of any; and in
place of the mixture itself its mass in each bin, renormalised on the grid, over a floor.
"""

import math
from itertools import combinations

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from slipher.networks.frame import framed
from slipher.networks.heads import flattened

__all__ = ["MixtureNetwork", "components", "log_masses", "log_masses_between", "paired"]

SIDE = 28
"""Pixels across the cutouts."""
WIDTHS = (128, 256, 512, 1024)
HIDDEN = (500, 100)
COMPONENTS = 5
DROPOUT = 0.6
NARROWEST = 0.1
"""Least standard deviation of a component, in bins."""
FLOOR = 1e-6
"""Probability that is spread evenly over the grid, so that no redshift is impossible."""

PerComponent = Float64[Tensor, "batch components"]


class MixtureNetwork(nn.Module):
    """The network on stretched images; its logits are the logarithms of the mixture's mass in each bin.

    Args:
        bands: number of bands B.
        bins: number of redshift bins C.
    """

    def __init__(self, bands: int, bins: int) -> None:
        super().__init__()
        self.bins = bins
        self.layers = _convolutions(bands + bands * (bands - 1) // 2)
        self.hidden = nn.ModuleList([nn.Linear(WIDTHS[-1] + 1, HIDDEN[0]), nn.Linear(*HIDDEN)])
        self.dropout = nn.Dropout(DROPOUT)
        self.out = nn.Linear(HIDDEN[-1], 3 * COMPONENTS)
        self.apply(_orthogonal)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images and E(B−V) in magnitudes."""
        features = flattened(self.layers(paired(framed(images, SIDE, SIDE))), ebv, 1)
        for layer in self.hidden:
            features = torch.tanh(layer(self.dropout(features)))
        # bf16 has eight bits: in it, means would lie on a grid as coarse as the bins
        with torch.autocast(images.device.type, enabled=False):
            return log_masses(*components(self.out(features.float()), self.bins), self.bins).float()


def components(raw: Float[Tensor, "batch outputs"], bins: int) -> tuple[PerComponent, PerComponent, PerComponent]:
    """Logarithms of the weights, means and standard deviations, the latter two in units of the grid.

    A standard deviation is the exponential of a number while it is small, and levels off at the whole grid.
    """
    weight, mean, width = raw.double().chunk(3, dim=1)
    return weight.log_softmax(dim=1), mean.sigmoid(), NARROWEST / bins + width.sigmoid()


def paired(images: Float[Tensor, "batch bands y x"]) -> Float[Tensor, "batch channels y x"]:
    """The bands, and the difference of every two of them."""
    first, second = zip(*combinations(range(images.shape[1]), 2), strict=True)
    return torch.cat([images, images[:, list(first)] - images[:, list(second)]], dim=1)


def log_masses(
    log_weight: PerComponent, mean: PerComponent, std: PerComponent, bins: int
) -> Float64[Tensor, "batch bins"]:
    """Logarithm of the mass of a mixture of normal distributions in equal bins of (0, 1].

    Renormalised to the interval, and lifted by ``FLOOR`` spread over it; finite, with finite gradients.

    Args:
        log_weight: ln of the weight of each component.
        mean: of each component, in units of the interval.
        std: of each component, likewise; positive.
        bins: number of bins.
    """
    edges = torch.linspace(0, 1, bins + 1, dtype=mean.dtype, device=mean.device)
    return log_masses_between(log_weight, mean, std, edges)


def log_masses_between(
    log_weight: PerComponent, mean: PerComponent, std: PerComponent, edges: Float64[Tensor, "edges"]
) -> Float64[Tensor, "batch bins"]:
    """The same between any edges, in whose unit mean and standard deviation are; the floor is the same for all bins.

    Args:
        log_weight: ln of the weight of each component.
        mean: of each component.
        std: of each component; positive.
        edges: of the bins, ascending and finite.
    """
    bins = len(edges) - 1
    standard = (edges - mean[:, :, None]) / std[:, :, None]
    each = _log_difference(standard[:, :, :-1], standard[:, :, 1:])
    mixture = torch.logsumexp(log_weight[:, :, None] + each, dim=1).log_softmax(dim=1)
    floor = mixture.new_tensor(math.log(FLOOR / bins))
    return torch.logaddexp(mixture + math.log1p(-FLOOR), floor)


def _log_difference(lower: Tensor, upper: Tensor) -> Tensor:
    """ln[Φ(upper) − Φ(lower)], exact in both tails: the upper one is turned into the lower, where ln Φ is exact."""
    right = lower + upper > 0
    lower, upper = torch.where(right, -upper, lower), torch.where(right, -lower, upper)
    high: Tensor = torch.special.log_ndtr(upper)
    return high + torch.log(-torch.expm1(torch.special.log_ndtr(lower) - high))


def _convolutions(channels: int) -> nn.Sequential:
    """28 pixels → 26 → 13 → 11 → 5 → 3 → 1."""
    layers: list[nn.Module] = []
    for place, width in enumerate(WIDTHS):
        last = place == len(WIDTHS) - 1
        layers += [nn.Conv2d(channels, width, 3), nn.ReLU() if last else nn.Tanh()]
        layers += [nn.MaxPool2d(2)] if place < 2 else []
        channels = width
    return nn.Sequential(*layers)


def _orthogonal(module: nn.Module) -> None:
    """Orthogonal weights (Saxe et al. 2014), zero biases."""
    if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
        nn.init.orthogonal_(module.weight)
        nn.init.zeros_(module.bias)
