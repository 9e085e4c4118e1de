"""The training loop: steps, validation, the learning rate, the best epoch; a killed run goes on where it was."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slipher.constraints.invariance import Invariance
from slipher.errors import InputError
from slipher.progress import say
from slipher.training import checkpoint, sampler
from slipher.training.bar import epochs_bar
from slipher.training.config import TrainingConfig
from slipher.training.examples import Reader, prefetched
from slipher.training.frozen import to_learn
from slipher.training.history import History, Meter
from slipher.training.learner import Learner
from slipher.training.schedule import Schedule
from slipher.training.standstill import standstill
from slipher.training.statistics import GALAXIES, measure_statistics
from slipher.training.step import Objective

__all__ = ["Task", "train"]

LOOK_EVERY = 10
"""Steps between two looks at the loss, each of which waits for the device."""


@dataclass(frozen=True)
class Task:
    """What is trained, on what, and how."""

    network: nn.Module
    train: Reader
    validation: Reader
    objective: Objective
    config: TrainingConfig
    augment: tuple[str, ...] = ()
    """What the images of the data term go through, of ``AUGMENTATIONS``."""
    seed: int = 0
    folder: Path | None = None
    """Where checkpoint/ and history.csv go; None keeps nothing."""
    identity: str = ""
    """Says what is trained; a checkpoint of something else is refused."""
    label: str = "training"
    progress: bool = True

    @property
    def view_fraction(self) -> float:
        """Part of each batch that is seen a second time."""
        if "views" not in self.objective.terms.needs:
            return 0.0
        return max((term.fraction for term in self.objective.terms.of_type(Invariance)), default=1.0)


def train(task: Task) -> History:
    """Train a network in place, from its last checkpoint if there is one; it ends with the weights to be scored.

    Raises:
        InputError: if the loss stops being a number, or the folder holds another training.
    """
    run = _Run(task)
    galaxies = len(task.train)
    with epochs_bar(task.config.epochs * galaxies, run.epoch * galaxies, task.label, task.progress) as bar:
        while run.epoch < task.config.epochs:
            run.one_epoch(bar)
    task.network.load_state_dict(run.best_weights)
    task.network.eval()
    return run.history


class _Run:
    """A training under way: what changes from epoch to epoch."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.learner = Learner(task.network, task.objective, task.config, task.augment, task.view_fraction)
        self.device = self.learner.device
        self.schedule = Schedule(self.learner.bare_optimizer, task.config)
        self.history = History()
        self.best = math.inf
        self.best_weights: dict[str, Tensor] = {}
        self._resume()

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history.rows)

    def one_epoch(self, bar: Any) -> None:
        """Train on every galaxy once, validate, adapt the learning rate, and write it down."""
        rate, started = self.schedule.rate, time.perf_counter()
        with sampler.dropout_numbers(self.task.seed, self.epoch, self.device):
            trained = self._train(bar)
            self._measure_statistics()
        seconds = time.perf_counter() - started
        validated = self._validate()
        self.schedule.step(self.epoch + 1, validated["total"])
        self.history = self.history.with_row(
            {"epoch": self.epoch + 1, "learning_rate": rate}
            | {f"train_{name}": value for name, value in trained.items()}
            | {f"validation_{name}": value for name, value in validated.items()}
            | {"seconds": seconds, "images_per_second": len(self.task.train) / seconds}
        )
        self._warn()
        self._keep(validated["total"])

    def _train(self, bar: Any) -> dict[str, float]:
        """The steps of one epoch; gives the mean losses."""
        task, meter = self.task, Meter(self.task.objective.name)
        order = sampler.permutation(task.seed, self.epoch, len(task.train))
        batches = sampler.batches(order, task.config.batch_size)
        to_learn(task.network, self.learner.frozen)
        for step, examples in enumerate(prefetched(task.train, batches, self.device)):
            generator = sampler.train_generator(task.seed, self.epoch, step, self.device)
            self.learner.step(examples, generator, meter)
            bar.update(len(examples))
            if step % LOOK_EVERY == 0:
                self._look(meter.means(), bar)
        return self._look(meter.means(), bar)

    def _measure_statistics(self) -> None:
        """Measure the batch statistics of the weights as they are now, on some training galaxies."""
        config = self.task.config
        if config.statistics == "precise":
            order = sampler.permutation(self.task.seed, self.epoch, len(self.task.train))
            batches = sampler.batches(order[: max(GALAXIES, config.batch_size)], config.batch_size)
            examples = prefetched(self.task.train, batches, self.device)
            middle = self.learner.objective.augmenter.middle
            # as they will be predicted: of images larger than what the network sees, the middle
            measure_statistics(self.learner.network, (replace(each, inputs=middle(each.inputs)) for each in examples))

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """The mean losses of the validation galaxies, not augmented; a part as large as in training has a second view.

        It is the same part, seen the same way, in every epoch and for every seed.
        """
        task, meter = self.task, Meter(self.task.objective.name)
        task.network.eval()
        batches = list(_blocks(len(task.validation), task.config.batch_size))
        for step, galaxies in enumerate(prefetched(task.validation, batches, self.device)):
            generator = sampler.validation_generator(step, self.device)
            found = self.learner.objective(self.learner.network, galaxies, (), task.view_fraction, generator)
            meter.add(*found, len(galaxies))
        return self._checked(meter.means())

    def _look(self, means: dict[str, float], bar: Any) -> dict[str, float]:
        """Show the losses so far, and see that they are numbers."""
        weighted = [name.removesuffix("_weighted") for name in means if name.endswith("_weighted")]
        terms = [f"{name} {means[name]:.3g}" for name in (self.task.objective.name, *weighted)]
        bar.set_postfix_str(", ".join([f"epoch {self.epoch + 1}/{self.task.config.epochs}", *terms]))
        return self._checked(means)

    def _checked(self, means: dict[str, float]) -> dict[str, float]:
        """The losses, if they are numbers.

        Raises:
            InputError: otherwise.
        """
        if not math.isfinite(means["total"]):
            raise InputError(
                f"{self.task.label}: the loss is {means['total']} in epoch {self.epoch + 1}; lower "
                "training.learning_rate or the constraints' weights, set training.precision to float32, and check the "
                "unit of the images."
            )
        return means

    def _warn(self) -> None:
        """Say so after the epoch in which it shows that nothing more is learnt."""
        now, before = (
            _standstill(rows, self.task.config.epochs) for rows in (self.history.rows, self.history.rows[:-1])
        )
        for reason in now:
            if reason not in before:
                say(f"{self.task.label}: {reason}")

    def _keep(self, total: float) -> None:
        """Keep the weights if they are to be scored, and write the checkpoint."""
        chosen = total < self.best or self.task.config.checkpoint == "last"
        self.best = min(total, self.best)
        if chosen:
            self.best_weights = {name: value.clone() for name, value in self.task.network.state_dict().items()}
        if self.task.folder is None:
            return
        # the best goes first: if the run dies between the two, the epoch is trained again and comes out the same
        if chosen:
            checkpoint.save_weights(_file(self.task.folder, "best"), self.task.network)
        checkpoint.save(_file(self.task.folder, "last"), self.task.network, self.learner.bare_optimizer, self._state())
        self.history.write(self.task.folder / "history.csv")

    def _state(self) -> dict[str, Any]:
        """What a checkpoint holds beside tensors."""
        return {
            "identity": self.task.identity,
            "history": list(self.history.rows),
            "best": self.best,
            "schedule": self.schedule.state(),
        }

    def _resume(self) -> None:
        """Go on from the last checkpoint, if there is one.

        Raises:
            InputError: if it belongs to another training.
        """
        folder = self.task.folder
        if folder is None or not _file(folder, "last").is_file():
            return
        if checkpoint.read_state(_file(folder, "last"))["identity"] != self.task.identity:
            raise InputError(f"{folder} holds another training; choose another folder, or remove it.")
        state = checkpoint.restore(_file(folder, "last"), self.task.network, self.learner.bare_optimizer)
        self.schedule.restore(state["schedule"])
        self.history, self.best = History(tuple(state["history"])), state["best"]
        self.best_weights = checkpoint.read_weights(_file(folder, "best"))
        # killed after the checkpoint, it lacks the last epoch, which may have been the last of all
        self.history.write(folder / "history.csv")


def _standstill(rows: Sequence[Mapping[str, float]], epochs: int) -> list[str]:
    """Why nothing more is learnt."""
    return standstill([row["learning_rate"] for row in rows], [row["validation_total"] for row in rows], epochs)


def _blocks(count: int, size: int) -> Iterator[np.ndarray]:
    """Places in order, a batch at a time."""
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def _file(folder: Path, name: str) -> Path:
    return folder / "checkpoint" / f"{name}.safetensors"
