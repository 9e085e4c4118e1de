"""Invariance to orientation and to background pixels (Engel & Strube, sections 3 and 4, B.2, B.3)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from jaxtyping import Float
from torch import Tensor

from slipher.constraints.base import Constraint
from slipher.constraints.batch import Batch
from slipher.errors import InputError

__all__ = ["Invariance"]


@dataclass(frozen=True)
class Invariance(Constraint):
    r"""The density should not change when the image is turned or flipped and its sky is drawn anew.

    .. math:: P = \sum_c \left( p_c(x) - p_c(x') \right)^2, \quad x' = \Theta(B(x))

    It is an expectation over galaxies, so a random fraction of each batch estimates it without bias.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"views"})

    on: Literal["probability", "logits"] = "probability"
    """Whether p or the network's logits are compared."""
    fraction: float = 0.125
    """Part of each batch that is seen a second time (at least one galaxy)."""
    detach: bool = False
    """Whether p(x) is held fixed, so that only p(x') carries gradient."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.fraction <= 1:
            raise InputError(f"constraints.invariance.fraction is {self.fraction}, but must be above 0 and at most 1.")

    def penalty(self, p: Float[Tensor, "batch bins"], batch: Batch) -> Float[Tensor, "views"]:
        """Squared distance between the two outputs, one number a view."""
        if batch.views is None:
            raise ValueError("the invariance constraint needs a batch with views.")
        seen, again = (p, batch.views.p) if self.on == "probability" else (batch.logits, batch.views.logits)
        seen = seen.detach() if self.detach else seen
        return (seen[batch.views.rows] - again).square().sum(dim=1)
