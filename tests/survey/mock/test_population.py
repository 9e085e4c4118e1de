"""What is drawn has the stated distributions, and what must not tell the redshift does not."""

import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

from slipher.redshift import Grid
from slipher.survey.mock.population import SERSIC_INDICES, draw_galaxy

COUNT = 3000


@pytest.fixture(scope="module")
def drawn(parents):
    rng = np.random.default_rng(1)
    return [draw_galaxy(parents, Grid(), rng) for _ in range(COUNT)]


def column(drawn, name):
    values = [getattr(galaxy, name, None) for galaxy in drawn]
    return np.array([getattr(galaxy.shape, name) for galaxy in drawn] if values[0] is None else values)


@pytest.mark.parametrize(
    "nuisance", ["ebv", "half_light_radius", "sersic_index", "axis_ratio", "angle", "signal_to_noise"]
)
def test_dust_and_shape_know_neither_redshift_nor_parent(drawn, parents, nuisance):
    values = column(drawn, nuisance)
    parent = column(drawn, "parent")
    for told in (column(drawn, "redshift"), parents.redshift[parent], parents.ebv[parent], parents.flux[parent, 2]):
        assert abs(spearmanr(values, told).statistic) < 4 / np.sqrt(COUNT)


def test_redshift_scatters_by_a_hundredth_about_the_parent(drawn, parents):
    parent = parents.redshift[column(drawn, "parent")]
    # Far from the edges of the grid, where nothing is redrawn.
    inside = (parent > 0.05) & (parent < 0.33)
    offset = ((column(drawn, "redshift") - parent) / (0.01 * (1 + parent)))[inside]
    assert kstest(offset, "norm").pvalue > 1e-3


def test_redshift_is_inside_the_grid(drawn):
    assert Grid().contains(column(drawn, "redshift")).all()


def test_coefficients_scatter_by_a_tenth(drawn, parents):
    centre = parents.coefficients[column(drawn, "parent")]
    known = centre > 0
    offset = (column(drawn, "coefficients")[known] / centre[known] - 1) / 0.1
    assert kstest(offset, "norm").pvalue > 1e-3


def test_parents_are_drawn_uniformly(drawn, parents):
    assert kstest(column(drawn, "parent") / len(parents), "uniform").pvalue > 1e-3


def test_dust_has_the_distribution_of_the_catalogue(drawn, parents):
    assert kstest(column(drawn, "ebv"), parents.ebv).pvalue > 1e-3


def test_shapes_keep_their_limits(drawn):
    assert set(column(drawn, "sersic_index")) == set(SERSIC_INDICES)
    radius, ratio, angle = (column(drawn, name) for name in ("half_light_radius", "axis_ratio", "angle"))
    assert radius.min() >= 0.8
    assert radius.max() <= 4.0
    assert 2.0 < np.median(radius) < 2.6
    assert ratio.min() >= 0.25
    assert ratio.max() <= 1.0
    assert kstest(angle / 180, "uniform").pvalue > 1e-3
