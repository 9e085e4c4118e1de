"""A linear probe: the trunk of a network as it is, its last layers learning (networks/heads.py)."""

from torch import nn

from slipher.networks.heads import last_layers

__all__ = ["freeze_trunk", "to_learn"]


def freeze_trunk(network: nn.Module) -> None:
    """Let no parameter learn but those of the last layers."""
    network.requires_grad_(False)
    for layer in last_layers(network):
        layer.requires_grad_(True)


def to_learn(network: nn.Module, frozen: bool) -> None:
    """Make a network ready to learn; the batch statistics of a frozen trunk stay, and nothing in it is dropped."""
    network.train(not frozen)
    for layer in last_layers(network) if frozen else ():
        layer.train()
