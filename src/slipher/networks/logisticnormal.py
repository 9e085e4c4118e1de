"""A head that makes a regression of logit(z/z_max) a density: the logistic-normal distribution.

Dey et al. (2022) regress x = logit(z/z_max) by one number μ, trained on (x − μ)²: a point. That loss is, but for a
constant, −ln N(x; μ, σ) of a normal distribution of one and the same σ for all galaxies. Here the last layer gives
ln σ beside μ, so that each galaxy has its own width; z = z_max/(1 + exp(−x)) is then logistic-normal, with the
published point estimate as its median. Its mass in each bin is a difference of Φ((x − μ)/σ) at the bin's edges, and the
cross-entropy of the bins is the negative log-likelihood, of which the published loss is the case of fixed width.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.initialise import he_normal
from slipher.networks.mixture import log_masses_between

__all__ = ["LogisticNormalHead", "logit_edges"]

WIDTHS = (128, 64, 32, 16)
NARROWEST, WIDEST = 0.003, 2.0
"""Least standard deviation of x and, but for that, the largest; the latter spreads z over the whole grid."""
END = 50.0
"""What stands for the infinite logits of the grid's ends."""


class LogisticNormalHead(nn.Module):
    """Dense layers of 128, 64, 32 and 16 with PReLU, then μ and ln σ, then log-masses, in float32 or better.

    Args:
        features: numbers that come in.
        bins: number of redshift bins C.
    """

    def __init__(self, features: int, bins: int) -> None:
        super().__init__()
        self.bins = bins
        layers: list[nn.Module] = []
        for width in WIDTHS:
            layers += [nn.Linear(features, width), nn.PReLU(width, init=0.0)]
            features = width
        out = nn.Linear(features, 2)
        self.layers = nn.Sequential(*layers, out).apply(he_normal)
        nn.init.xavier_uniform_(out.weight)

    def forward(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch bins"]:
        """Logarithm of the mass in each bin of (0, z_max]."""
        mean, raw = self.layers(features).double().chunk(2, dim=1)
        std = NARROWEST + WIDEST * raw.sigmoid()
        return log_masses_between(torch.zeros_like(mean), mean, std, logit_edges(self.bins, mean)).float()


def logit_edges(bins: int, like: Float[Tensor, "..."]) -> Float[Tensor, "edges"]:
    """logit(k/C) of the C + 1 edges of the bins, those of the grid's ends far out but finite."""
    edges = torch.linspace(0, 1, bins + 1, dtype=like.dtype, device=like.device)
    return edges.logit().clamp(-END, END)
