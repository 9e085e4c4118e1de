import numpy as np

from slipher.redshift import Grid
from slipher.report.style import Look
from slipher.report.views import choose_galaxies, draw_views

GRID = Grid(0.4, 40)
LOOK = Look("#0072B2", "o")


def masses(galaxies, views):
    return np.random.default_rng(0).dirichlet(np.ones(40), (galaxies, views))


def test_the_same_twelve_every_time_and_all_of_fewer():
    assert np.array_equal(choose_galaxies(1000), choose_galaxies(1000))
    assert len(set(choose_galaxies(1000))) == 12
    assert choose_galaxies(5).tolist() == [0, 1, 2, 3, 4]


def test_each_galaxy_has_a_picture_and_all_its_densities():
    redshift = np.linspace(0.05, 0.3, 12)
    pictures = [np.zeros((8, 8, 3), np.uint8)] * 12
    figure = draw_views(GRID, masses(12, 20), redshift, pictures, LOOK, "twelve")
    drawn = [axes for axes in figure.axes if axes.collections]
    assert len(figure.axes) == 24
    assert [len(axes.collections[0].get_segments()) for axes in drawn] == [20] * 12
    assert np.allclose([axes.lines[-1].get_xdata()[0] for axes in drawn], redshift)


def test_without_pictures_the_densities_stand_alone():
    figure = draw_views(GRID, masses(7, 1), np.full(7, 0.1), None, LOOK, "seven")
    assert len(figure.axes) == 7
