"""The weighted sum of constraints Σ_j γ_j P_j (Engel & Strube, eq. 2), which keeps its terms."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from slipher.constraints.base import Constraint
from slipher.constraints.batch import Batch

__all__ = ["Evaluation", "TermValue", "Terms"]

Kind = TypeVar("Kind", bound=Constraint)

RESERVED = ("ce", "crps", "total", "galaxies", "margin", "reconstruction")
"""Names of other columns of a training's history, among them what networks ask to be minimised."""


@dataclass(frozen=True)
class TermValue:
    """One term of the sum on one batch; tensors, so that nothing waits for the device."""

    penalties: Float[Tensor, ""]
    """Σ of P over the galaxies it applies to, without gradient: raw."""
    count: Float[Tensor, ""]
    """How many those are."""
    weighted: Float[Tensor, ""]
    """γ times the reduced P: what it adds to the loss."""


@dataclass(frozen=True)
class Evaluation:
    """A sum of constraints on one batch."""

    total: Float[Tensor, ""]
    terms: dict[str, TermValue]


@dataclass(frozen=True)
class Terms:
    """Constraints with their weights γ_j; an empty sum is no constraint at all."""

    parts: tuple[tuple[float, Constraint], ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each term; a second one of the same name is numbered."""
        taken: list[str] = list(RESERVED)
        names = []
        for _, constraint in self.parts:
            names.append(constraint.name + (f"-{taken.count(constraint.name) + 1}" if constraint.name in taken else ""))
            taken.append(constraint.name)
        return tuple(names)

    @property
    def needs(self) -> frozenset[str]:
        """What the batch must hold for all terms."""
        return frozenset().union(*(constraint.needs for _, constraint in self.parts))

    def of_type(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """The terms of one class."""
        return tuple(constraint for _, constraint in self.parts if isinstance(constraint, kind))

    def evaluate(
        self, p: Float[Tensor, "batch bins"], batch: Batch, reduction: Literal["mean", "sum"] = "mean"
    ) -> Evaluation:
        """The sum on one batch.

        Args:
            p: mass in each bin.
            batch: the galaxies.
            reduction: ``mean`` over the galaxies a term applies to; or ``sum`` over the batch (the paper's eq. 2),
                where a term that saw only some of the galaxies stands for all.
        """
        values = {
            name: _evaluate(weight, constraint, p, batch, reduction)
            for name, (weight, constraint) in zip(self.names, self.parts, strict=True)
        }
        total = sum((value.weighted for value in values.values()), start=p.new_zeros(()))
        return Evaluation(torch.as_tensor(total), values)

    def __add__(self, other: Any) -> "Terms":
        if isinstance(other, Constraint):
            other = 1.0 * other
        if isinstance(other, Terms):
            return Terms(self.parts + other.parts)
        # the start value of sum()
        return self if other == 0 else NotImplemented

    __radd__ = __add__

    def __mul__(self, factor: float) -> "Terms":
        return Terms(tuple((float(factor) * weight, constraint) for weight, constraint in self.parts))

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __repr__(self) -> str:
        return " + ".join(f"{weight:g} * {constraint!r}" for weight, constraint in self.parts) or "Terms()"


def _evaluate(weight: float, constraint: Constraint, p: Tensor, batch: Batch, reduction: str) -> TermValue:
    """One term: its penalties where it applies, and their weighted mean or sum."""
    penalty = constraint.penalty(p, batch)
    applies = constraint.applies(batch)
    if applies is None:
        total, count = penalty.sum(), penalty.new_full((), len(penalty))
    else:
        total, count = torch.where(applies, penalty, 0.0).sum(), applies.sum().to(penalty.dtype)
    # a term that looked at k views of a batch of n stands for n/k times as many
    scale = 1 / count.clamp(min=1) if reduction == "mean" else len(p) / len(penalty)
    return TermValue(total.detach(), count, weight * scale * total)
