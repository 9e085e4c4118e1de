import numpy as np

from slipher.density.histogram import Density
from slipher.redshift import Grid
from slipher.report.errorbars import choose_outliers, draw_errorbars
from slipher.report.redshifts import Points, draw_redshifts

GRID = Grid()


def sample(wide):
    """Densities centred 0.1 off; the wide ones reach the true redshift, the narrow ones do not."""
    redshift = np.linspace(0.1, 0.2, 30)
    centre = redshift + np.where(np.arange(30) < 20, 0.1, 0.0)
    mass = np.exp(-(((GRID.centres - centre[:, None]) / (0.08 if wide else 0.005)) ** 2) / 2)
    density = Density(GRID, mass / mass.sum(axis=1, keepdims=True), redshift=redshift)
    return Points(redshift, density.mean(), 0.05), density


def test_bars_of_wide_densities_reach_the_truth_and_narrow_ones_do_not():
    for wide, expected in ((True, 12), (False, 0)):
        points, density = sample(wide)
        assert draw_errorbars(draw_redshifts(points, "bars"), points, density) == (12, expected)


def test_the_choice_is_random_among_outliers_and_the_same_every_time():
    points, _ = sample(wide=False)
    chosen = choose_outliers(points)
    assert points.outlier[chosen].all()
    assert np.array_equal(chosen, choose_outliers(points))
    assert not np.array_equal(chosen, np.arange(12))


def test_bars_are_the_five_to_ninety_five_percent_interval():
    points, density = sample(wide=True)
    figure = draw_redshifts(points, "bars")
    draw_errorbars(figure, points, density)
    segments = np.array(figure.axes[0].collections[-2].get_segments())
    chosen = choose_outliers(points)
    assert np.allclose(segments[:, 0, 1], density[chosen].quantile(0.05))
    assert np.allclose(segments[:, 1, 1], density[chosen].quantile(0.95))


def test_no_outlier_no_bar():
    points, density = sample(wide=False)
    calm = Points(points.redshift, points.redshift, 0.05)
    assert draw_errorbars(draw_redshifts(calm, "calm"), calm, density) == (0, 0)


def test_no_bar_ends_above_the_axes():
    redshift = np.full(30, 0.05)
    mass = np.zeros((30, GRID.bins))
    mass[:, 20:150] = 1 / 130
    density = Density(GRID, mass, redshift=redshift)
    points = Points(redshift, density.mean(), 0.05)
    figure = draw_redshifts(points, "wide")
    assert figure.axes[0].get_ylim()[1] < density.quantile(0.95).max()
    draw_errorbars(figure, points, density)
    assert figure.axes[0].get_ylim()[1] > density.quantile(0.95).max()
    assert figure.axes[0].get_ylim()[0] == 0
