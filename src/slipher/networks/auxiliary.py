"""What a network may ask to be minimised beside the data term, of what only it can see.

Such a network, shown classes beside its inputs, gives its logits and a dictionary of these by name; the names are those
of the columns of the training's history.
"""

from typing import NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["Auxiliary"]


class Auxiliary(NamedTuple):
    """One number a galaxy, the smaller the better; a tuple, so that frameworks for many devices look into it."""

    weight: float
    """What its mean over the galaxies it applies to is multiplied by."""
    penalty: Float[Tensor, "batch"]
    """With gradient."""
    applies: Bool[Tensor, "batch"]
    """Which galaxies it says something about."""
