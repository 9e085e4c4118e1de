"""A constraint: one number a galaxy, that is smaller the better a density obeys."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jaxtyping import Bool, Float
from torch import Tensor

from slipher.constraints.batch import Batch
from slipher.options import check_choices

if TYPE_CHECKING:
    from slipher.constraints.terms import Terms

__all__ = ["Constraint"]


@dataclass(frozen=True)
class Constraint(ABC):
    """Base of every constraint; subclass it as a frozen dataclass whose fields are its options.

    Constraints scale and add: ``0.1 * Flux() + 0.2 * Smooth()``.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    """Of "response" and "views": what must be in the batch beside the densities."""

    def __post_init__(self) -> None:
        check_choices(self, f"constraints.{self.name}")

    @property
    def name(self) -> str:
        """How it is called in tables and logs."""
        return type(self).__name__.lower().replace("_", "-")

    @abstractmethod
    def penalty(self, p: Float[Tensor, "batch bins"], batch: Batch) -> Float[Tensor, "galaxies"]:
        """One number a galaxy (or a view), differentiable in p.

        Args:
            p: mass in each bin, float32 or float64.
            batch: everything else about these galaxies.
        """

    def applies(self, batch: Batch) -> Bool[Tensor, "galaxies"] | None:
        """Which galaxies it says something about; the others are not in the mean. None means all."""
        return None

    def __mul__(self, weight: float) -> "Terms":
        from slipher.constraints.terms import Terms

        return Terms(((float(weight), self),))

    __rmul__ = __mul__

    def __add__(self, other: Any) -> "Terms":
        return (self * 1.0).__add__(other)

    __radd__ = __add__
