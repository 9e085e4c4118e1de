"""What is timed against the number of galaxies: import, one epoch of training, prediction, evaluation."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import cast

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor, nn

from slipher.bench.growth_survey import BANDS, GRID, NOISE, SHAPE, Survey
from slipher.constraints.terms import Terms
from slipher.density.file import DensityFile
from slipher.density.scores import columns, score_columns
from slipher.formats.arrays import ArrayTable
from slipher.formats.containers import Container, open_container
from slipher.methods.base import Model
from slipher.methods.network.model import NeuralModel
from slipher.networks.config import NetworkConfig
from slipher.networks.images import ImageNetwork
from slipher.study.predict import predict as predict_store
from slipher.survey.badpixels import keep_rows, spoiled
from slipher.survey.columns import identifiers, redshifts
from slipher.survey.filling import fill, finish
from slipher.survey.images import import_images
from slipher.survey.pool import Block, Columns
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import split_by_id
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.examples import Reader, Recipe, pixels
from slipher.training.loop import Task, train
from slipher.training.step import Objective

__all__ = ["NOTES", "RESAMPLES", "STAGES", "prepare"]

RESAMPLES = 10
"""Bootstraps of the evaluation: few, since each goes through all galaxies again."""
BATCH = 256
"""Galaxies a training step."""


class OneLayer(nn.Module):
    """The lightest network that sees every pixel, so that what is timed is what surrounds a network."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(len(BANDS) * SHAPE[0] * SHAPE[1] + 1, GRID.bins)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images and E(B−V)."""
        logits: Tensor = self.layer(torch.cat([images.flatten(1), ebv[:, None]], dim=1))
        return logits


def import_cutouts(survey: Survey) -> None:
    """Turn cutouts into a store: bad pixels, parts, checksums, journal; fluxes are mere sums of pixels."""
    count = survey.galaxies
    with open_container(survey.cutouts) as file:
        table = ArrayTable(file, count)
        identifier = identifiers(table, "id", count)
        beside = {"id": identifier, "redshift": redshifts(table, "redshift", count), "split": split_by_id(identifier)}
        keep_rows(_spoiled(file, count), identifier, False, str(file.path))
        with StoreWriter(survey.store, _schema(count), "growth") as writer:
            fill(writer, _columns, label="importing", read=lambda a, b: _read(file, beside, a, b))
            finish(writer)


def import_and_measure(survey: Survey) -> None:
    """Import as `slipher data import images` does, sources, sky and photometry measured, in this process alone."""
    import_images(
        survey.cutouts,
        survey.measured,
        images="images",
        redshift="redshift",
        id="id",
        bands=BANDS,
        layout="NCHW",
        workers=1,
        overwrite=True,
    )


def one_epoch(survey: Survey) -> None:
    """Train for one epoch on cutouts that are read from the disk, batch by batch, in random order."""
    galaxies = open_store(survey.store)
    recipe = Recipe(GRID, pixels)
    task = Task(
        network=_network(),
        train=Reader(galaxies.train, recipe, memory=0),
        validation=Reader(galaxies.validation, recipe, memory=0),
        objective=Objective(GRID, Terms(), "mean", Augmenter()),
        config=TrainingConfig(epochs=1, batch_size=BATCH, device="cpu"),
        progress=False,
    )
    train(task)


def predict(survey: Survey) -> None:
    """Write the density of every galaxy."""
    predict_store(_model(), open_store(survey.store), survey.densities, overwrite=True)


def evaluate(survey: Survey) -> None:
    """Score all densities as `slipher evaluate` does, with few bootstraps."""
    with DensityFile(survey.densities) as file:
        parts = [columns(block) for block in file.blocks()]
    scored = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    score_columns(scored, resamples=RESAMPLES)


STAGES: dict[str, Callable[[Survey], None]] = {
    "import": import_cutouts,
    "import and measure": import_and_measure,
    "epoch": one_epoch,
    "predict": predict,
    "evaluate": evaluate,
}
"""In this order: each needs the files of those before."""
NOTES = {
    "import": "from HDF5, without measuring, one process",
    "import and measure": "slipher data import images, one process",
    "epoch": f"one layer on all pixels, read from disk in random order, batches of {BATCH}",
    "predict": "the same network, densities written",
    "evaluate": f"all metrics with {RESAMPLES} bootstraps",
}
"""What a reader must know of each."""


def prepare(stage: str, survey: Survey, small: Survey) -> Callable[[], None]:
    """Load all that a stage needs, by going through a small survey, and give the stage on the one to be timed."""
    # the bars of many processes would be drawn over each other; errors go another way
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    STAGES[stage](small)
    return partial(STAGES[stage], survey)


def _spoiled(file: Container, count: int) -> Bool[np.ndarray, "count"]:
    """Which galaxies have too many bad pixels."""
    bounds = [(start, min(start + Schema.block, count)) for start in range(0, count, Schema.block)]
    return np.concatenate([spoiled(file.read("images", *each)) for each in bounds])


def _schema(galaxies: int) -> Schema:
    return galaxy_schema(galaxies, BANDS, source="the benchmark growth", simulated=True, shape=SHAPE, sky=False)


def _read(file: Container, beside: Columns, start: int, stop: int) -> Columns:
    """Some galaxies as they lie in the file."""
    known = {name: values[start:stop] for name, values in beside.items()}
    return {**known, "images": file.read("images", start, stop)}


def _columns(block: Block, read: Columns) -> Columns:
    """A block's columns."""
    valid = np.isfinite(read["images"])
    images = np.where(valid, read["images"], np.float16(0))
    flux = images.sum(axis=(2, 3), dtype=np.float32)
    error = np.full_like(flux, NOISE * np.sqrt(SHAPE[0] * SHAPE[1]))
    ebv: Float32[np.ndarray, "galaxies"] = np.zeros(len(flux), np.float32)
    measured = {"photometry/flux": flux, "photometry/flux_error": error}
    return {**read, **measured, "images": images, "valid": valid, "ebv": ebv}


def _network() -> ImageNetwork:
    """The network, in the unit of the noise."""
    network = ImageNetwork(OneLayer(), len(BANDS), "asinh")
    network.calibrate(torch.full((len(BANDS),), NOISE))
    return network


def _model() -> Model:
    return cast("Model", NeuralModel(GRID, NetworkConfig(), _network(), BANDS, SHAPE))
