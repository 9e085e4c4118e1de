import numpy as np
from scipy.stats import gaussian_kde

from slipher.report.smoothing import binned_kde, ridge_covariance, scatter_of


def test_it_is_the_kernel_density_estimate_of_scipy():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, 400)
    y = x + rng.normal(0, 0.4, 400)
    kernel = gaussian_kde([x, y])
    ours = binned_kde(x, y, kernel.covariance, (-5.0, 5.0, -5.0, 5.0), cells=1000)[::20, ::20]
    centres = (np.linspace(-5, 5, 1001)[:-1] + 0.005)[::20]
    theirs = kernel(np.stack([a.ravel() for a in np.meshgrid(centres, centres)])).reshape(50, 50)
    assert np.abs(ours - theirs).max() < 0.02 * theirs.max()


def test_points_beyond_the_grid_keep_their_weight():
    x = np.array([0.5, 2.0])
    density = binned_kde(x, np.array([0.5, 0.5]), 1e-3 * np.eye(2), (0.0, 1.0, 0.0, 1.0), cells=100)
    assert np.isclose(density.sum() / 100**2, 0.5, atol=1e-3)


def test_the_kernel_lies_along_the_ridge_whatever_its_slope():
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 0.4, 2000)
    for slope in (1.0, 0.0, -0.8):
        covariance = ridge_covariance(x, slope * x + rng.normal(0, 0.01, 2000), 1e-3)
        assert abs(covariance[0, 1] / covariance[0, 0] - slope) < 0.02


def test_outliers_do_not_widen_the_kernel():
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 0.4, 1000)
    y = x + rng.normal(0, 0.01, 1000)
    wild = np.where(np.arange(1000) < 50, rng.uniform(0, 0.4, 1000), y)
    assert np.allclose(ridge_covariance(x, wild, 1e-3), ridge_covariance(x, y, 1e-3), rtol=0.15)


def test_equal_estimates_are_drawn_at_least_a_cell_wide():
    x = np.linspace(0.01, 0.4, 50)
    covariance = ridge_covariance(x, np.full(50, 0.1), 1e-3)
    assert np.isclose(covariance[1, 1], 1e-6)
    assert scatter_of(np.array([])) > 0
