"""What the paper's constraints cost: epochs of the quickstart's groups, in turn, each in a process of its own.

The galaxies are synthetic: noise about a round blob, and responses drawn at random. No density learnt from them means
anything, but a step takes as long as on any others.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int

from slipher.bench.apart import Apart
from slipher.bench.result import Pairs, Result, in_turn
from slipher.bench.synthetic import BANDS, write_store
from slipher.methods.base import Job
from slipher.methods.network.preparation import Preparation
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
from slipher.training.loop import Task, train

__all__ = ["GOALS", "GROUPS", "Sizes", "costs", "measure", "task_of"]

COUNTING = (False, True, True, True, False)
"""Bands that count with spectra of SDSS-I and a mask."""


@dataclass(frozen=True)
class Sizes:
    """How much is trained."""

    train: int = 512
    """Training galaxies; eight to each validation galaxy, as in the quickstart."""
    validation: int = 64
    batch: int = 128
    side: int = 64
    """Pixels across."""
    rounds: int = 10
    """Measured epochs of each group."""


def _constrained(fraction: float) -> dict[str, Any]:
    """The quickstart's constrained group with another fraction."""
    terms = {
        "flux": {"weight": 0.1, "uncovered": "mask"},
        "invariance": {"weight": 0.1, "fraction": fraction},
        "cde": {"weight": 0.1, "form": "brier"},
    }
    return {"constraints": terms}


GROUPS: dict[str, dict[str, Any]] = {
    "augmented": {"augment": ("symmetry", "background")},
    "fraction 1": _constrained(1.0),
    "fraction 1/8": _constrained(1 / 8),
    "fraction 1/16": _constrained(1 / 16),
    "baseline": {},
}
"""What distinguishes the groups: fields of their jobs."""
GOALS = {"fraction 1": "at most 2.1", "fraction 1/8": "at most 1.15", "fraction 1/16": "at most 1.06"}


def measure(out: Path | None) -> Iterator[Result]:
    """Costs of an epoch of the constrained groups; there is no figure."""
    yield from costs(Sizes())


def costs(sizes: Sizes, names: Sequence[str] = tuple(GROUPS)) -> Iterator[Result]:
    """Seconds of an epoch with its validation.

    Args:
        sizes: of the training.
        names: of groups; the first is what the others are held against.
    """
    with ExitStack() as stack:
        runs = {name: stack.enter_context(Apart(_epoch, name, sizes)) for name in names}
        seconds = in_turn(runs, sizes.rounds, label="constraints")
    against, *groups = names
    note = (
        f"resnet18 reduced; {sizes.train} synthetic galaxies of {sizes.side}×{sizes.side} pixels and "
        f"{sizes.validation} that validate; batch of {sizes.batch}; batch statistics, which cost all the same, left out"
    )
    for name in groups:
        pairs = Pairs(seconds[name], seconds[against])
        yield pairs.cost(f"constraints: {name}", f"{against} group", GOALS.get(name, ""), note)


def task_of(group: str, sizes: Sizes) -> Task:
    """The training of a group, ready to begin, its galaxies in memory; one epoch of it."""
    # the measuring of batch statistics has a cost that does not shrink with the number of galaxies
    training = TrainingConfig(epochs=1, batch_size=sizes.batch, statistics="running")
    job = Job(
        network=CONFIGURATIONS["resnet18-reduced"],
        training=training,
        responses=lambda galaxies, grid, flux: _Responses(grid.bins),
        progress=False,
        **GROUPS[group],
    )
    count = sizes.train + sizes.validation
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "galaxies.h5"
        galaxies = open_store(write_store(path, count, sizes.side, job.grid, sizes.validation))
        preparation = Preparation(galaxies, job, "images")
    return preparation.task(build(job.network, BANDS, job.grid.bins), job)


def _epoch(group: str, sizes: Sizes) -> Callable[[], float]:
    """An epoch of a group, that gives the seconds of its training alone."""
    task = task_of(group, sizes)
    return lambda: train(task).rows[-1]["seconds"]


@dataclass(frozen=True)
class _Responses:
    """Responses near 1, as far as the terms' arithmetic cares like those of spectra."""

    bins: int

    def rows(
        self, rows: Int[np.ndarray, "galaxies"]
    ) -> tuple[Float32[np.ndarray, "galaxies bins bands"], Bool[np.ndarray, "galaxies bands"]]:
        """The table of some rows."""
        table = np.random.default_rng(0).normal(1, 0.3, (len(rows), self.bins, len(BANDS)))
        return table.astype(np.float32), np.tile(np.array(COUNTING), (len(rows), 1))
