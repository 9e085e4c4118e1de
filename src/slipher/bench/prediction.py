"""How fast a trained network predicts, by each engine, against the plain way; and what averaging over views costs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
import torch
from jaxtyping import Float

from slipher.bench.apart import Apart
from slipher.bench.result import Pairs, Result, alternating, in_turn
from slipher.methods.network.engine import TOLERANCE, Engine
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.images import ImageNetwork
from slipher.networks.stretch import stretch
from slipher.physics.symmetry import SYMMETRIES
from slipher.progress import say

__all__ = ["available", "engines", "measure", "views"]

BANDS = ("u", "g", "r", "i", "z")
BINS = 180
SIDE = 64
"""Pixels across the cutouts."""
NETWORKS = {"resnet50": 64, "resnet18-reduced": 256}
"""Configurations, the paper's first, and the galaxies of a batch."""
VIEWED = 16
"""Galaxies of the batch on which eight views are compared with one, of the paper's network."""
SEEN = 8
"""Galaxies that a network has seen before it predicts."""
RUNS = 3
"""Rounds that are measured, after one that is not."""
GOAL = {"resnet50": "at least 3 for the best"}
TTA_GOAL = "at most 8.2"
PLAIN = "float32 eager, channels first, batch normalisations in place"

Masses = Float[np.ndarray, "galaxies bins"]


def measure(out: Path | None = None) -> Iterator[Result]:
    """Every engine there is on each network, then eight views against one by the fastest on the paper's network.

    Args:
        out: no figure is drawn.
    """
    fastest = "eager"
    for place, (network, batch) in enumerate(NETWORKS.items()):
        found = list(engines(network, batch, SIDE, RUNS, available()))
        yield from found
        if place == 0:
            fastest = max(found, key=lambda result: result.ratio).name.rsplit(" ", 1)[-1]
    yield views(next(iter(NETWORKS)), VIEWED, SIDE, RUNS, fastest)


def available() -> tuple[str, ...]:
    """The engines that this environment has."""
    return tuple(name for name in TOLERANCE if find_spec("openvino") is not None or "openvino" not in name)


def engines(network: str, batch: int, side: int, runs: int, names: tuple[str, ...]) -> Iterator[Result]:
    """Each engine against the plain way, all in turn, each in a process of its own.

    Args:
        network: a name of ``CONFIGURATIONS``.
        batch: galaxies predicted in a run.
        side: pixels across their cutouts.
        runs: rounds that are measured.
        names: of engines.
    """
    with ExitStack() as stack:
        say(f"preparing {network} for {', '.join(names)}")
        ours = {name: stack.enter_context(Apart(engine_of, network, batch, side, name, 1)) for name in names}
        plain = stack.enter_context(Apart(plain_of, network, batch, side))
        times = in_turn({**ours, PLAIN: plain}, runs, label=f"{network}: engines")
    for name in names:
        difference = float(np.abs(ours[name].last.answer - plain.last.answer).max())
        note = f"batch of {batch}, {side}×{side} pixels; masses within {difference:.0e}"
        pairs = Pairs(times[name], times[PLAIN])
        yield pairs.faster(f"prediction: {network}, {name}", batch, "images/s", PLAIN, GOAL.get(network, ""), note)


def views(network: str, batch: int, side: int, runs: int, name: str) -> Result:
    """Averaging over the eight symmetries against one view, by one engine.

    Args:
        network: a name of ``CONFIGURATIONS``.
        batch: galaxies predicted in a run.
        side: pixels across their cutouts.
        runs: pairs that are measured.
        name: of the engine.
    """
    arguments = (network, batch, side, name)
    with Apart(engine_of, *arguments, SYMMETRIES) as eight, Apart(engine_of, *arguments, 1) as one:
        pairs = alternating(eight, one, runs)
    note = f"{network} by {name}, batch of {batch}, {side}×{side} pixels"
    return pairs.cost("prediction: eight views", "one view", TTA_GOAL, note)


def engine_of(name: str, batch: int, side: int, engine: str, views: int) -> Callable[[], Masses]:
    """What predicts a batch by an engine."""
    ready = Engine(network_of(name, side), engine)
    images, ebv = galaxies(batch, side)

    def predict() -> Masses:
        return ready.mass(images, [ebv], views).numpy()

    return predict


def plain_of(name: str, batch: int, side: int) -> Callable[[], Masses]:
    """What predicts a batch as one would plainly write it in torch."""
    network = network_of(name, side)
    body = network.body.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    images, ebv = galaxies(batch, side)

    @torch.inference_mode()
    def predict() -> Masses:
        stretched = stretch(images, network.sigma, network.stretch_name)
        found: Masses = body(stretched, ebv).softmax(dim=1).numpy()
        return found

    return predict


def network_of(name: str, side: int) -> ImageNetwork:
    """A network that was not trained, but has seen galaxies: its normalisations know what comes to them."""
    torch.manual_seed(0)
    network = cast(ImageNetwork, build(CONFIGURATIONS[name], BANDS, BINS))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(*galaxies(SEEN, side))
    return network.eval()


def galaxies(count: int, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Round blobs of all colours on noise of unit variance in place of cutouts, and E(B−V) up to 0.1 magnitudes."""
    generator = torch.Generator().manual_seed(1)
    axis = torch.arange(side) - (side - 1) / 2
    profile = torch.exp(-torch.hypot(axis[:, None], axis) / 4)
    peaks = torch.exp(1 + torch.randn(count, len(BANDS), 1, 1, generator=generator))
    noise = torch.randn(count, len(BANDS), side, side, generator=generator)
    return peaks * profile + noise, torch.rand(count, generator=generator) / 10
