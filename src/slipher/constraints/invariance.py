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

    Seen on a random ``fraction`` of each batch, the term and its gradient are unbiased estimates of the whole batch's:
    over all choices of galaxies their mean is exactly that, for given views and logits. Two things are not covered by
    this. In training, batch normalisation takes its statistics from images and second views together, so that fewer
    views shift every galaxy's p a little; in evaluation, and without such layers, nothing is shifted. And p(x) is of
    the image as the data term sees it, not of another view: the distance is from x to its views, not among them.

    ``detach`` is another gradient, not an estimate of this one: that of p(x') alone, which is drawn to p(x). Only where
    x and x' are exchangeable, as when all orientations of a galaxy are in the training set, is it half of the whole
    gradient on average; each draw of it is then noisier, since the two halves largely cancel.
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
        return (seen.index_select(0, batch.views.rows) - again).square().sum(dim=1)
