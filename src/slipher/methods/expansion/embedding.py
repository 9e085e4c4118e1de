"""What a trained network makes of galaxies before its last layer: features for other methods."""

from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from slipher.methods.network.model import NeuralModel
from slipher.networks.heads import last_layers
from slipher.survey.store import Galaxies

__all__ = ["embedding", "width"]


def embedding(model: NeuralModel, galaxies: Galaxies) -> Float[np.ndarray, "galaxies features"]:
    """The input of a network's last linear layer, float64; those of an ensemble's members side by side.

    Images are seen as they are, not averaged over symmetries.

    Args:
        model: a trained network.
        galaxies: as the model needs them.

    Raises:
        InputError: if the galaxies do not suit the network.
    """
    layers = _layers(model)
    seen: list[list[np.ndarray]] = [[] for _ in layers]
    hooks = [layer.register_forward_pre_hook(_keeper(rows)) for layer, rows in zip(layers, seen, strict=True)]
    try:
        model.predict(galaxies, progress=False, views=1)
    finally:
        for hook in hooks:
            hook.remove()
    if not len(galaxies):
        return np.zeros((0, width(model)))
    return np.concatenate([np.concatenate(rows) for rows in seen], axis=1).astype(np.float64)


def width(model: NeuralModel) -> int:
    """Number of features that `embedding` gives."""
    return sum(layer.in_features for layer in _layers(model))


def _layers(model: NeuralModel) -> list[nn.Linear]:
    """The last linear layer of a network, or of each member of an ensemble."""
    return [_last_linear(member) for member in getattr(model.network, "members", [model.network])]


def _last_linear(network: nn.Module) -> nn.Linear:
    """The layer that makes logits, or the parameters of a density."""
    every = [module for layer in last_layers(network) for module in layer.modules()]
    return [module for module in every if isinstance(module, nn.Linear)][-1]


def _keeper(rows: list[np.ndarray]) -> Any:
    """A hook that keeps what a layer is given."""

    def keep(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        rows.append(given[0].float().cpu().numpy())

    return keep
