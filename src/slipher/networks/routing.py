"""Capsules and the routing between them (Sabour, Frosst & Hinton 2017, arXiv:1710.09829).

A capsule is a vector: its length, below one, says how sure it is that what it looks for is there, its direction what
that is like. Every capsule votes for what each capsule above it should be; routing gives more weight to the votes that
agree with the outcome, and gradients pass through all of its rounds.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["length", "route", "squash"]

EPSILON = 1e-7
"""Added to squared lengths under a root, whose gradient at zero would be infinite."""


def squash(vectors: Float[Tensor, "*shape"], dims: Sequence[int]) -> Float[Tensor, "*shape"]:
    """Vectors of the same directions and of lengths below one, v |v|/(1 + |v|²) (eq. 1).

    Args:
        vectors: any; float32, since squares of bf16 numbers have too few digits.
        dims: the axes that a vector extends over.
    """
    square = vectors.square().sum(dim=tuple(dims), keepdim=True)
    return vectors * (square / ((1 + square) * torch.sqrt(square + EPSILON)))


def length(capsules: Float[Tensor, "*shape atoms"]) -> Float[Tensor, "*shape"]:
    """Euclidean norm, whose gradient is finite at zero too."""
    return torch.sqrt(capsules.square().sum(dim=-1) + EPSILON)


def route(
    votes: Float[Tensor, "batch inputs outputs atoms places"], bias: Float[Tensor, "outputs atoms"], rounds: int
) -> Float[Tensor, "batch outputs atoms places"]:
    """Routing by agreement (procedure 1), of capsules that may extend over several places.

    The shares of an input are a softmax over all outputs and places; an output is squashed as one vector over its atoms
    and places; both as Rajasegaran et al. (2019, arXiv:1904.09546) have it for maps. With one place it is the routing
    of Sabour et al.

    Args:
        votes: what each input would have each output be.
        bias: added to each output before it is squashed.
        rounds: times that outputs are computed; the first gives all votes the same share.
    """
    evenly = votes.shape[2] * votes.shape[4]
    # products and sums, not matrix products: these are so small that rearranging them costs more
    found = squash(votes.sum(dim=1) / evenly + bias[:, :, None], dims=(2, 3))
    agreement = votes.new_zeros(())
    for _ in range(rounds - 1):
        agreement = agreement + (found[:, None] * votes).sum(dim=3)
        share = agreement.flatten(2).softmax(dim=2).view_as(agreement)
        found = squash((share.unsqueeze(3) * votes).sum(dim=1) + bias[:, :, None], dims=(2, 3))
    return found
