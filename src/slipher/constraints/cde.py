"""The conditional density loss (Engel & Strube, section 3; Izbicki & Lee 2016)."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from slipher.constraints.base import Constraint
from slipher.constraints.batch import Batch

__all__ = ["CDELoss"]


@dataclass(frozen=True)
class CDELoss(Constraint):
    r"""The squared distance between p and the true density, up to a constant.

    .. math:: P = \int \rho^2 \, dz - 2 \rho(\hat z) = \left( \sum_c p_c^2 - 2 p_{\hat c} \right) / \Delta

    ``density`` is this; ``brier`` is Σp² − 2p_ĉ, on the scale of the paper's weight; ``mass`` is ΔΣp² − 2p_ĉ, the
    printed formula read literally on a network's outputs: not a proper score, its minimum is a spike.
    """

    form: Literal["density", "brier", "mass"] = "density"

    @property
    def name(self) -> str:
        """How it is called in tables and logs."""
        return "cde"

    def penalty(self, p: Float[Tensor, "batch bins"], batch: Batch) -> Float[Tensor, "batch"]:
        """The loss in the chosen form, one number a galaxy."""
        square = p.square().sum(dim=1)
        truth = p.gather(1, batch.label[:, None]).squeeze(1)
        width = batch.grid.width
        if self.form == "mass":
            return width * square - 2 * truth
        return (square - 2 * truth) / (width if self.form == "density" else 1)
