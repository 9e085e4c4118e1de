"""Random batches out of a store: how many times as fast as the quickest network of ours takes them in training.

And against the usual way to keep images, an HDF5 dataset with a chunk for each galaxy, read by fancy indexing.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import torch
from jaxtyping import Float16, Float32, Int64

from slipher.bench.apart import Apart, Run
from slipher.bench.result import Result, alternating
from slipher.bench.synthetic import BANDS, synthetic, write_store
from slipher.constraints.terms import Terms
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.networks.images import ImageNetwork
from slipher.progress import say
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.examples import Reader, Recipe, pixels
from slipher.training.history import Meter
from slipher.training.learner import Learner
from slipher.training.step import Objective

__all__ = ["measure"]

GRID = Grid()
CHUNKED = "chunked.h5"
STORE = "galaxies.h5"
BLOCK = 1024
"""Galaxies copied at a time."""


@dataclass(frozen=True)
class Sizes:
    """How much is read and trained."""

    galaxies: int = 20_000
    side: int = 64
    """Pixels across."""
    batch: int = 256
    batches: int = 20
    """Read in a run."""
    chunked: int = 2
    """Read in a run of the chunked file."""
    trained: int = 128
    """Galaxies of a training step."""
    steps: int = 3
    """In a run."""
    runs: int = 5
    networks: tuple[tuple[str, int], ...] = (("disanto", 64), ("resnet18", 64), ("resnet18", 32))
    """Quick ones, and the pixels across that they are shown."""


def measure(out: Path | None = None) -> Iterator[Result]:
    """Images a second, against a network's appetite and a chunked file.

    Args:
        out: takes no figure from here.
    """
    yield from compared(Sizes())


def compared(sizes: Sizes) -> Iterator[Result]:
    """The results for such sizes; the files lie in a temporary folder."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, sizes)
        yield against_appetite(folder, sizes)
        yield against_chunks(folder, sizes)


def against_appetite(folder: Path, sizes: Sizes) -> Result:
    """What training takes of each galaxy, read in random batches, against the quickest network."""
    with ExitStack() as stack:
        networks = [stack.enter_context(Apart(training, *each, sizes)) for each in sizes.networks]
        for network in networks:
            network()
        quickest = min(networks, key=lambda network: network().seconds)
        name, side = sizes.networks[networks.index(quickest)]
        say(f"reading: {name} at {side} pixels is the quickest")
        reader = stack.enter_context(Apart(reading, folder, sizes))
        count, taken = sizes.batches * sizes.batch, sizes.steps * sizes.trained
        pairs = alternating(lambda: _each(reader(), count), lambda: _each(quickest(), taken), sizes.runs)
    against = f"appetite of {name} at {side}×{side} pixels in training, the quickest of {len(networks)}"
    note = f"{_words(sizes)}; images, bad pixels, sources and sky, as training takes them"
    return pairs.faster("reading", 1, "images/s", against, "at least 10", note)


def against_chunks(folder: Path, sizes: Sizes) -> Result:
    """Images alone, against fancy indexing."""
    count, fewer = sizes.batches * sizes.batch, sizes.chunked * sizes.batch
    with Apart(images, folder, sizes) as ours, Apart(chunked, folder, sizes) as other:
        pairs = alternating(lambda: _each(ours(), count), lambda: _each(other(), fewer), sizes.runs)
    against = "h5py, a chunk for each galaxy, fancy indexing"
    return pairs.faster("reading: images", 1, "images/s", against, "", _words(sizes))


def write_files(folder: Path, sizes: Sizes) -> None:
    """Write a store of synthetic galaxies, and the same images in chunks."""
    galaxies = open_store(write_store(folder / STORE, sizes.galaxies, sizes.side, GRID))
    shape = (len(BANDS), sizes.side, sizes.side)
    with h5py.File(folder / CHUNKED, "w") as file:
        pieces = file.create_dataset("images", (sizes.galaxies, *shape), np.float16, chunks=(1, *shape))
        for start in range(0, sizes.galaxies, BLOCK):
            pieces[start : start + BLOCK] = galaxies[start : start + BLOCK].images()


def reading(folder: Path, sizes: Sizes) -> Callable[[], None]:
    """All that training takes, batch by batch, from the file."""
    reader = Reader(open_store(folder / STORE), Recipe(GRID, pixels, sky=True), memory=0)
    drawn = _random_rows(sizes)

    def run() -> None:
        for _ in range(sizes.batches):
            reader(next(drawn))

    return run


def images(folder: Path, sizes: Sizes) -> Callable[[], Float32[np.ndarray, "galaxies bands y x"]]:
    """Images alone from the store; gives the last batch."""
    galaxies, drawn = open_store(folder / STORE), _random_rows(sizes)
    return lambda: [galaxies[next(drawn)].images() for _ in range(sizes.batches)][-1]


def chunked(folder: Path, sizes: Sizes) -> Callable[[], Float32[np.ndarray, "galaxies bands y x"]]:
    """Images from the chunked file; gives the last batch."""
    data, drawn = h5py.File(folder / CHUNKED, "r")["images"], _random_rows(sizes)
    return lambda: [_indexed(data, next(drawn)) for _ in range(sizes.chunked)][-1]


def training(name: str, side: int, sizes: Sizes) -> Callable[[], None]:
    """Steps of a network on galaxies in memory, neither augmented nor constrained: the quickest that there are."""
    torch.manual_seed(0)
    network = build(NetworkConfig(name), BANDS, GRID.bins)
    assert isinstance(network, ImageNetwork)
    galaxies = synthetic(sizes.trained, side, GRID)
    network.calibrate(galaxies.inputs.std(dim=(0, 2, 3)))
    objective = Objective(GRID, Terms(), "mean", Augmenter())
    learner = Learner(network, objective, TrainingConfig(batch_size=sizes.trained, device="cpu"))
    generator, meter = torch.Generator().manual_seed(0), Meter()

    def run() -> None:
        for _ in range(sizes.steps):
            learner.step(galaxies, generator, meter)

    return run


def _indexed(data: h5py.Dataset, rows: Int64[np.ndarray, "galaxies"]) -> Float32[np.ndarray, "galaxies bands y x"]:
    """Rows in the order asked for; h5py wants them sorted."""
    order = np.argsort(rows)
    found: Float16[np.ndarray, "galaxies bands y x"] = data[rows[order]]
    return np.asarray(found[np.argsort(order)], np.float32)


def _random_rows(sizes: Sizes) -> Iterator[Int64[np.ndarray, "galaxies"]]:
    """Batches of rows, the same for both files."""
    rng = np.random.default_rng(0)
    while True:
        yield rng.choice(sizes.galaxies, sizes.batch, replace=False)


def _each(run: Run, count: int) -> Run:
    """A run's time for one of so many."""
    return replace(run, seconds=run.seconds / count)


def _words(sizes: Sizes) -> str:
    shape = f"{len(BANDS)}×{sizes.side}×{sizes.side} float16"
    return f"random batches of {sizes.batch} of {sizes.galaxies:,} galaxies, {shape}, in the system's cache"
