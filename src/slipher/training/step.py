"""The losses of one batch: the data term and the constraints (Engel & Strube, eqs. 1 and 2)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from slipher.constraints.batch import Batch, Views
from slipher.constraints.terms import Evaluation, Terms
from slipher.redshift import Grid
from slipher.training.augment import Augmenter
from slipher.training.config import AUGMENTATIONS
from slipher.training.examples import Examples
from slipher.training.losses import LOSSES

__all__ = ["Objective"]


@dataclass(frozen=True)
class Objective:
    """What is minimised."""

    grid: Grid
    terms: Terms
    reduction: Literal["mean", "sum"]
    """Of the constraints over a batch, "mean" or "sum"; the data term is always the mean."""
    augmenter: Augmenter
    loss: Literal["cross-entropy", "crps"] = "cross-entropy"
    """The data term."""

    @property
    def name(self) -> str:
        """What the logs call the data term."""
        return LOSSES[self.loss][0]

    def __call__(
        self,
        network: nn.Module,
        examples: Examples,
        augment: Collection[str],
        fraction: float,
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Evaluation]:
        """Data term and constraints of a batch, in float32 whatever the network computes in.

        Args:
            network: from inputs, E(B−V) and, if it takes both, photometry to logits.
            examples: the galaxies.
            augment: what the data term's images go through, of "symmetry" and "background".
            fraction: part of the batch that is seen a second time, x' = Θ(B(x)).
            generator: random numbers of this step, on the device of the examples.
        """
        rows = chosen(len(examples), fraction, generator)
        seen = self.augmenter(examples, augment, generator)
        again = self.augmenter(examples[rows], AUGMENTATIONS, generator) if len(rows) else seen[:0]
        # one pass, so that both branches share the statistics of the batch
        beside = (torch.cat([each, each[rows]]) for each in examples.beside)
        outputs = network(torch.cat([seen, again]), *beside).float()
        batch = self._batch(examples, seen, outputs[: len(examples)], rows, outputs[len(examples) :])
        return LOSSES[self.loss][1](batch), self.terms.evaluate(batch.p, batch, self.reduction)

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
