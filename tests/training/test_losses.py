from dataclasses import replace

import numpy as np
import pytest
import scoringrules
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from slipher.constraints.batch import Batch
from slipher.constraints.terms import RESERVED, Terms
from slipher.density.histogram import Density
from slipher.methods.base import fit
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.training.config import TrainingConfig
from slipher.training.losses import LOSSES, cross_entropy, crps


def batch(logits, redshift, grid):
    label = torch.from_numpy(grid.index(np.asarray(redshift)))
    redshift = torch.as_tensor(redshift, dtype=logits.dtype)
    return Batch(grid, logits[:, :1], redshift, redshift, label, logits, logits.softmax(dim=1))


def random_batch(seed, grid, galaxies=50, scale=3.0, dtype=torch.float64):
    rng = np.random.default_rng(seed)
    redshift = np.append(rng.uniform(1e-6, grid.z_max, galaxies - 2), [grid.edges[3], grid.z_max])
    return batch(torch.from_numpy(scale * rng.normal(size=(galaxies, grid.bins))).to(dtype), redshift, grid)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), bins=st.integers(4, 300), z_max=st.floats(0.1, 4), scale=st.floats(0, 30))
def test_crps_is_that_of_the_density(seed, bins, z_max, scale):
    grid = Grid(z_max, bins)
    given = random_batch(seed, grid, scale=scale)
    expected = Density(grid, given.p.numpy()).crps(given.redshift.numpy()).mean()
    assert crps(given).item() == pytest.approx(expected, abs=1e-6 * z_max, rel=1e-6)
    single = random_batch(seed, grid, scale=scale, dtype=torch.float32)
    assert crps(single).item() == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_narrow_bins_give_the_crps_of_a_gaussian_mixture():
    rng = np.random.default_rng(1)
    weight, mean, std = (
        rng.dirichlet(np.ones(3), 20),
        rng.uniform(0.15, 0.25, (20, 3)),
        rng.uniform(0.005, 0.02, (20, 3)),
    )
    truth, grid = rng.uniform(0.1, 0.3, 20), Grid(0.4, 4000)
    cdf = (weight[..., None] * stats.norm.cdf(grid.edges, mean[..., None], std[..., None])).sum(axis=1)
    mass = torch.from_numpy(np.diff(cdf))
    given = replace(batch(mass.clamp(min=1e-300).log(), truth, grid), p=mass)
    expected = scoringrules.crps_mixnorm(truth, mean, std, weight)
    assert crps(given).item() == pytest.approx(expected.mean(), rel=1e-4)


def test_crps_has_the_gradient_of_finite_differences():
    grid = Grid(0.4, 7)
    given = random_batch(2, grid, galaxies=3)
    assert torch.autograd.gradcheck(lambda p: crps(replace(given, p=p)), given.p.clone().requires_grad_())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0, 1e4))
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_gradients_are_finite(name, seed, scale):
    given = random_batch(seed, Grid(0.4, 60), galaxies=8, scale=scale, dtype=torch.float32)
    logits = given.logits.clone().requires_grad_()
    loss = LOSSES[name][1](replace(given, logits=logits, p=logits.softmax(dim=1)))
    loss.backward()
    assert loss.isfinite()
    assert loss >= 0
    assert logits.grad.isfinite().all()
    assert scale > 30 or logits.grad.abs().sum() > 0


def test_all_mass_in_the_true_bin_is_nearly_perfect():
    grid = Grid(0.4, 10)
    sure = batch(torch.eye(10, dtype=torch.float64).mul(1e3), grid.centres, grid)
    assert cross_entropy(sure).item() == 0
    assert crps(sure).item() == pytest.approx(grid.width / 12)  # half a bin's width of a uniform density


def test_names_are_no_constraints():
    assert {name for name, _ in LOSSES.values()} <= set(RESERVED)
    assert not Terms().names


@pytest.mark.parametrize(
    ("name", "loss", "rate", "epochs"),
    [
        ("pasquet-1024", "cross-entropy", 1e-4, 2),
        ("disanto", "crps", 1e-3, 3),
        ("henghes", "cross-entropy", 1e-3, 3),
        ("hoyle", "cross-entropy", 1e-4, 2),
    ],
)
def test_every_network_learns(survey, name, loss, rate, epochs):
    training = TrainingConfig(epochs=epochs, batch_size=30, learning_rate=rate, loss=loss, device="cpu")
    model = fit(survey, grid=Grid(0.4, 10), network=NetworkConfig(name), training=training, progress=False)
    column = f"train_{LOSSES[loss][0]}"
    first, last = (model.history.rows[place] for place in (0, -1))
    assert first[column] == first["train_total"]
    assert last[column] < first[column]
    assert np.isfinite(model.predict(survey.test, progress=False).mass).all()
