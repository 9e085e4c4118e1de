import itertools

import numpy as np
import pytest
import scoringrules
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from slipher.density import nodes
from slipher.density.histogram import Density
from slipher.density.piecewise import Piecewise
from slipher.errors import InputError
from slipher.redshift import Grid

GRID = Grid(0.4, 30)


def histogram(galaxies=200, seed=0):
    """The same histograms in both houses, and redshifts in and beside them."""
    rng = np.random.default_rng(seed)
    mass = rng.gamma(0.5, size=(galaxies, GRID.bins))
    density = Density(GRID, mass / mass.sum(axis=1, keepdims=True))
    return density, Piecewise(GRID.edges[None], 7 * mass[:, :, None]), rng.uniform(-0.05, 0.45, galaxies)


def lines(knots, heights):
    s = nodes.nodes(2)
    return Piecewise(knots, heights[:, :-1, None] * (1 - s) + heights[:, 1:, None] * s)


def normals(count=100, seed=0):
    rng = np.random.default_rng(seed)
    mean, sigma = rng.uniform(0.3, 1, count), rng.uniform(0.01, 0.2, count)
    edges = mean[:, None] + sigma[:, None] * np.linspace(-9, 9, 25)
    places = edges[:, :-1, None] + np.diff(edges)[:, :, None] * nodes.nodes(6)
    values = stats.norm.pdf(places, mean[:, None, None], sigma[:, None, None])
    return Piecewise(edges, values), mean, sigma, mean + sigma * rng.normal(size=count)


@pytest.mark.parametrize("score", ["crps", "cde_loss", "pit"])
def test_scores_of_a_histogram_are_those_of_density(score):
    density, pieces, z = histogram()
    assert getattr(pieces, score)(z) == pytest.approx(getattr(density, score)(z), abs=1e-12)


def test_a_histogram_answers_as_density_does():
    density, pieces, z = histogram()
    for kind in ("mean", "median", "mode"):
        assert pieces.point(kind) == pytest.approx(density.point(kind))
    assert pieces.std() == pytest.approx(density.std())
    with np.errstate(divide="ignore"):
        assert np.exp(-pieces.log_score(z)) == pytest.approx(np.exp(-density.log_score(z)))
    for level in (0.3, 0.68, 0.95):
        assert pieces.in_highest_density(level, z) == pytest.approx(density.in_highest_density(level, z))
    q = np.array([[0.0, 0.02, 0.5, 0.9, 1.0]])
    assert pieces.quantile(q)[:, 1:] == pytest.approx(density.quantile(q)[:, 1:])
    assert pieces.masses(Grid(0.5, 17)) == pytest.approx(np.diff(density.cdf(Grid(0.5, 17).edges[None]), axis=1))


def test_normal_distributions_have_their_closed_form_scores():
    pieces, mean, sigma, z = normals()
    assert pieces.crps(z) == pytest.approx(scoringrules.crps_normal(z, mean, sigma), abs=1e-8)
    assert pieces.pit(z) == pytest.approx(stats.norm.cdf(z, mean, sigma), abs=1e-7)
    squared = 1 / (2 * sigma * np.sqrt(np.pi))
    assert pieces.cde_loss(z) == pytest.approx(squared - 2 * stats.norm.pdf(z, mean, sigma), abs=1e-3, rel=1e-5)
    assert pieces.log_score(z) == pytest.approx(-stats.norm.logpdf(z, mean, sigma), abs=1e-4)
    assert pieces.mode() == pytest.approx(mean)
    assert pieces.median() == pytest.approx(mean)
    assert pieces.std() == pytest.approx(sigma)
    low, high = pieces.interval(0.68)
    assert (low + high) / 2 == pytest.approx(mean)
    assert high - low == pytest.approx(2 * sigma * stats.norm.ppf(0.84), rel=1e-6)
    inside = np.abs(z - mean) < sigma * stats.norm.ppf(0.84)
    np.testing.assert_array_equal(pieces.in_highest_density(0.68, z), inside)


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.floats(0.01, 1), min_size=1, max_size=6),
    heights=st.lists(st.floats(0, 5), min_size=7, max_size=7),
    z=st.floats(-0.5, 5),
    start=st.floats(-0.3, 0.3),
)
def test_lines_are_integrated_exactly(gaps, heights, z, start):
    knots = start + np.concatenate([[0], np.cumsum(gaps)])
    # so close to the outermost knots a redshift counts as inside: rounding may have moved it
    assume(min(abs(z - knots[0]), abs(z - knots[-1])) > 1e-6)
    heights = np.array(heights[: len(knots)]) + 0.01
    area = np.trapezoid(heights, knots)
    pieces, truth = lines(knots[None], heights[None]), np.array([z])

    def rho(x):
        return np.interp(x, knots, heights, left=0, right=0) / area

    def total(x):
        cuts = np.unique(np.concatenate([knots[knots < x], [min(max(x, knots[0]), knots[-1])]]))
        return np.trapezoid(rho(cuts), cuts)

    assert pieces.cdf(z)[0] == pytest.approx(total(z), abs=1e-12)
    cuts = np.unique(np.concatenate([knots, [z]]))
    parts = [integrate.quad(lambda x: (total(x) - (x >= z)) ** 2, a, b)[0] for a, b in itertools.pairwise(cuts)]
    assert pieces.crps(truth)[0] == pytest.approx(sum(parts), abs=1e-9)
    squares = sum(integrate.quad(lambda x: rho(x) ** 2, a, b)[0] for a, b in itertools.pairwise(knots))
    assert pieces.cde_loss(truth)[0] == pytest.approx(squares - 2 * rho(z), abs=1e-9)


def test_a_level_stretch_is_covered_in_its_share():
    pieces = lines(np.array([[0.0, 1.0, 2.0]]), np.ones((1, 3)))
    assert pieces.in_highest_density(0.68, np.array([0.3])) == pytest.approx(0.68)
    assert pieces.in_highest_density(0.68, np.array([2.3])) == 0


def test_region_of_highest_density_of_a_triangle():
    pieces = lines(np.array([[0.0, 1.0, 2.0]]), np.array([[0.0, 1.0, 0.0]]))
    reach = 1 - np.sqrt(0.32)
    for z, inside in ((1 - 0.999 * reach, 1), (1 - 1.001 * reach, 0), (1 + 0.999 * reach, 1)):
        assert pieces.in_highest_density(0.68, np.array([z])) == inside


def test_pieces_without_width_weigh_nothing():
    knots, heights = np.array([[0.0, 1.0, 1.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 3.0]])
    pieces = lines(knots, heights)
    assert pieces.cdf(1.0) == pytest.approx(0.25)
    assert pieces.pdf(np.array([[0.5, 1.5, 2.5]]))[0] == pytest.approx([0.25, 0.75, 0.0])
    assert pieces.mean() == pytest.approx(0.25 * 0.5 + 0.75 * 1.5)


def test_selecting_rows_changes_no_bit():
    pieces, *_, z = normals()
    rows = np.array([5, 2, 70])
    np.testing.assert_array_equal(pieces[rows].crps(z[rows]), pieces.crps(z)[rows])
    assert len(pieces[np.zeros(100, bool)].mode()) == 0
    assert pieces[3].mean() == pieces.mean()[3]


def test_float32_knots_hold_a_truth_at_their_end():
    end = float(np.float32(0.7))
    pieces = lines(np.array([[0.0, end]]), np.ones((1, 2)))
    assert end < 0.7
    assert np.isfinite(pieces.log_score(np.array([0.7])))


def test_what_holds_no_density_is_refused():
    with pytest.raises(InputError, match="row 1 holds no density"):
        Piecewise(GRID.edges[None], np.array([1.0, 0.0])[:, None, None] * np.ones((2, 30, 1)))


def test_questions_that_do_not_fit():
    pieces = histogram(3)[1]
    with pytest.raises(InputError, match="no point estimate"):
        pieces.point("best")
    with pytest.raises(InputError, match=r"outside \[0, 1\]"):
        pieces.quantile(1.2)
    with pytest.raises(InputError, match="ask one, one each"):
        pieces.cdf(np.zeros(7))
    with pytest.raises(InputError, match="carry no spectroscopic"):
        pieces.crps()
    with pytest.raises(InputError, match="give one each"):
        pieces.crps(np.zeros(2))
