"""The losses of one batch: the data term and the constraints (Engel & Strube, eqs. 1 and 2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from slipher.constraints.batch import Batch, Views
from slipher.constraints.terms import Evaluation, Terms, TermValue
from slipher.networks.auxiliary import Auxiliary
from slipher.redshift import Grid
from slipher.training.augment import Augmenter
from slipher.training.config import VIEWS
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

    def to(self, device: torch.device) -> "Objective":
        """The same for galaxies on another device."""
        return replace(self, augmenter=self.augmenter.to(device))

    def __call__(
        self,
        network: nn.Module,
        examples: Examples,
        augment: Collection[str],
        fraction: float,
        generator: torch.Generator,
        whole: int | None = None,
    ) -> tuple[Float[Tensor, ""], Evaluation]:
        """Data term and constraints of a batch, in float32 whatever the network computes in.

        Args:
            network: from inputs, E(B−V) and, if it takes both, photometry to logits.
            examples: the galaxies.
            augment: what the data term's images go through, of ``AUGMENTATIONS``.
            fraction: part of the batch that is seen a second time, x' = Θ(B(x)).
            generator: random numbers of this step, on the device of the examples.
            whole: galaxies of the batch, if the examples are a piece of one; its sum is then estimated from theirs.
        """
        rows = chosen(len(examples), fraction, generator)
        seen = self.augmenter(examples, augment, generator)
        shown, beside = seen, examples.beside
        if len(rows):
            # one pass, so that both branches share the statistics of the batch
            shown = torch.cat([seen, self.augmenter(examples[rows], VIEWS, generator)])
            beside = tuple(torch.cat([each, each[rows]]) for each in examples.beside)
        outputs, asked = _parted(network(shown, *beside))
        batch = self._batch(examples, seen, outputs[: len(examples)], rows, outputs[len(examples) :])
        share = len(examples) / whole if whole and self.reduction == "sum" else 1.0
        evaluation = (self.terms * (1 / share)).evaluate(batch.p, batch, self.reduction)
        return LOSSES[self.loss][1](batch), _extended(evaluation, asked, len(examples))

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


def _parted(found: Tensor | tuple[Tensor, dict[str, Auxiliary]]) -> tuple[Tensor, dict[str, Auxiliary]]:
    """The logits of a network, in float32, and what it asks to be minimised beside."""
    logits, asked = found if isinstance(found, tuple) else (found, {})
    return logits.float(), asked


def _extended(evaluation: Evaluation, asked: Mapping[str, Auxiliary], count: int) -> Evaluation:
    """The constraints and what the network asks for of the first views, each a mean over galaxies it applies to."""
    values = {name: _value(each, count) for name, each in asked.items()}
    total = sum((value.weighted for value in values.values()), start=evaluation.total)
    return Evaluation(total, evaluation.terms | values)


def _value(asked: Auxiliary, count: int) -> TermValue:
    """One of them."""
    penalty, applies = asked.penalty[:count].float(), asked.applies[:count]
    total = torch.where(applies, penalty, 0.0).sum()
    number = applies.sum().to(total.dtype)
    return TermValue(total.detach(), number, asked.weight * total / number.clamp(min=1))


def chosen(count: int, fraction: float, generator: torch.Generator) -> Int[Tensor, "views"]:
    """Which galaxies of a batch are seen a second time: a random fraction, at least one, or none at all."""
    views = max(1, round(fraction * count)) if fraction > 0 else 0
    order = torch.randperm(count, generator=generator, device=generator.device)
    return order[:views]
