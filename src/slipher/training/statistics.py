"""Batch statistics measured anew, so that a validation judges the weights and not the memory of earlier ones.

Batch normalisation remembers a moving average of its batches' means and variances. While the weights move quickly that
average lags behind them: on the 4,000 galaxies of the quickstart it lifted the validation loss by up to 4, at random.
An average over some batches under the present weights has no such error (Wu & Johnson 2021, arXiv:2105.07576,
section 3).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from slipher.training.examples import Examples

__all__ = ["GALAXIES", "measure_statistics"]

GALAXIES = 1024
"""Training galaxies that the statistics are measured on; twice or four times as many change nothing."""


@torch.no_grad()
def measure_statistics(network: nn.Module, examples: Iterable[Examples]) -> None:
    """Set the statistics of every batch normalisation that learns to their mean over batches.

    Args:
        network: from inputs and what stands beside them to logits; a layer in evaluation mode keeps its statistics.
        examples: batches of galaxies as they will be predicted, not augmented.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d) and layer.training]
    if not layers:
        return
    with _averaging(layers):
        for batch in examples:
            network(batch.inputs, *batch.beside)


@contextmanager
def _averaging(layers: list[nn.BatchNorm2d]) -> Iterator[None]:
    """Begin the statistics anew, as a plain mean; give the moving average back afterwards."""
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
