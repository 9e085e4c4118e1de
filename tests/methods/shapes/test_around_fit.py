import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde, norm

from slipher.methods.shapes.around_fit import gaussian_mass, residual_mass
from slipher.redshift import Grid

GRID = Grid(0.4, 80)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.35), st.floats(0.004, 0.1))
def test_the_gaussian_on_the_grid(mean, sigma):
    mass = gaussian_mass(np.array([mean]), np.array([sigma]), GRID)[0]
    expected = np.diff(norm.cdf(GRID.edges, mean, sigma))
    expected = np.maximum(expected / expected.sum(), 1e-6)
    assert np.allclose(mass, expected / expected.sum(), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.floats(0, 1), st.integers(0, 1000))
def test_any_estimate_gives_a_density(mean, sigma, seed):
    residual = sigma * np.random.default_rng(seed).normal(size=(1, 30))
    point, width = np.array([mean]), np.array([sigma])
    for mass in (gaussian_mass(point, width, GRID)[0], residual_mass(point, residual, width, GRID)[0]):
        assert mass.sum() == pytest.approx(1)
        assert mass.min() > 0.9e-6


def test_residuals_give_scotts_kernel_density_estimate():
    rng = np.random.default_rng(2)
    fine = Grid(0.4, 400)
    residual = np.concatenate([rng.normal(0, 0.01, 70), rng.normal(0.05, 0.005, 30)])
    mass = residual_mass(np.array([0.2]), residual[None], np.array([residual.std()]), fine)[0]
    kernel = gaussian_kde(0.2 + residual, bw_method=1.06 * 100**-0.2)
    kernel.set_bandwidth(1.06 * 100**-0.2 * residual.std() / residual.std(ddof=1))
    expected = np.array([kernel.integrate_box_1d(*pair) for pair in zip(fine.edges[:-1], fine.edges[1:], strict=True)])
    # places are rounded to bins of 0.001, a thirtieth of the kernel's width
    assert np.abs(mass - expected / expected.sum()).sum() < 0.02


def test_without_width_residuals_are_counted():
    residual = np.array([[-0.1, 0.0, 0.0, 0.1]])
    mass = residual_mass(np.array([0.2025]), residual, np.zeros(1), GRID)[0]
    assert np.allclose(mass[[20, 40, 60]], [0.25, 0.5, 0.25], atol=1e-4)


def test_what_lies_beyond_one_end_does_not_come_in_at_the_other():
    residual = np.concatenate([np.zeros(50), np.full(50, 0.7)])[None]
    mass = residual_mass(np.array([0.3]), residual, np.array([0.01]), GRID)[0]
    assert mass[:40].max() < 2e-6
    assert mass[50:70].sum() > 0.99
