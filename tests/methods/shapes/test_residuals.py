import numpy as np
import pytest

from slipher.methods.shapes.around_fit import gaussian_mass
from slipher.methods.shapes.residuals import ResidualShape
from slipher.redshift import Grid

GRID = Grid(0.4, 180)


def test_normal_residuals_make_gaussians():
    shape = ResidualShape.of(np.random.default_rng(0).normal(size=20_000))
    mean, error = np.array([0.1, 0.2, 0.3]), np.array([0.01, 0.02, 0.04])
    found, expected = shape.mass(mean, error, GRID), gaussian_mass(mean, error, GRID)
    assert np.abs(np.cumsum(found - expected, axis=1)).max() < 0.03
    assert np.allclose(found.sum(axis=1), 1)


def test_lopsided_residuals_make_lopsided_densities():
    """The true redshift is estimate + error × residual, so the mean moves by error × the residuals' mean."""
    rng = np.random.default_rng(1)
    shape = ResidualShape.of(rng.exponential(1.0, 5000))
    found = shape.mass(np.array([0.1]), np.array([0.02]), GRID)[0]
    assert found @ GRID.centres == pytest.approx(0.12, abs=0.001)


def test_of_many_residuals_quantiles_do():
    scaled = np.random.default_rng(2).standard_t(3, 30_000)
    few, many = ResidualShape.of(scaled[:2000]), ResidualShape.of(scaled)
    place = np.linspace(-3, 3, 50)
    assert np.abs(np.interp(place, few.place, few.below) - np.interp(place, many.place, many.below)).max() < 0.03


@pytest.mark.parametrize("scaled", [np.array([0.3]), np.zeros(5), np.array([-1.0, 2.0])])
def test_few_residuals_do_no_harm(scaled):
    found = ResidualShape.of(scaled).mass(np.array([-0.5, 0.0, 0.2, 0.4, 3.0]), np.full(5, 1e-9), GRID)
    assert np.isfinite(found).all()
    assert np.allclose(found.sum(axis=1), 1)
    assert found.min() > 0.9e-6 / 2
