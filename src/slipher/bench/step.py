"""A step of training: against a plain loop, against what the machine multiplies at best, and what it waits to read."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch.utils.flop_counter import FlopCounterMode

from slipher.bench.apart import Apart
from slipher.bench.plain import PlainNetwork, PlainTraining, augmented
from slipher.bench.result import Result, alternating
from slipher.bench.synthetic import BANDS, SKY, correlation, synthetic, write_store
from slipher.constraints.terms import Terms
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.images import ImageNetwork
from slipher.progress import track
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training import sampler
from slipher.training.augment import Augmenter
from slipher.training.config import VIEWS, TrainingConfig
from slipher.training.examples import Reader, Recipe, pixels, prefetched
from slipher.training.history import Meter
from slipher.training.learner import Learner
from slipher.training.precision import precision_of
from slipher.training.step import Objective

__all__ = ["BATCHES", "LARGE", "PRODUCTS", "QUICK", "Sizes", "flops", "measure", "of_peak", "read_share", "speed"]

GRID = Grid(0.4, 180)
PRODUCTS = (1024, 2048, 4096)
"""Rows of the square matrices whose products say what the machine can do."""
LEAST = 0.3
"""Seconds for which each product is repeated."""
BATCHES = 8
"""Batches that are read in a run."""


@dataclass(frozen=True)
class Sizes:
    """What is trained, and how often."""

    network: str
    """A name of ``CONFIGURATIONS``."""
    batch: int
    side: int = 64
    """Pixels across."""
    steps: int = 1
    """In a run."""
    runs: int = 3

    @property
    def words(self) -> str:
        """For a note."""
        precision = precision_of(TrainingConfig(device="cpu"))
        shape = f"{len(BANDS)} bands, {self.side}×{self.side} pixels"
        return f"{self.network}; batch of {self.batch}, {shape}; ours in {precision}"


LARGE = Sizes("resnet50", 32)
"""The paper's network; a plain step of its batch of 128 would take a minute."""
QUICK = Sizes("resnet18-reduced", 128, steps=2)
"""The quickstart's."""


def measure(out: Path | None) -> Iterator[Result]:
    """Speed and achieved arithmetic of both networks, and what waits for the reader; there is no figure."""
    yield speed(LARGE, "at least 4.5")
    yield of_peak(LARGE, "at least 0.55")
    yield speed(QUICK)
    yield of_peak(QUICK)
    for kept in (True, False):
        yield read_share(QUICK, BATCHES, kept)


def speed(sizes: Sizes, goal: str = "") -> Result:
    """Images a second of a step against a plain loop's, each in a process of its own."""
    with Apart(ours, sizes) as quick, Apart(plain, sizes) as slow:
        pairs = alternating(quick, slow, sizes.runs, label=f"{sizes.network}: ours and a plain loop")
    return pairs.faster(
        f"step: {sizes.network}",
        sizes.batch * sizes.steps,
        "images/s",
        "plain float32 loop, NCHW, each image augmented by itself",
        goal,
        f"{sizes.words}; both augmented by symmetry and background, ours with correlated noise, the plain loop's white",
    )


def of_peak(sizes: Sizes, goal: str = "", products: Sequence[int] = PRODUCTS) -> Result:
    """Arithmetic a second of a step as a part of the best matrix product's, in turn.

    The best is in bf16 where the processor has it, and in float32 where bf16 would be emulated.
    """
    work = flops(sizes) * sizes.steps
    achieved, best = [], []
    with Apart(ours, sizes) as step, Apart(multiply, tuple(products)) as product:
        step()
        product()
        for _ in track(range(sizes.runs), f"{sizes.network}: FLOP/s", unit="pair"):
            achieved.append(work / step().seconds / 1e9)
            best.append(product().answer / 1e9)
    shares = [one / other for one, other in zip(achieved, best, strict=True)]
    return Result(
        name=f"step: FLOP/s of {sizes.network}",
        value=median(achieved),
        unit="GFLOP/s",
        against=f"best product of {', '.join(f'{size}²' for size in products)} matrices in bf16 or float32, all cores",
        baseline=median(best),
        ratio=median(shares),
        low=min(shares),
        high=max(shares),
        meaning="share",
        runs=sizes.runs,
        goal=goal,
        note=f"{sizes.words}; a multiplication and an addition are 2 FLOP; of the step only products and convolutions, "
        "forwards and backwards, are counted, but all of it is timed",
    )


def read_share(sizes: Sizes, batches: int, kept: bool) -> Result:
    """The part of training that waits for galaxies, kept in memory or read from a store."""
    with tempfile.TemporaryDirectory() as folder, Apart(reading, sizes, batches, kept, Path(folder)) as run:
        run()
        found = [run() for _ in track(range(sizes.runs), f"{sizes.network}: reading", unit="run")]
    shares = [each.answer / each.seconds for each in found]
    place = "in memory" if kept else "read from a store, one batch ahead"
    return Result(
        name=f"step: waiting for galaxies {place}",
        value=median(each.answer for each in found),
        unit="s",
        against=f"{batches} whole steps",
        baseline=median(each.seconds for each in found),
        ratio=median(shares),
        low=min(shares),
        high=max(shares),
        meaning="share",
        runs=sizes.runs,
        goal="below 0.05",
        note=f"{sizes.words}; of {batches} steps' time; a store just written lies in the system's cache",
    )


def flops(sizes: Sizes) -> int:
    """What a network's products and convolutions add up to in one step, forwards and backwards, counted by torch."""
    with torch.device("meta"):
        network = build(CONFIGURATIONS[sizes.network], BANDS, GRID.bins)
        images = torch.empty(sizes.batch, len(BANDS), sizes.side, sizes.side)
        ebv = torch.empty(sizes.batch)
    counter = FlopCounterMode(display=False)
    with counter:
        network(images, ebv).sum().backward()
    return int(counter.get_total_flops())


def ours(sizes: Sizes) -> Callable[[], None]:
    """Steps as training takes them."""
    learner, galaxies = _learner(sizes), synthetic(sizes.batch, sizes.side, GRID)
    generator, meter = torch.Generator().manual_seed(0), Meter()

    def steps() -> None:
        for _ in range(sizes.steps):
            learner.step(galaxies, generator, meter)

    return steps


def plain(sizes: Sizes) -> Callable[[], None]:
    """Steps as a plain loop takes them."""
    network = _network(sizes)
    sigma = network.sigma if network.stretch_name == "asinh" else None
    training, galaxies = PlainTraining(PlainNetwork(network.body, sigma)), synthetic(sizes.batch, sizes.side, GRID)

    def steps() -> None:
        for _ in range(sizes.steps):
            training.step(galaxies, augmented)

    return steps


def multiply(products: Sequence[int]) -> Callable[[], float]:
    """Products of matrices in bf16 and float32; gives the FLOP/s of the fastest of all."""
    held = [torch.randn(3, size, size).to(kind) for size in products for kind in (torch.bfloat16, torch.float32)]
    return lambda: max(_rate(each) for each in held)


def reading(sizes: Sizes, batches: int, kept: bool, folder: Path) -> Callable[[], float]:
    """Steps on galaxies of a store that is made in a folder; gives the seconds in which the next batch was awaited."""
    learner, meter = _learner(sizes), Meter()
    galaxies = open_store(write_store(folder / "galaxies.h5", sizes.batch * batches, sizes.side, GRID))
    recipe = Recipe(GRID, pixels, sky=True)
    reader = Reader(galaxies, recipe) if kept else Reader(galaxies, recipe, memory=0)
    cut = sampler.batches(sampler.permutation(0, 0, len(galaxies)), sizes.batch)

    def epoch() -> float:
        waited, started = 0.0, time.perf_counter()
        for step, examples in enumerate(prefetched(reader, cut)):
            waited += time.perf_counter() - started
            learner.step(examples, sampler.train_generator(0, 0, step, learner.device), meter)
            started = time.perf_counter()
        return waited

    return epoch


def _rate(matrices: torch.Tensor) -> float:
    """FLOP/s of the fastest of some products."""
    out, one, other = matrices
    size, fastest, spent = len(out), float("inf"), 0.0
    while spent < LEAST:
        started = time.perf_counter()
        torch.mm(one, other, out=out)
        seconds = time.perf_counter() - started
        fastest, spent = min(fastest, seconds), spent + seconds
    return 2 * size**3 / fastest


def _network(sizes: Sizes) -> ImageNetwork:
    torch.manual_seed(0)
    network = build(CONFIGURATIONS[sizes.network], BANDS, GRID.bins)
    assert isinstance(network, ImageNetwork)
    network.calibrate(torch.full((len(BANDS),), SKY))
    return network


def _learner(sizes: Sizes) -> Learner:
    """What trains the augmented group."""
    objective = Objective(GRID, Terms(), "mean", Augmenter(correlation=correlation()))
    return Learner(_network(sizes), objective, TrainingConfig(batch_size=sizes.batch, device="cpu"), VIEWS)
