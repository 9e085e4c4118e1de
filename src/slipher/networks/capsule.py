"""Layers of capsules on maps: (batch, capsules · atoms, y, x), the atoms of a capsule next to each other.

After DeepCaps (Rajasegaran et al. 2019, arXiv:1904.09546, section 3) as Dey et al. (2022) use them.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from slipher.networks.routing import route, squash

__all__ = ["ROUNDS", "CapsuleBlock", "CapsuleConvolution", "CapsuleDense", "RoutedConvolution", "flat"]

ROUNDS = 3
"""Rounds of every routing."""

Maps = Float[Tensor, "batch channels y x"]
NewMaps = Float[Tensor, "batch new_channels new_y new_x"]
Capsules = Float[Tensor, "batch capsules atoms"]


class CapsuleConvolution(nn.Module):
    """A 3×3 convolution without bias, its outputs squashed capsule by capsule: routing in one round.

    Weights are uniform up to √(3/√n), n being the number of all, as the released code draws kernels of six axes.

    Args:
        channels: of the maps that come in.
        capsules: of each pixel that goes out.
        atoms: numbers of each.
        stride: 1, or 2 to halve the maps.
    """

    def __init__(self, channels: int, capsules: int, atoms: int, stride: int = 1) -> None:
        super().__init__()
        self.shape = (capsules, atoms)
        self.convolution = nn.Conv2d(channels, capsules * atoms, 3, stride, padding=1, bias=False)
        limit = math.sqrt(3 / math.sqrt(self.convolution.weight.numel()))
        nn.init.uniform_(self.convolution.weight, -limit, limit)

    def forward(self, x: Maps) -> NewMaps:
        """Maps in, squashed capsules out, in float32."""
        maps = self.convolution(x).float()
        return squash(maps.unflatten(1, self.shape), dims=(2,)).flatten(1, 2)


class RoutedConvolution(nn.Module):
    """Every capsule votes, with its 3×3 neighbourhood, for all capsules that go out; all vote by the same weights.

    A three-dimensional convolution as deep as a capsule has atoms, at a stride of as much, is one of two dimensions on
    each capsule by itself.

    Args:
        capsules: of each pixel, in and out.
        atoms: numbers of each, in and out.
    """

    def __init__(self, capsules: int, atoms: int) -> None:
        super().__init__()
        self.shape = (capsules, atoms)
        self.weight = nn.Parameter(torch.empty(capsules * atoms, atoms, 3, 3))
        self.bias = nn.Parameter(torch.full(self.shape, 0.1))
        nn.init.kaiming_normal_(self.weight, mode="fan_in", nonlinearity="relu")

    def forward(self, x: Maps) -> Maps:
        """Capsules in, capsules out, routed in float32; an output capsule is one vector over all pixels."""
        capsules, atoms = self.shape
        each = x.reshape(-1, atoms, *x.shape[2:])
        votes = functional.conv2d(each, self.weight, padding=1).float()
        routed = route(votes.reshape(len(x), capsules, capsules, atoms, -1), self.bias, ROUNDS)
        return routed.reshape(x.shape)


class CapsuleBlock(nn.Module):
    """A convolution that halves the maps, then two more beside a way around them, added.

    Args:
        channels: of the maps that come in.
        capsules: of each pixel that goes out.
        atoms: numbers of each.
        routed: whether the way around is routed.
    """

    def __init__(self, channels: int, capsules: int, atoms: int, routed: bool = False) -> None:
        super().__init__()
        wide = capsules * atoms
        self.first = CapsuleConvolution(channels, capsules, atoms, stride=2)
        self.branch = nn.Sequential(*(CapsuleConvolution(wide, capsules, atoms) for _ in range(2)))
        self.around = RoutedConvolution(capsules, atoms) if routed else CapsuleConvolution(wide, capsules, atoms)

    def forward(self, x: Maps) -> NewMaps:
        """Maps in, capsules on half the pixels out."""
        x = self.first(x)
        added: Tensor = self.branch(x) + self.around(x)
        return added


class CapsuleDense(nn.Module):
    """Every capsule votes, by weights of its own, for a few capsules above all (Sabour et al., section 4).

    Weights are drawn as the released code does, which counts all capsules into the fan, so that the bias, drawn as if
    it were a small matrix, has more say at first than the votes.

    Args:
        inputs: capsules that come in.
        atoms: numbers of each.
        outputs: capsules that go out.
        wide: numbers of each.
    """

    def __init__(self, inputs: int, atoms: int, outputs: int, wide: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, atoms, outputs * wide))
        self.bias = nn.Parameter(torch.empty(outputs, wide))
        limit = math.sqrt(6 / (inputs * outputs * (atoms + wide)))
        nn.init.uniform_(self.weight, -limit, limit)
        nn.init.xavier_uniform_(self.bias)

    def forward(self, capsules: Capsules) -> Float[Tensor, "batch outputs wide"]:
        """Capsules in, routed capsules out."""
        votes = torch.bmm(capsules.transpose(0, 1), self.weight).transpose(0, 1)
        apart = votes.reshape(*capsules.shape[:2], *self.bias.shape, 1)
        return route(apart, self.bias, ROUNDS).squeeze(3)


def flat(maps: Maps, atoms: int, side: int) -> Capsules:
    """The capsules of all pixels in one row; maps of another size are pooled, or repeated, to ``side``²."""
    if maps.shape[2:] != (side, side):
        maps = functional.adaptive_avg_pool2d(maps, side)
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, atoms)
