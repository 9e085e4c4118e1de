"""Convolutions of small maps, as one product of matrices, against the library's: forward and backward."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from slipher.bench.apart import Apart
from slipher.bench.result import Result, alternating
from slipher.networks.convolution import Convolution
from slipher.training.config import TrainingConfig
from slipher.training.memory import keep_freed_memory
from slipher.training.precision import precision_of

__all__ = ["LAYERS", "Layer", "measure"]

BATCH, SIZE, RUNS, REPEATS = 128, 3, 5, 5
"""Galaxies, pixels across a window, pairs of runs, and how often a run goes forward and backward."""


@dataclass(frozen=True)
class Layer:
    """A layer of resnet18 with the reduced stem, as cutouts of 64 pixels come to it."""

    name: str
    inputs: int
    outputs: int
    side: int
    stride: int = 1


LAYERS = (Layer("last stage", 512, 512, 2), Layer("stage before", 256, 256, 4), Layer("between them", 256, 512, 4, 2))


def measure(out: Path | None = None) -> Iterator[Result]:
    """Each layer; there is no figure.

    Args:
        out: not used.
    """
    for layer in LAYERS:
        yield compared(layer, BATCH, RUNS)


def compared(layer: Layer, batch: int, runs: int) -> Result:
    """A layer of ours against torch's.

    Args:
        layer: which.
        batch: galaxies.
        runs: pairs of runs.
    """
    with Apart(repeated, Convolution, layer, batch) as ours, Apart(repeated, nn.Conv2d, layer, batch) as other:
        pairs = alternating(ours, other, runs)
        apart = float((ours.last.answer - other.last.answer).abs().max() / other.last.answer.abs().max())
    note = (
        f"resnet18 reduced, {layer.name}: {layer.inputs} to {layer.outputs} channels of {layer.side}×{layer.side} "
        f"pixels, stride {layer.stride}, batch of {batch}, forward and backward in "
        f"{precision_of(TrainingConfig(device='cpu'))}; largest difference {apart:.0e} of the largest value"
    )
    return pairs.faster(f"convolution: {layer.name}", batch * REPEATS, "galaxies/s", "torch's convolution", note=note)


def repeated(kind: type[nn.Conv2d], layer: Layer, batch: int) -> Callable[[], torch.Tensor]:
    """Forward and backward of one kind, in the arithmetic of a training; the answer is what came out."""
    keep_freed_memory()
    torch.manual_seed(0)
    options: dict[str, Any] = {} if kind is Convolution else {"padding": SIZE // 2, "bias": False}
    ours = kind(layer.inputs, layer.outputs, SIZE, layer.stride, **options).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    maps = torch.randn(batch, layer.inputs, layer.side, layer.side).contiguous(memory_format=torch.channels_last)
    maps.requires_grad_()
    bf16 = precision_of(TrainingConfig(device="cpu")) == "bf16"

    def run() -> torch.Tensor:
        for _ in range(REPEATS):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                found = ours(maps)
            torch.autograd.backward(found, torch.ones_like(found))
        result: torch.Tensor = found.detach().float()
        return result

    return run
