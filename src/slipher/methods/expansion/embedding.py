"""What a trained network makes of galaxies before its last layer: features for other methods."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from slipher.methods.network import model as neural_model
from slipher.networks.heads import last_layers
from slipher.survey.store import Galaxies

__all__ = ["embedding"]


def embedding(
    header: Mapping[str, Any], tensors: Mapping[str, np.ndarray], galaxies: Galaxies
) -> Float[np.ndarray, "galaxies features"]:
    """The input of a network's last linear layer, float64; those of an ensemble's members side by side.

    Images are seen as they are, not averaged over symmetries.

    Args:
        header: of the file of a neural model.
        tensors: of that file.
        galaxies: as the model needs them.

    Raises:
        InputError: if the galaxies do not suit the network.
    """
    model = neural_model.restore(header, tensors)
    members = list(getattr(model.network, "members", [model.network]))
    seen: list[list[np.ndarray]] = [[] for _ in members]
    for member, rows in zip(members, seen, strict=True):
        _last_linear(member).register_forward_pre_hook(_keeper(rows))
    model.predict(galaxies, progress=False, views=1)
    if not len(galaxies):
        return np.zeros((0, sum(_last_linear(member).in_features for member in members)))
    return np.concatenate([np.concatenate(rows) for rows in seen], axis=1).astype(np.float64)


def _last_linear(network: nn.Module) -> nn.Linear:
    """The layer that makes logits, or the parameters of a density."""
    every = [module for layer in last_layers(network) for module in layer.modules()]
    return [module for module in every if isinstance(module, nn.Linear)][-1]


def _keeper(rows: list[np.ndarray]) -> Any:
    """A hook that keeps what a layer is given."""

    def keep(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        rows.append(given[0].float().cpu().numpy())

    return keep
