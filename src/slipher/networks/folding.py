"""Batch normalisation folded into the layer before it, which prediction then does not pay for.

In evaluation y = γ (Wx + b − m)/s + β is itself a layer of the same shape, with weights γW/s and bias γ(b − m)/s + β.
Where something stands between the two, as the ReLU in the stem of Dey et al.'s network, nothing can be folded.
"""

import copy
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

__all__ = ["folded"]

Network = TypeVar("Network", bound=nn.Module)


def folded(network: Network) -> Network:
    """A copy in evaluation mode without the batch normalisations that directly follow a layer in a sequence.

    Args:
        network: any; it is left as it is.
    """
    ours = copy.deepcopy(network).eval()
    for module in ours.modules():
        if isinstance(module, nn.Sequential):
            _fold(module)
    return ours


def _fold(layers: nn.Sequential) -> None:
    """Replace each layer that a batch normalisation follows, and let that one pass through what it is given."""
    for (name, layer), (after, norm) in pairwise(list(layers.named_children())):
        if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(layers, name, fuse_conv_bn_eval(layer, norm))
            setattr(layers, after, nn.Identity())
        elif isinstance(layer, nn.Linear) and isinstance(norm, nn.BatchNorm1d):
            setattr(layers, name, fuse_linear_bn_eval(layer, norm))
            setattr(layers, after, nn.Identity())
