"""From the words of a NetworkConfig to a network."""

import torch
from torch import Tensor, nn

from slipher.networks.alexnet import AlexNet
from slipher.networks.backbone import Backbone
from slipher.networks.colours import Colours
from slipher.networks.config import TIMM, NetworkConfig
from slipher.networks.dey import CapsuleBody, CapsuleNetwork
from slipher.networks.images import ImageNetwork
from slipher.networks.inception import InceptionNetwork
from slipher.networks.mixed import Mixed, MixedNetwork
from slipher.networks.mixture import MixtureNetwork
from slipher.networks.resnet import ResNet

__all__ = ["DEPTH", "HIDDEN", "build", "parameters"]

DEPTH = {"resnet18": 18, "resnet34": 34, "resnet50": 50}
"""Depth of each residual network."""
HIDDEN = {"pasquet": 1096, "pasquet-1024": 1024}
"""Width of the hidden layers of each variant of Pasquet et al.'s network."""


def build(config: NetworkConfig, bands: tuple[str, ...], bins: int) -> ImageNetwork | Colours:
    """A freshly initialised network; draws from torch's global generator.

    Args:
        config: what it is.
        bands: names of the bands, blue to red.
        bins: number of redshift bins C.

    Raises:
        InputError: if a network of timm is asked for that cannot be had.
    """
    if config.name == "colours":
        return Colours(len(bands), bins)
    body = _body(config, len(bands), bins)
    body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    extinction = _extinction(config, bands) if config.deredden else None
    return _kind(body)(body, len(bands), config.stretch, extinction)


def parameters(config: NetworkConfig, bands: tuple[str, ...] = ("u", "g", "r", "i", "z"), bins: int = 180) -> int:
    """Number of trainable parameters; nothing is allocated."""
    with torch.device("meta"):
        network: nn.Module = build(config, bands, bins)
    return sum(parameter.numel() for parameter in network.parameters())


def _body(config: NetworkConfig, bands: int, bins: int) -> nn.Module:
    """What comes after the stretch."""
    name = config.name
    if name.startswith(TIMM):
        return Backbone(name.removeprefix(TIMM), bands, bins, config.head)
    if name in DEPTH:
        return ResNet(DEPTH[name], bands, bins, config.stem, config.head)
    if name in HIDDEN:
        return InceptionNetwork(bands, bins, HIDDEN[name])
    if name == "henghes":
        return Mixed(bands, bands, bins)
    return {"dey": CapsuleBody, "disanto": MixtureNetwork, "hoyle": AlexNet}[name](bands, bins)


def _kind(body: nn.Module) -> type[ImageNetwork]:
    """What such a body takes and gives."""
    return {Mixed: MixedNetwork, CapsuleBody: CapsuleNetwork}.get(type(body), ImageNetwork)


def _extinction(config: NetworkConfig, bands: tuple[str, ...]) -> Tensor:
    """k_b = A_b/E(B−V) of each band: those that Hayat et al. took with their head, SFD98's otherwise."""
    from slipher.physics.extinction import extinction_coefficients
    from slipher.physics.reddening import reddening_coefficients

    if config.head == "hayat":
        return reddening_coefficients(bands)
    return torch.as_tensor(extinction_coefficients(bands), dtype=torch.float32, device="cpu")
