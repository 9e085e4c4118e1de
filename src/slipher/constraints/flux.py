"""The spectrophotometric flux constraint (Engel & Strube, section 3 and appendices A, B.1)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from jaxtyping import Bool, Float
from torch import Tensor

from slipher.constraints.base import Constraint
from slipher.constraints.batch import Batch
from slipher.errors import InputError

__all__ = ["Flux"]


@dataclass(frozen=True)
class Flux(Constraint):
    r"""The flux through each filter, expected under p, should be that of the observed spectrum.

    .. math:: P = \frac{1}{n_b} \sum_b \left| \sum_c p_c \frac{\Phi'_b(\nu_c)}{\Phi'_b(1)} - 1 \right|,
        \quad \nu_c = \frac{1 + z_c}{1 + \hat z}

    over the n_b bands that count for a galaxy. The ratio does not depend on the network: it comes from a table made
    once (physics/response.py).
    """

    needs: ClassVar[frozenset[str]] = frozenset({"response"})

    uncovered: Literal["mask", "zero", "renormalise", "template"] = "mask"
    """What is done where a shifted spectrum does not cover a filter."""
    min_coverage: float = 0.95
    """With ``mask``: part of ∫R/λ that must be covered for a band to count."""
    deredden: bool = False
    """Whether spectra are dereddened before they are shifted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.min_coverage <= 1:
            raise InputError(f"constraints.flux.min_coverage is {self.min_coverage}, but must lie in (0, 1].")

    def penalty(self, p: Float[Tensor, "batch bins"], batch: Batch) -> Float[Tensor, "batch"]:
        """Mean over counting bands of the relative deviation; 0 where no band counts."""
        response, counting = _table(batch)
        # no matrix product: autocast or TF32 would round it, and the gradient lives on differences of responses
        expected = (p[:, :, None] * response.to(p.dtype)).sum(dim=1)
        deviation = (expected - 1).abs() * counting
        return deviation.sum(dim=1) / counting.sum(dim=1).clamp(min=1)

    def applies(self, batch: Batch) -> Bool[Tensor, "batch"]:
        """Galaxies with a spectrum and at least one counting band."""
        return _table(batch)[1].any(dim=1)


def _table(batch: Batch) -> tuple[Float[Tensor, "batch bins bands"], Bool[Tensor, "batch bands"]]:
    """The response table of the batch, which the training loop fills in because it is in ``needs``."""
    if batch.response is None or batch.counting is None:
        raise ValueError("the flux constraint needs a batch with response and counting.")
    return batch.response, batch.counting
