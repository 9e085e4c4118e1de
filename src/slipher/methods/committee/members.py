"""A committee of small fully connected networks, all of whose members are computed together.

Hidden layers of tanh and one linear output. A member is one row of parameters, layer by layer: weights, then biases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor

from slipher.methods.committee.quasi_newton import minimise

__all__ = ["Committee", "parameters", "trained"]

CHUNK = 4096
"""Galaxies whose signals are held at once: they then stay in the processor's cache."""

Members = Float[Tensor, "members parameters"]
Inputs = Float[Tensor, "galaxies features"]
Targets = Float[Tensor, "galaxies"]


@dataclass(frozen=True, eq=False)
class Committee:
    """Networks of one shape."""

    widths: tuple[int, ...]
    """Inputs, hidden layers, and 1."""
    members: Members

    def __call__(self, inputs: Inputs) -> Float[Tensor, "members galaxies"]:
        """What each member says of each galaxy."""
        return outputs(self.widths, self.members, inputs)

    def slopes(self, inputs: Inputs) -> Float[Tensor, "galaxies features"]:
        """Derivative of the members' mean by each input of each galaxy."""
        inputs = inputs.clone().requires_grad_()
        return torch.autograd.grad(self(inputs).mean(dim=0).sum(), inputs)[0]


def trained(
    train: tuple[Inputs, Targets],
    validation: tuple[Float[Tensor, "others features"], Float[Tensor, "others"]],
    hidden: Sequence[int],
    members: int,
    decay: float,
    iterations: int,
    seed: int,
) -> Committee:
    """Members that differ in their initial weights, trained together, each as it was when it validated best.

    Args:
        train: inputs and target of the galaxies to learn, of about unit variance.
        validation: those that end the training.
        hidden: widths of the hidden layers.
        members: number of networks.
        decay: λ in the mean square error + λ |weights|², biases left out.
        iterations: steps at most.
        seed: of the initial weights.
    """
    widths = (train[0].shape[1], *hidden, 1)
    train, validation = _single(train), _single(validation)
    decayed = _is_weight(widths)

    def objective(rows: Members) -> tuple[Float[Tensor, "rows"], Members]:
        error, slope = _square_error(widths, rows, train)
        return error + decay * (decayed * rows**2).sum(dim=1), slope + 2 * decay * decayed * rows

    def check(rows: Members) -> Float[Tensor, "rows"]:
        return _square_error(widths, rows, validation)[0]

    with torch.no_grad():
        return Committee(widths, minimise(objective, check, _drawn(widths, members, seed), iterations))


def outputs(widths: tuple[int, ...], rows: Members, inputs: Inputs) -> Float[Tensor, "members galaxies"]:
    """Outputs of the networks whose parameters are the rows."""
    signal, begin = inputs.expand(len(rows), *inputs.shape), 0
    for layer, (before, after) in enumerate(pairwise(widths)):
        middle, end = begin + before * after, begin + (before + 1) * after
        weight, bias = rows[:, begin:middle].view(-1, before, after), rows[:, None, middle:end]
        signal = torch.baddbmm(bias, signal, weight)
        signal, begin = (signal if layer == len(widths) - 2 else signal.tanh()), end
    return signal[:, :, 0]


def _square_error(
    widths: tuple[int, ...], rows: Members, part: tuple[Inputs, Targets]
) -> tuple[Float[Tensor, "members"], Members]:
    """Mean square error of each member, and its gradient.

    Signals are float32, which takes half the time; sums over chunks and steps are float64.
    """
    error, slope = torch.zeros(len(rows), dtype=torch.float64), torch.zeros_like(rows)
    for inputs, target in zip(*(torch.split(each, CHUNK) for each in part), strict=True):
        with torch.enable_grad():
            single = rows.detach().float().requires_grad_()
            found = (outputs(widths, single, inputs) - target).square().sum(dim=1)
            slope += torch.autograd.grad(found.sum(), single)[0]
        error += found.detach()
    return error / len(part[1]), slope / len(part[1])


def _single(part: tuple[Inputs, Targets]) -> tuple[Inputs, Targets]:
    return part[0].float(), part[1].float()


def _drawn(widths: tuple[int, ...], members: int, seed: int) -> Members:
    """Initial parameters: weights of variance 1/inputs, biases 0 (LeCun et al. 1998, *Efficient BackProp*, 4.6)."""
    generator = torch.Generator().manual_seed(seed)
    layers = [torch.full((before * after,), before**-0.5) for before, after in pairwise(widths)]
    scale = torch.cat([torch.cat([each, torch.zeros(after)]) for each, after in zip(layers, widths[1:], strict=True)])
    return torch.randn(members, len(scale), generator=generator, dtype=torch.float64) * scale


def parameters(widths: tuple[int, ...]) -> int:
    """Number of parameters of a member."""
    return sum((before + 1) * after for before, after in pairwise(widths))


def _is_weight(widths: tuple[int, ...]) -> Int[Tensor, "parameters"]:
    """1 for a weight, 0 for a bias."""
    parts = [torch.cat([torch.ones(a * b), torch.zeros(b)]) for a, b in pairwise(widths)]
    return torch.cat(parts).to(torch.int64)
