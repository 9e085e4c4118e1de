import numpy as np
import pytest

from slipher.density.histogram import Density
from slipher.methods.expansion.cosine import masses, values
from slipher.methods.expansion.shape import BUMPS, POWERS, Shape, best_shape
from slipher.methods.shapes.shaping import nearest_density, sharpened, without_bumps
from slipher.redshift import Grid

GRID = Grid(0.4, 60)


def sample(noise, width=0.02, count=800, cosines=30):
    """Coefficients of Gaussian densities, with noise; redshifts drawn from the densities."""
    rng = np.random.default_rng(0)
    centre = rng.uniform(0.1, 0.3, count)
    order = np.pi * np.arange(1, cosines + 1)
    beta = values(centre / 0.4, cosines) * np.exp(-0.5 * (order * width / 0.4) ** 2)
    return beta + noise * rng.normal(size=beta.shape), np.clip(rng.normal(centre, width), 1e-3, 0.4)


def test_exact_coefficients_need_neither_bump_nor_power():
    beta, redshift = sample(0.0)
    shape = best_shape(beta, redshift, GRID)
    assert shape.cosines >= 12
    assert shape.power == pytest.approx(1.0, abs=0.11)


def test_noise_costs_cosines():
    beta, redshift = sample(0.0)
    noisy, _ = sample(0.3)
    assert best_shape(noisy, redshift, GRID).cosines < best_shape(beta, redshift, GRID).cosines


def test_densities_that_are_too_wide_are_sharpened():
    beta, _ = sample(0.0, width=0.04)
    _, redshift = sample(0.0, width=0.02)
    assert best_shape(beta, redshift, GRID).power > 1.5


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_what_is_chosen_has_the_least_loss_of_what_is_predicted(noise):
    """The score is the one that densities are scored by, of every combination in turn, floor and all."""
    beta, redshift = sample(noise, count=200, cosines=10)

    def loss(shape):
        return Density(GRID, shape.mass(beta, GRID), redshift=redshift).cde_loss().mean()

    chosen = best_shape(beta, redshift, GRID)
    plain = [loss(Shape(count)) for count in range(1, 11)]
    assert chosen.cosines == np.argmin(plain) + 1
    every = [loss(Shape(chosen.cosines, bump, power)) for bump in BUMPS for power in POWERS]
    assert loss(chosen) == pytest.approx(min(every), abs=1e-12)


def test_mass_is_the_steps_one_after_the_other():
    beta, _ = sample(0.3, count=20)
    found = Shape(10, 0.05, 1.3).mass(beta, GRID)
    expected = sharpened(without_bumps(nearest_density(masses(beta[:, :10], 60)), 0.05), 1.3)
    assert np.allclose(found, expected, atol=1e-4)
    assert found.min() > 0.9e-6
    assert np.allclose(found.sum(axis=1), 1)
