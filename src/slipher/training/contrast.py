r"""The contrastive loss: a view of a galaxy is told apart from other galaxies by its likeness to a second view of it.

InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) as in momentum contrast (He et al. 2020, eq. 1): with the feature q
of one view, the feature k_+ of the other and the features k_j of other galaxies, all of length 1, and temperature τ,

.. math:: L = -\ln \frac{e^{q k_+ / τ}}{e^{q k_+ / τ} + \sum_j e^{q k_j / τ}}
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

__all__ = ["COLLAPSED", "contrast", "retrieval", "spread"]

COLLAPSED = 0.05
"""A spread below which all galaxies look the same."""

Features = Float[Tensor, "batch width"]


def contrast(
    queries: Features,
    keys: Features,
    others: Float[Tensor, "others width"],
    same: Bool[Tensor, "batch others"],
    temperature: float,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """The mean loss of a batch, and how often a galaxy's own key is the nearest.

    A galaxy that already lies in the queue is not told apart from itself. He et al. need not care, with 65,536 of a
    million images in the queue; among some thousand it would be every second one.

    Args:
        queries: features of one view, of length 1.
        keys: features of the other.
        others: features of earlier keys.
        same: which of these are of the same galaxy.
        temperature: τ.
    """
    own = (queries * keys).sum(dim=1, keepdim=True)
    far = (queries @ others.T).masked_fill(same, -torch.inf)
    similarity = torch.cat([own, far], dim=1) / temperature
    first = torch.zeros(len(queries), dtype=torch.long, device=queries.device)
    return functional.cross_entropy(similarity, first), (similarity.argmax(dim=1) == 0).float().mean()


def retrieval(queries: Features, keys: Features, temperature: float) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """The same among the galaxies of one set: each is told apart from all the others of it."""
    own = torch.arange(len(queries), device=queries.device)
    similarity = queries @ keys.T / temperature
    return functional.cross_entropy(similarity, own), (similarity.argmax(dim=1) == own).float().mean()


def spread(features: Features) -> Float[Tensor, ""]:
    """Standard deviation of features over galaxies, in units of that of points all over the sphere.

    1 where features use every direction alike, 0 where they have collapsed to one (Chen & He 2021, arXiv:2011.10566,
    section 4.1).
    """
    return features.std(dim=0, correction=0).square().sum().sqrt()
