"""The optimiser of a training: Adam (Kingma & Ba 2015), or stochastic gradient descent with momentum."""

import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer

from slipher.training.config import TrainingConfig

__all__ = ["MOMENTUM", "optimizer_of"]

MOMENTUM = 0.9
"""Of gradient descent, as Hayat et al. (2021) have it."""


def optimizer_of(network: nn.Module, config: TrainingConfig, device: torch.device) -> Optimizer:
    """The optimiser of all parameters that learn."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if config.optimizer == "sgd":
        return SGD(learning, config.learning_rate, momentum=MOMENTUM, weight_decay=config.weight_decay)
    # one fused step where there is one
    fused = device.type in ("cpu", "cuda")
    return Adam(learning, config.learning_rate, weight_decay=config.weight_decay, fused=fused)
