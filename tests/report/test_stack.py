import numpy as np

from slipher.redshift import Grid
from slipher.report.stack import draw_stack
from slipher.report.style import looks


def test_curves_are_densities_and_the_truth_is_normalised():
    grid = Grid()
    redshift = np.random.default_rng(0).uniform(0.05, 0.2, 500)
    mass = np.histogram(redshift, grid.edges)[0] / 500
    axes = draw_stack(grid, redshift, {"a": mass}, looks(["a"])).axes[0]
    truth = axes.patches[0].get_data()
    assert np.isclose((truth.values * np.diff(truth.edges)).sum(), 1)
    assert np.isclose(axes.lines[0].get_ydata().sum() * grid.width, 1)


def test_bins_of_the_truth_are_bins_of_any_grid():
    for grid in (Grid(3.0, 300), Grid(1.0, 7)):
        assert draw_stack(grid, np.array([0.2, 0.9]), {}, {}).axes
