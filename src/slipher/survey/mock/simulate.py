"""The mock survey: galaxies made from real SDSS measurements, rendered with a real camera, written to a store."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8

from slipher.errors import InputError
from slipher.extras import require
from slipher.options import check_seed
from slipher.redshift import Grid
from slipher.survey.filling import fill, finish
from slipher.survey.layout import digest
from slipher.survey.measuring import measured
from slipher.survey.mock.camera import PIXEL_SCALE, load_camera
from slipher.survey.mock.galaxy import SIZE, TRUTH, simulate_galaxy
from slipher.survey.mock.parents import BANDS, Parents, load_parents
from slipher.survey.mock.render import Renderer
from slipher.survey.mock.sed import LOGLAM0, PIXELS
from slipher.survey.pool import Block, processes
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.writer import StoreWriter, making

__all__ = ["LARGEST", "SMALLEST", "simulate"]

MOCK_VERSION = 2
"""Counts up whenever the same count and seed would give another store."""
SMALLEST, LARGEST = 24, 100_000
"""Limits of the number of galaxies; a survey to train on has at least 500."""
TEST_SHARE, VALIDATION_SHARE = 4, 12
"""One galaxy in so many is for testing, for validation."""


BLOCK = 64
"""Galaxies in a block: half a second's work, so that a kill loses little and the cores finish together."""


def simulate(path: str | Path, count: int, seed: int = 0, workers: int | None = None, overwrite: bool = False) -> Path:
    """Make a mock survey of ``count`` galaxies and write it to a galaxy store.

    The content is a function of the count and the seed: neither the number of workers nor a kill and a second call,
    which continues, changes a byte of it. A store that is already there with the same content is left alone.

    Args:
        path: where the store shall lie.
        count: number of galaxies, 24 to 100,000; two thirds train, a twelfth validates, a quarter tests.
        seed: of everything random, not negative.
        workers: number of processes; None takes every core that this process may use.
        overwrite: whether another file at ``path`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if a number is out of its range, a library is missing, or the destination cannot be written.
    """
    path = Path(path)
    _check(count, seed)
    number = processes(workers)
    identity = digest(json.dumps({"mock": MOCK_VERSION, "count": count, "seed": seed}).encode()).hex()
    with making(path, identity, overwrite) as work:
        if work.done:
            return path
        for library in ("astropy", "galsim", "kcorrect", "sep", "speclite"):
            require(library, "simulate")
        with StoreWriter(path, _schema(count, seed), identity, work) as writer:
            if writer.missing():
                simulator = BlockSimulator(load_parents(), seed, _split(count))
                fill(writer, simulator, label="simulating", workers=number)
            finish(writer)
    return path


def _check(count: int, seed: int) -> None:
    """Refuse numbers that no survey can have."""
    if not SMALLEST <= count <= LARGEST:
        raise InputError(f"{count} galaxies were asked for, but a mock survey has {SMALLEST} to {LARGEST:,}.")
    check_seed(seed, "the seed of a mock survey")


def _schema(count: int, seed: int) -> Schema:
    """Everything that is known about the store before its first galaxy."""
    schema = galaxy_schema(
        count,
        BANDS,
        source="mock survey from kcorrect's SDSS galaxies and the psField of run 3366, column 3, field 110",
        simulated=True,
        shape=(SIZE, SIZE),
        image_dtype="float16",
        pixel_scale=PIXEL_SCALE,
        loglam0=LOGLAM0,
        pixels=PIXELS,
        truth=TRUTH,
        attributes={"seed": seed},
    )
    return replace(schema, block=BLOCK)


def _split(count: int) -> UInt8[np.ndarray, "galaxies"]:
    """Which galaxies train (0), validate (1), test (2): by their number, since each is drawn alike."""
    test, validation = count // TEST_SHARE, count // VALIDATION_SHARE
    return np.repeat(np.array([0, 1, 2], np.uint8), [count - validation - test, validation, test])


class BlockSimulator:
    """Simulates blocks of galaxies, in whatever process it is sent to.

    Args:
        parents: real galaxies to draw from.
        seed: of the survey.
        split: which part each galaxy of the survey belongs to.
    """

    def __init__(self, parents: Parents, seed: int, split: UInt8[np.ndarray, "galaxies"]) -> None:
        self._parents = parents
        self._seed = seed
        self._split = split
        self._grid = Grid()
        self._camera = load_camera()
        self._renderer = Renderer(self._camera, SIZE)

    def __call__(self, block: Block, _payload: None = None) -> Mapping[str, Shaped[np.ndarray, "galaxies ..."]]:
        """Every column of a block."""
        drawn = [
            simulate_galaxy(self._parents, self._camera, self._renderer, self._grid, self._seed, number)
            for number in range(*block)
        ]
        columns = {name: np.stack([galaxy[name] for galaxy in drawn]) for name in drawn[0]}
        images = columns["images"].astype(np.float32)
        valid = np.ones(images.shape, dtype=bool)
        return {
            **columns,
            "split": self._split[slice(*block)],
            "valid": valid,
            **measured(images, valid, self._camera.electrons, sky_is_gone=True),
        }
