"""The data term: how far the densities of a batch are from its spectroscopic redshifts.

The cross-entropy is that of Engel & Strube (eq. 1). The continuous ranked probability score is what D'Isanto &
Polsterer (2018) train on (Gneiting & Raftery 2007, eq. 20).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from slipher.constraints.batch import Batch

__all__ = ["LOSSES", "cross_entropy", "crps"]


def cross_entropy(batch: Batch) -> Float[Tensor, ""]:
    """Mean of −ln p_ĉ."""
    return functional.cross_entropy(batch.logits, batch.label)


def crps(batch: Batch) -> Float[Tensor, ""]:
    r"""Mean of :math:`\int (F(z) - [z \ge \hat z])^2 dz` of the histogram densities, in units of redshift, exact.

    F is linear inside a bin, so that of the bins below ẑ remains ∫F² = Δ(l² + lr + r²)/3 with F at the left and right
    edge, of those above the same of 1 − F, and ẑ cuts its own bin into one part of each kind.
    """
    share = _share(batch)
    edges = functional.pad(batch.p.cumsum(dim=1), (1, 0))
    # from the right, so that small masses far above ẑ are not lost in the rounding of 1 − F
    above = functional.pad(batch.p.flip(1).cumsum(dim=1).flip(1), (0, 1))
    at = edges[:, :-1] + share * batch.p
    beyond = above[:, 1:] + (1 - share) * batch.p
    squares = share * _square(edges[:, :-1], at) + (1 - share) * _square(beyond, above[:, 1:])
    return batch.grid.width * squares.sum(dim=1).mean()


def _share(batch: Batch) -> Float[Tensor, "batch bins"]:
    """The part of each bin that lies below ẑ: 1, 0, or in between for the bin that holds it."""
    lower = torch.arange(batch.grid.bins, dtype=batch.p.dtype, device=batch.p.device)
    place = batch.redshift.to(batch.p.dtype) / batch.grid.width
    return (place[:, None] - lower).clamp(0, 1)


def _square(left: Tensor, right: Tensor) -> Tensor:
    """Mean of the square of a function that goes straight from left to right."""
    return (left * left + left * right + right * right) / 3


LOSSES: dict[str, tuple[str, Callable[[Batch], Float[Tensor, ""]]]] = {
    "cross-entropy": ("ce", cross_entropy),
    "crps": ("crps", crps),
}
"""What ``training.loss`` may name: what the logs call it, and the term."""
