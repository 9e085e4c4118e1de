"""The loop of pretraining: momentum contrast on unlabelled images; a run that was killed goes on where it was."""

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.optim import SGD

from slipher.errors import InputError
from slipher.progress import say
from slipher.training import checkpoint, sampler
from slipher.training.augment import Augmenter
from slipher.training.bar import epochs_bar
from slipher.training.config import TrainingConfig
from slipher.training.contrast import COLLAPSED, contrast, retrieval, spread
from slipher.training.examples import Examples, Reader, prefetched
from slipher.training.gradients import SharedOut
from slipher.training.history import History
from slipher.training.memory import keep_freed_memory
from slipher.training.momentum import MomentumContrast
from slipher.training.precision import fabric_of
from slipher.training.pretrain_config import PretrainConfig
from slipher.training.statistics import GALAXIES, measure_statistics

__all__ = ["HELD", "SGD_MOMENTUM", "PretrainTask", "learning_rate", "pretrain"]

HELD = 1024
"""Galaxies held out that are told apart from each other after each epoch, at most."""
SGD_MOMENTUM = 0.9
"""Of gradient descent (He et al. 2020, section 4)."""
LOOK_EVERY = 10
"""Steps between two looks at the loss, each of which waits for the device."""


@dataclass(frozen=True)
class PretrainTask:
    """What is pretrained, on what, and how."""

    contrast: MomentumContrast
    train: Reader
    held: Reader | None
    """Galaxies that are not trained on, or None where there are none."""
    augmenter: Augmenter
    config: PretrainConfig
    machine: TrainingConfig
    """Of which device and precision count."""
    seed: int = 0
    folder: Path | None = None
    """Where checkpoint/ and history.csv go; None keeps nothing."""
    identity: str = ""
    """Says what is trained; a checkpoint of something else is refused."""
    label: str = "pretraining"
    progress: bool = True


def pretrain(task: PretrainTask) -> History:
    """Pretrain both encoders in place, from their last checkpoint if there is one.

    Raises:
        InputError: if the loss stops being a number, or the folder holds another training.
    """
    run = _Run(task)
    galaxies = len(task.train)
    with epochs_bar(task.config.epochs * galaxies, run.epoch * galaxies, task.label, task.progress) as bar:
        while run.epoch < task.config.epochs:
            run.one_epoch(bar)
    task.contrast.eval()
    return run.history


def learning_rate(config: PretrainConfig, epoch: int) -> float:
    """The rate of an epoch, the first being 0: half a cosine from the whole to nothing (Chen et al. 2020)."""
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * epoch / config.epochs))


class _Run:
    """A pretraining under way: what changes from epoch to epoch."""

    def __init__(self, task: PretrainTask) -> None:
        keep_freed_memory()
        self.task = task
        self.fabric = fabric_of(task.machine)
        self.augmenter = task.augmenter.to(self.fabric.device)
        self.sgd = SGD(
            task.contrast.query.parameters(),
            task.config.learning_rate,
            momentum=SGD_MOMENTUM,
            weight_decay=task.config.weight_decay,
        )
        self.encoders, self.optimizer = self.fabric.setup(task.contrast, self.sgd)
        self.history = History()
        self._resume()

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history.rows)

    def one_epoch(self, bar: Any) -> None:
        """Train on every galaxy once, look at those held out, and write it down."""
        rate, started = learning_rate(self.task.config, self.epoch), time.perf_counter()
        for group in self.sgd.param_groups:
            group["lr"] = rate
        with sampler.dropout_numbers(self.task.seed, self.epoch, self.fabric.device):
            trained = self._train(bar)
            self._measure_statistics()
        seconds = time.perf_counter() - started
        self.history = self.history.with_row(
            {"epoch": self.epoch + 1, "learning_rate": rate, "queue": self.task.contrast.filled}
            | {f"train_{name}": value for name, value in trained.items()}
            | {f"validation_{name}": value for name, value in self._validate().items()}
            | {"seconds": seconds, "images_per_second": len(self.task.train) / seconds}
        )
        self._warn()
        self._keep()

    def _train(self, bar: Any) -> dict[str, float]:
        """The steps of one epoch; gives the mean loss, accuracy and spread."""
        task, meter = self.task, _Meter()
        order = sampler.permutation(task.seed, self.epoch, len(task.train))
        batches = sampler.batches(order, task.config.batch_size)
        task.contrast.train()
        ahead = prefetched(task.train, batches, self.fabric.device)
        for step, (examples, owners) in enumerate(zip(ahead, batches, strict=True)):
            generator = sampler.train_generator(task.seed, self.epoch, step, self.fabric.device)
            self._step(examples, owners, generator, meter)
            bar.update(len(examples))
            if step % LOOK_EVERY == 0:
                self._look(meter.means(), bar)
        return self._look(meter.means(), bar)

    def _step(
        self, galaxies: Examples, rows: Int[np.ndarray, "batch"], generator: torch.Generator, meter: "_Meter"
    ) -> None:
        """One step: two views, their likeness, the weights, and the queue."""
        moco, config = self.task.contrast, self.task.config
        owners = torch.from_numpy(rows).to(self.fabric.device)
        first, second = (self.augmenter(galaxies, config.augment, generator) for _ in range(2))
        with SharedOut():
            queries, keys = self.encoders(first, second, galaxies.ebv, generator)
        # with nothing to be told apart from, the first step does no more than begin the queue
        if moco.filled:
            loss, accuracy = contrast(queries, keys, *moco.others(owners), config.temperature)
            self.optimizer.zero_grad()
            self.fabric.backward(loss)
            self.optimizer.step()
            moco.follow()
            meter.add(len(rows), loss=loss.detach(), accuracy=accuracy, spread=spread(queries.detach()))
        moco.push(keys, owners)

    @torch.no_grad()
    def _measure_statistics(self) -> None:
        """Measure the batch statistics of the query encoder as it is, on galaxies as a network will be shown them."""
        size = self.task.config.batch_size
        order = sampler.permutation(self.task.seed, self.epoch, len(self.task.train))
        batches = sampler.batches(order[: max(GALAXIES, size)], size)
        self.task.contrast.query.train()
        with self.fabric.autocast():
            measure_statistics(self.task.contrast.query, map(self._plain, batches))

    def _plain(self, places: Int[np.ndarray, "batch"]) -> Examples:
        """Training galaxies, not augmented."""
        examples = self.task.train(places).to(self.fabric.device)
        return replace(examples, inputs=self.augmenter.middle(examples.inputs))

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """How well the galaxies held out are told apart from each other, by two views that are always the same."""
        if self.task.held is None:
            return {}
        self.task.contrast.eval()
        parts = [self._embedded(step, places) for step, places in enumerate(self._held_batches())]
        queries, keys = (torch.cat(each) for each in zip(*parts, strict=True))
        loss, accuracy = retrieval(queries, keys, self.task.config.temperature)
        return {"loss": float(loss), "accuracy": float(accuracy), "spread": float(spread(queries))}

    def _held_batches(self) -> list[Int[np.ndarray, "_"]]:
        held, size = self.task.held, self.task.config.batch_size
        count = min(HELD, len(held)) if held is not None else 0
        return np.array_split(np.arange(count), max(1, -(-count // size)))

    def _embedded(
        self, step: int, places: Int[np.ndarray, "batch"]
    ) -> tuple[Float[Tensor, "batch width"], Float[Tensor, "batch width"]]:
        """Features of two views of galaxies held out, both by the encoder that learns."""
        task = self.task
        assert task.held is not None
        generator = sampler.validation_generator(step, self.fabric.device)
        galaxies = task.held(places).to(self.fabric.device)
        with self.fabric.autocast():
            first, second = (
                task.contrast.query(self.augmenter(galaxies, task.config.augment, generator), galaxies.ebv)
                for _ in range(2)
            )
        return first, second

    def _look(self, means: dict[str, float], bar: Any) -> dict[str, float]:
        """Show loss and accuracy so far, and see that the loss is a number.

        Raises:
            InputError: otherwise.
        """
        seen = f"loss {means['loss']:.3g}, told apart {means['accuracy']:.1%}"
        bar.set_postfix_str(f"epoch {self.epoch + 1}/{self.task.config.epochs}, {seen}")
        if not math.isfinite(means["loss"]):
            raise InputError(
                f"{self.task.label}: the loss is {means['loss']} in epoch {self.epoch + 1}; lower the learning rate "
                "of pretraining, set training.precision to float32, and check the unit of the images."
            )
        return means

    def _warn(self) -> None:
        """Say so in the epoch in which all galaxies begin to look the same."""
        now, before = self.history.rows[-1], self.history.rows[-2] if self.epoch > 1 else None
        if before is not None and now["train_spread"] < COLLAPSED <= before["train_spread"]:
            say(
                f"{self.task.label}: the features have collapsed in epoch {self.epoch} (their spread is "
                f"{now['train_spread']:.2g} of 1), so the trunk tells galaxies apart no more; lower the learning rate "
                "or raise the temperature of pretraining."
            )

    def _keep(self) -> None:
        """Write the checkpoint."""
        if self.task.folder is None:
            return
        state = {"identity": self.task.identity, "history": list(self.history.rows)}
        checkpoint.save(_file(self.task.folder), self.task.contrast, self.sgd, state)
        self.history.write(self.task.folder / "history.csv")

    def _resume(self) -> None:
        """Go on from the last checkpoint, if there is one.

        Raises:
            InputError: if it belongs to another pretraining.
        """
        folder = self.task.folder
        if folder is None or not _file(folder).is_file():
            return
        if checkpoint.read_state(_file(folder))["identity"] != self.task.identity:
            raise InputError(f"{folder} holds another pretraining; choose another destination, or remove it.")
        state = checkpoint.restore(_file(folder), self.task.contrast, self.sgd)
        self.history = History(tuple(state["history"]))
        self.history.write(folder / "history.csv")


class _Meter:
    """Means by galaxy; the sums stay on the device until they are asked for."""

    def __init__(self) -> None:
        self.galaxies = 0
        self.sums: dict[str, Tensor | float] = {}

    def add(self, galaxies: int, **means: Tensor) -> None:
        """Add a batch by its means."""
        self.galaxies += galaxies
        for name, value in means.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.double() * galaxies

    def means(self) -> dict[str, float]:
        """Loss, accuracy and spread so far; 0 before the first step."""
        names = ("loss", "accuracy", "spread")
        return {name: float(self.sums.get(name, 0.0)) / max(self.galaxies, 1) for name in names}


def _file(folder: Path) -> Path:
    return folder / "checkpoint" / "last.safetensors"
