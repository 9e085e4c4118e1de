"""What distinguishes the three readings of the conditional density loss (physics.md)."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from slipher.constraints import Batch, CDELoss
from slipher.redshift import Grid

SIGMA, CENTRE = 0.0129, 0.2


def gaussian(grid, sigma):
    """Masses of a Gaussian in the bins."""
    mass = np.diff(norm(CENTRE, sigma).cdf(grid.edges))
    return torch.from_numpy(mass / mass.sum())


def expected(form, p, truth, grid):
    """The loss of p, expected over the true bin."""
    label = torch.arange(grid.bins)
    every = p.expand(grid.bins, -1)
    zeros = torch.zeros(grid.bins)
    batch = Batch(grid, zeros[:, None], zeros, zeros, label, every, every)
    return (truth * CDELoss(form=form).penalty(every, batch)).sum().item()


def test_the_density_form_is_the_integral_and_does_not_know_the_bins():
    """For a Gaussian ∫ρ² = 1/(2σ√π), and the expected loss of the truth is −∫ρ²."""
    exact = -1 / (2 * SIGMA * np.sqrt(np.pi))
    losses = [
        expected("density", gaussian(grid, SIGMA), gaussian(grid, SIGMA), grid)
        for grid in (Grid(0.4, 180), Grid(0.4, 720), Grid(0.8, 720))
    ]
    np.testing.assert_allclose(losses, exact, rtol=3e-3)


@pytest.mark.parametrize("form", ["density", "brier"])
def test_proper_forms_are_least_at_the_truth(form):
    grid = Grid()
    widths = SIGMA * np.array([0.5, 0.8, 0.95, 1.0, 1.05, 1.25, 2.0])
    losses = [expected(form, gaussian(grid, width), gaussian(grid, SIGMA), grid) for width in widths]
    assert np.argmin(losses) == 3


def test_the_mass_form_is_least_at_a_spike():
    grid = Grid()
    truth = gaussian(grid, SIGMA)
    spike = torch.zeros(grid.bins, dtype=torch.float64)
    spike[truth.argmax()] = 1
    assert expected("mass", spike, truth, grid) < expected("mass", truth, truth, grid)
    assert expected("density", spike, truth, grid) > expected("density", truth, truth, grid)


def test_brier_is_the_density_form_times_the_width_of_a_bin():
    grid = Grid()
    p, truth = gaussian(grid, 2 * SIGMA), gaussian(grid, SIGMA)
    np.testing.assert_allclose(
        expected("brier", p, truth, grid), grid.width * expected("density", p, truth, grid), rtol=1e-12
    )


@pytest.mark.parametrize(("reduction", "width"), [("mean", 0.01287), ("sum", 0.0101)])
def test_the_printed_form_narrows_densities_when_summed(reduction, width):
    """With CE + 0.1·mass a Gaussian of σ = 0.0129 is fitted as 0.01287 under mean, 0.0101 under sum over 128."""
    grid = Grid()
    truth = gaussian(grid, SIGMA)
    scale = 128 if reduction == "sum" else 1
    logits = truth.log().clamp(min=-60).clone().requires_grad_()
    optimiser = torch.optim.LBFGS([logits], max_iter=400, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        p = logits.softmax(dim=0)
        mass = grid.width * p.square().sum() - 2 * (truth * p).sum()
        value = -(truth * logits.log_softmax(dim=0)).sum() + 0.1 * scale * mass
        value.backward()
        return value

    optimiser.step(loss)
    p = logits.softmax(dim=0).detach().numpy()
    mean = p @ grid.centres
    fitted = np.sqrt(p @ (grid.centres - mean) ** 2)
    assert fitted == pytest.approx(width, rel=0.02)
