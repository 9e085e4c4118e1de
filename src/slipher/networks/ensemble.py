"""Several networks as one: the mean of their densities, as Pasquet et al. (2019) average six."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.colours import Colours
from slipher.networks.images import ImageNetwork

__all__ = ["Ensemble"]


class Ensemble(nn.Module):
    """Networks of one architecture, each with the weights and the scale of its own training.

    Args:
        members: the networks.
    """

    def __init__(self, members: Sequence[ImageNetwork | Colours]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.inputs = members[0].inputs

    def forward(self, inputs: Float[Tensor, "batch ..."], *beside: Float[Tensor, "batch ..."]) -> Tensor:
        """The logarithm of the members' mean mass in each bin, which serves as logits; float64, (batch, bins)."""
        logs = torch.stack([member(inputs, *beside).double().log_softmax(dim=1) for member in self.members])
        mean: Tensor = logs.logsumexp(dim=0) - torch.tensor(float(len(self.members))).log()
        return mean
