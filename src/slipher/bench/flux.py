"""What the flux term costs: the table's lookup against the integrals in the graph, and its share of a training step.

Both get the same synthetic spectra and the same densities, and find the same penalties and gradients.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from slipher.bench.apart import Apart, Run
from slipher.bench.constraints import Sizes, task_of
from slipher.bench.ingraph import flux_in_graph
from slipher.bench.result import Pairs, Result, alternating
from slipher.constraints import Batch, CDELoss, Flux, Terms
from slipher.physics.filters import filters_for
from slipher.physics.response import response_table
from slipher.redshift import Grid
from slipher.training.loop import train

__all__ = ["Amounts", "compared", "measure", "shares"]

BANDS = "ugriz"
LOGLAM0, PIXELS = 3.5798, 3850
"""Pixels of SDSS-I/II spectra: 3800 to 9220 Å, 1e-4 in log10 λ."""
LINES = ((3728.0, 1.0), (4862.0, 0.6), (5008.0, 1.5), (6564.0, 3.0))
"""Rest wavelengths (Å) and heights over the continuum of emission lines."""
TERMS = {"flux": 0.1 * Flux(uncovered="renormalise"), "cde": 0.1 * CDELoss(form="brier")}
"""Renormalised, every band counts, in the graph as in the table."""

Found = tuple[Float32[np.ndarray, "galaxies"], Float32[np.ndarray, "galaxies bins"]]


@dataclass(frozen=True)
class Amounts:
    """How much is computed."""

    batch: int = 128
    part: int = 8
    """Galaxies of the batch that go through the integrals in the graph; their time is scaled to the batch."""
    bins: int = 180
    repeats: int = 200
    """Lookups that are timed together."""
    runs: int = 5
    step: Sizes = field(default_factory=lambda: Sizes(train=256, validation=32))
    """Of the training whose steps the terms are a share of."""


def measure(out: Path | None) -> Iterator[Result]:
    """The lookup against the graph, and the terms' shares of a step; there is no figure."""
    yield compared(Amounts())
    yield from shares(Amounts())


def compared(amounts: Amounts) -> Result:
    """How many times as fast the table's term is, forward and backward."""
    with Apart(_lookups, "flux", amounts) as ours, Apart(_in_graph, amounts) as other:
        difference = _difference(ours().answer, other().answer)
        pairs = alternating(ours, other, amounts.runs)
    scaled = Pairs(
        tuple(seconds / amounts.repeats for seconds in pairs.ours),
        tuple(seconds * amounts.batch / amounts.part for seconds in pairs.other),
    )
    note = (
        f"forward and backward in float32, {amounts.batch} galaxies, {amounts.bins} bins, {len(BANDS)} bands; in the "
        f"graph {amounts.part} of them, their time scaled; penalties agree to {difference[0]:.1e}, gradients to "
        f"{difference[1]:.1e} of the largest"
    )
    return scaled.faster("flux: term", amounts.batch, "galaxies/s", "integrals in the graph", "at least 5,000", note)


def shares(amounts: Amounts, names: Sequence[str] = tuple(TERMS)) -> Iterator[Result]:
    """The terms' forward and backward over a training step of the constrained group, for each of ``names``."""
    note = f"resnet18 reduced, batch of {amounts.step.batch}, {amounts.step.side}×{amounts.step.side} pixels"
    with Apart(_steps, amounts.step) as step:
        for name in names:
            with Apart(_lookups, name, amounts) as term:
                pairs = alternating(term, lambda: _of_training(step()), amounts.runs)
            once = Pairs(tuple(seconds / amounts.repeats for seconds in pairs.ours), pairs.other)
            cost = once.cost(f"flux: share of {name}", "training step", "below 0.01", note)
            yield replace(cost, meaning="share")


def _of_training(run: Run) -> Run:
    """The same run, its time that of one step, without validation."""
    return replace(run, seconds=run.answer)


def _steps(sizes: Sizes) -> Callable[[], float]:
    """An epoch of the constrained group, that gives the seconds of one of its steps."""
    task = task_of("fraction 1/8", sizes)
    steps = -(-sizes.train // sizes.batch)
    return lambda: train(task).rows[-1]["seconds"] / steps


def _lookups(name: str, amounts: Amounts) -> Callable[[], Found]:
    """Forward and backward of a term, again and again, that gives penalties and gradient of the part."""
    batch, term = _batch(amounts), TERMS[name]

    def repeat() -> Found:
        for _ in range(amounts.repeats):
            gradient = _gradient(term, batch)
        (_, constraint), rows = term.parts[0], slice(amounts.part)
        # of a mean over the batch, with the weight of the sum
        scaled = gradient[rows] * len(gradient) / term.parts[0][0]
        return constraint.penalty(batch.p, batch)[rows].detach().numpy(), scaled.numpy()

    return repeat


def _gradient(term: Terms, batch: Batch) -> Tensor:
    """Of the weighted mean with respect to the masses."""
    gradient: Tensor = torch.autograd.grad(term.evaluate(batch.p, batch).total, batch.p)[0]
    return gradient


def _in_graph(amounts: Amounts) -> Callable[[], Found]:
    """Forward and backward of the part's galaxies through the integrals, one after another."""
    filters, grid, p = filters_for(BANDS), Grid(bins=amounts.bins), _masses(amounts)[: amounts.part]
    flux, redshift = _spectra(amounts.batch)
    wavelength = torch.from_numpy(_wavelengths().astype(np.float32))

    def galaxy(row: int) -> tuple[float, Tensor]:
        mass = p[row].clone().requires_grad_()
        penalty = flux_in_graph(mass, wavelength, torch.from_numpy(flux[row]), redshift[row], grid, filters)
        return penalty.item(), torch.autograd.grad(penalty, mass)[0]

    def part() -> Found:
        penalties, gradients = zip(*(galaxy(row) for row in range(len(p))), strict=True)
        return np.array(penalties, np.float32), torch.stack(gradients).numpy()

    return part


def _difference(ours: Found, other: Found) -> tuple[float, float]:
    """Largest difference of penalties and of gradients, each over the other's largest."""
    penalties, gradients = (np.abs(a - b).max() / np.abs(b).max() for a, b in zip(ours, other, strict=True))
    return float(penalties), float(gradients)


def _batch(amounts: Amounts) -> Batch:
    """A batch as the constraints see it, its responses from a table."""
    grid, p = Grid(bins=amounts.bins), _masses(amounts).requires_grad_()
    flux, redshift = _spectra(amounts.batch)
    response = response_table(
        LOGLAM0, flux, np.ones_like(flux), redshift, grid, filters_for(BANDS), uncovered="renormalise"
    )
    return Batch(
        grid=grid,
        inputs=torch.zeros(amounts.batch, 1),
        ebv=torch.zeros(amounts.batch),
        redshift=torch.from_numpy(redshift),
        label=torch.from_numpy(grid.index(redshift)),
        logits=p.log(),
        p=p,
        response=torch.from_numpy(response.table),
        counting=torch.from_numpy(response.counting),
    )


def _masses(amounts: Amounts) -> Float[Tensor, "batch bins"]:
    """Densities at random."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(amounts.batch, amounts.bins, generator=generator).softmax(dim=1)


def _wavelengths() -> Float[np.ndarray, "pixels"]:
    return np.asarray(10 ** (LOGLAM0 + 1e-4 * np.arange(PIXELS)))


def _spectra(count: int) -> tuple[Float32[np.ndarray, "galaxies pixels"], Float[np.ndarray, "galaxies"]]:
    """Noisy spectra with a break and emission lines, and their redshifts.

    All are so near that they reach the reddest filter however far they are moved: where only a pixel or two of a filter
    are covered, the renormalised flux is whatever these say, and differs between the graph and the table.
    """
    rng = np.random.default_rng(0)
    redshift = rng.uniform(0.02, 0.15, count)
    rest = _wavelengths() / (1 + redshift[:, None])
    flux = (rest / 5000) ** 0.5 * np.where(rest < 4000, 0.5, 1.0) + rng.normal(0, 0.03, rest.shape)
    for line, height in LINES:
        flux += height * np.exp(-0.5 * ((rest - line) / 4) ** 2)
    return flux.astype(np.float32), redshift
