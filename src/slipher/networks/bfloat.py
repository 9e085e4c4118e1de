"""A network in bf16: eight bits of a number's digits, twice as many numbers a second where the processor knows them.

The convolutions, nearly all of the work, hold their weights in bf16; the last layers stay in float32, since logits of
eight bits would put steps of some per cent into the masses.
"""

from typing import Any

import torch
from torch import Tensor, nn

from slipher.networks.folding import folded
from slipher.networks.heads import last_layers

__all__ = ["InBfloat", "in_bfloat"]


class Exact(nn.Module):
    """A layer that computes in float32 whatever is around it.

    Args:
        layer: any.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the layer makes of its inputs in float32."""
        with torch.autocast(inputs[0].device.type, enabled=False):
            found: Tensor = self.layer(*(each.float() for each in inputs))
        return found


class InBfloat(nn.Module):
    """A network under autocast.

    Args:
        network: whose convolutions may be in bf16.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Any) -> Tensor:
        """What the network makes of inputs in float32."""
        with torch.autocast(inputs[0].device.type, torch.bfloat16):
            found: Tensor = self.network(*inputs)
        return found


def in_bfloat(network: nn.Module) -> InBfloat:
    """A folded copy in bf16, but for its last layers.

    Args:
        network: any of ours; it is left as it is.
    """
    ours = folded(network)
    for module in ours.modules():
        if isinstance(module, nn.Conv2d):
            module.to(torch.bfloat16)
    _keep_exact(ours, {id(each) for layer in last_layers(ours) for each in layer.modules()})
    return InBfloat(ours)


def _keep_exact(network: nn.Module, last: set[int]) -> None:
    """Let the linear layers among the last ones compute in float32."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and id(child) in last:
                setattr(module, name, Exact(child))
