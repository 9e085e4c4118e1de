"""From the words of a NetworkConfig to a network."""

import torch
from torch import Tensor, nn

from slipher.networks.colours import Colours
from slipher.networks.config import NetworkConfig
from slipher.networks.images import ImageNetwork
from slipher.networks.resnet import ResNet

__all__ = ["DEPTH", "build", "parameters"]

DEPTH = {"resnet18": 18, "resnet34": 34, "resnet50": 50}
"""Depth of each network on images."""


def build(config: NetworkConfig, bands: tuple[str, ...], bins: int) -> ImageNetwork | Colours:
    """A freshly initialised network; draws from torch's global generator.

    Args:
        config: what it is.
        bands: names of the bands, blue to red.
        bins: number of redshift bins C.
    """
    if config.name == "colours":
        return Colours(len(bands), bins)
    body = ResNet(DEPTH[config.name], len(bands), bins, config.stem, config.head)
    body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return ImageNetwork(body, len(bands), config.stretch, _extinction(bands) if config.deredden else None)


def parameters(config: NetworkConfig, bands: tuple[str, ...] = ("u", "g", "r", "i", "z"), bins: int = 180) -> int:
    """Number of trainable parameters; nothing is allocated."""
    with torch.device("meta"):
        network: nn.Module = build(config, bands, bins)
    return sum(parameter.numel() for parameter in network.parameters())


def _extinction(bands: tuple[str, ...]) -> Tensor:
    """k_b = A_b/E(B−V) of each band."""
    from slipher.physics.extinction import extinction_coefficients

    return torch.as_tensor(extinction_coefficients(bands), dtype=torch.float32, device="cpu")
