"""The losses of one batch: cross-entropy and constraints (Engel & Strube, eqs. 1 and 2)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from slipher.constraints.batch import Batch, Views
from slipher.constraints.terms import Evaluation, Terms
from slipher.redshift import Grid
from slipher.training.augment import Augmenter
from slipher.training.config import AUGMENTATIONS
from slipher.training.examples import Examples

__all__ = ["Objective"]


@dataclass(frozen=True)
class Objective:
    """What is minimised."""

    grid: Grid
    terms: Terms
    reduction: Literal["mean", "sum"]
    """Of the constraints over a batch, "mean" or "sum"; the cross-entropy is always the mean."""
    augmenter: Augmenter

    def __call__(
        self,
        network: nn.Module,
        examples: Examples,
        augment: Collection[str],
        fraction: float,
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Evaluation]:
        """Cross-entropy and constraints of a batch, in float32 whatever the network computes in.

        Args:
            network: from inputs and E(B−V) to logits.
            examples: the galaxies.
            augment: what the cross-entropy's images go through, of "symmetry" and "background".
            fraction: part of the batch that is seen a second time, x' = Θ(B(x)).
            generator: random numbers of this step, on the device of the examples.
        """
        rows = chosen(len(examples), fraction, generator)
        seen = self.augmenter(examples, augment, generator)
        again = self.augmenter(examples[rows], AUGMENTATIONS, generator) if len(rows) else seen[:0]
        # one pass, so that both branches share the statistics of the batch
        outputs = network(torch.cat([seen, again]), torch.cat([examples.ebv, examples.ebv[rows]])).float()
        batch = self._batch(examples, seen, outputs[: len(examples)], rows, outputs[len(examples) :])
        ce = functional.cross_entropy(batch.logits, batch.label)
        return ce, self.terms.evaluate(batch.p, batch, self.reduction)

    def _batch(self, examples: Examples, seen: Tensor, logits: Tensor, rows: Tensor, again: Tensor) -> Batch:
        """What the constraints look at."""
        return Batch(
            grid=self.grid,
            inputs=seen,
            ebv=examples.ebv,
            redshift=examples.redshift,
            label=examples.label,
            logits=logits,
            p=logits.softmax(dim=1),
            response=examples.response,
            counting=examples.counting,
            views=Views(rows, again, again.softmax(dim=1)) if len(rows) else None,
        )


def chosen(count: int, fraction: float, generator: torch.Generator) -> Int[Tensor, "views"]:
    """Which galaxies of a batch are seen a second time: a random fraction, at least one, or none at all."""
    views = max(1, round(fraction * count)) if fraction > 0 else 0
    order = torch.randperm(count, generator=generator, device=generator.device)
    return order[:views]
