from itertools import pairwise

import numpy as np
import pytest
import scoringrules
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.redshift import Grid

GRID = Grid(0.4, 20)


def random_density(galaxies, grid=GRID, seed=0, sparse=True):
    """Masses with many empty bins, also at both ends, which is where cumulative distributions have flat parts."""
    rng = np.random.default_rng(seed)
    mass = rng.gamma(0.5, size=(galaxies, grid.bins))
    if sparse:
        mass[rng.random(mass.shape) < 0.4] = 0
        mass[mass.sum(axis=1) == 0, 0] = 1
    return Density(grid, mass / mass.sum(axis=1, keepdims=True), redshift=rng.uniform(0, grid.z_max, galaxies))


def gaussian(grid, mu, sigma):
    """A normal distribution, cut to the grid, by the differences of its cumulative distribution."""
    mass = np.diff(stats.norm.cdf(grid.edges, np.asarray(mu)[:, None], np.asarray(sigma)[:, None]), axis=1)
    return Density(grid, mass / mass.sum(axis=1, keepdims=True))


densities = st.builds(
    random_density,
    st.integers(1, 6),
    st.builds(Grid, st.floats(0.1, 6), st.integers(2, 40)),
    st.integers(0, 10_000),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(densities, st.integers(0, 10_000))
def test_cdf_rises_from_0_to_1(density, seed):
    z = np.sort(np.random.default_rng(seed).uniform(-0.1, density.grid.z_max + 0.1, (len(density), 50)), axis=1)
    cdf = density.cdf(z)
    assert (np.diff(cdf, axis=1) >= 0).all()
    assert density.cdf(0.0) == pytest.approx(0)
    assert (density.cdf(density.grid.z_max) == 1).all()
    assert (cdf[z > density.grid.z_max] == 1).all()


@settings(max_examples=40, deadline=None)
@given(densities, st.integers(0, 10_000))
def test_quantile_inverts_cdf(density, seed):
    q = np.random.default_rng(seed).random((len(density), 30))
    assert density.cdf(density.quantile(q)) == pytest.approx(q, abs=1e-12)
    z = density.quantile(q)
    assert density.quantile(density.cdf(z)) == pytest.approx(z, abs=1e-9 * density.grid.z_max)


@settings(max_examples=40, deadline=None)
@given(densities, st.floats(0, 1))
def test_quantile_is_the_smallest_redshift_that_reaches_q(density, q):
    z = density.quantile(q)
    assert ((z >= 0) & (z <= density.grid.z_max)).all()
    step = 1e-3 * density.grid.width
    if q > 1e-6:
        assert (density.cdf(z - step) < q).all()
        assert (density.cdf(z + step) >= q - 1e-12).all()


def test_quantiles_of_0_and_1_are_the_ends_of_the_support():
    mass = np.zeros((1, 20))
    mass[0, [5, 8]] = 0.3, 0.7
    density = Density(GRID, mass)
    assert density.quantile(0.0) == pytest.approx(GRID.edges[5])
    assert density.quantile(1.0) == pytest.approx(GRID.edges[9])


def test_quantile_agrees_whether_it_goes_by_galaxy_or_by_quantile():
    density = random_density(5)
    q = np.linspace(0, 1, 21)[None, :]
    by_galaxy = density.quantile(q)
    by_quantile = np.stack([density.quantile(float(each)) for each in q[0]], axis=1)
    np.testing.assert_array_equal(by_galaxy, by_quantile)


@pytest.mark.parametrize("q", [-0.1, 1.1, float("nan")])
def test_quantile_of_no_probability_is_refused(q):
    with pytest.raises(InputError, match=r"outside \[0, 1\]"):
        random_density(2).quantile(q)


def test_pdf_integrates_to_one_and_is_zero_outside():
    density = random_density(4)
    assert density.pdf(GRID.centres[None, :]).sum(axis=1) * GRID.width == pytest.approx(1)
    assert (density.pdf(-0.01) == 0).all()
    assert (density.pdf(0.41) == 0).all()
    assert (density.pdf(0.0) == 0).all()
    assert np.isnan(density.pdf(np.nan)).all()


def test_upper_edge_belongs_to_the_bin_below():
    density = random_density(4, sparse=False)
    assert density.pdf(GRID.edges[None, 1:]) == pytest.approx(density.mass / GRID.width)


def test_queries_of_each_shape():
    density = random_density(3)
    assert density.cdf(0.2).shape == (3,)
    assert density.cdf(np.array([0.1, 0.2, 0.3])).shape == (3,)
    assert density.cdf(np.full((1, 7), 0.2)).shape == (3, 7)
    assert density.cdf(np.full((3, 7), 0.2)).shape == (3, 7)
    with pytest.raises(InputError, match="3 densities"):
        density.cdf(np.array([0.1, 0.2]))


def test_moments_against_qp():
    qp = pytest.importorskip("qp")
    density = random_density(50, sparse=False)
    ensemble = qp.Ensemble(qp.hist, data={"bins": GRID.edges, "pdfs": density.mass / GRID.width})
    z = np.linspace(0.003, 0.397, 40)
    assert density.mean() == pytest.approx(np.ravel(ensemble.mean()))
    assert density.median() == pytest.approx(np.ravel(ensemble.median()))
    assert density.cdf(z[None, :]) == pytest.approx(ensemble.cdf(z))
    assert density.pdf(z[None, :]) == pytest.approx(ensemble.pdf(z))
    assert density.quantile(np.array([[0.1, 0.5, 0.9]])) == pytest.approx(ensemble.ppf(np.array([0.1, 0.5, 0.9])))
    assert density.mode() == pytest.approx(np.ravel(ensemble.mode(GRID.centres)))


def test_to_qp_carries_what_is_known():
    pytest.importorskip("qp")
    density = Density(GRID, random_density(3).mass, np.array(["a", "b", "c"]), np.array([0.1, np.nan, 0.3]))
    ensemble = density.to_qp()
    assert ensemble.npdf == 3
    assert list(ensemble.ancil["id"]) == ["a", "b", "c"]
    assert ensemble.cdf(0.2).ravel() == pytest.approx(density.cdf(0.2))


def test_variance_is_that_of_the_histogram():
    density = random_density(3)
    z = (np.arange(200_000) + 0.5) / 200_000 * GRID.z_max
    for row in range(3):
        pdf = density[row].pdf(z[None, :])[0]
        mean = np.mean(z * pdf) * GRID.z_max
        assert density.mean()[row] == pytest.approx(mean, rel=1e-8)
        assert density.variance()[row] == pytest.approx(np.mean((z - mean) ** 2 * pdf) * GRID.z_max, rel=1e-6)
    assert density.std() ** 2 == pytest.approx(density.variance())


def test_gaussian_has_its_mean_and_width():
    density = gaussian(Grid(0.4, 180), [0.2, 0.15], [0.02, 0.01])
    assert density.mean() == pytest.approx([0.2, 0.15], abs=1e-6)
    assert density.median() == pytest.approx([0.2, 0.15], abs=1e-5)
    assert density.mode() == pytest.approx([0.2, 0.15], abs=0.4 / 180)
    assert density.std() == pytest.approx([0.02, 0.01], rel=0.01)
    low, high = density.interval(0.6827)
    assert high - low == pytest.approx([0.04, 0.02], rel=0.01)


@settings(max_examples=40, deadline=None)
@given(densities, st.integers(0, 10_000))
def test_crps_is_its_integral(density, seed):
    z = np.random.default_rng(seed).uniform(-0.05, density.grid.z_max + 0.05, len(density))
    crps = density.crps(z)
    assert (crps >= 0).all()
    for row in range(len(density)):
        points = np.unique([*density.grid.edges, z[row]])
        pieces = pairwise(points)
        exact = sum(
            integrate.fixed_quad(
                lambda x, row=row, a=a: (density[row].cdf(x[None, :])[0] - (a >= z[row])) ** 2, a, b, n=3
            )[0]
            for a, b in pieces
        )
        assert crps[row] == pytest.approx(exact, rel=1e-7, abs=1e-12)


def test_crps_of_a_gaussian():
    grid = Grid(0.4, 4000)
    mu, sigma, z = np.array([0.2, 0.21, 0.15]), np.array([0.02, 0.01, 0.015]), np.array([0.2, 0.18, 0.19])
    expected = [scoringrules.crps_normal(*each) for each in zip(z, mu, sigma, strict=True)]
    assert gaussian(grid, mu, sigma).crps(z) == pytest.approx(expected, rel=1e-4)


def test_crps_against_scoringrules_ensemble():
    density = random_density(4, sparse=False)
    quantiles = density.quantile(((np.arange(4000) + 0.5) / 4000)[None, :])
    expected = scoringrules.crps_ensemble(density.redshift, quantiles, estimator="qd")
    assert density.crps() == pytest.approx(expected, rel=1e-4)


def test_log_score_and_cde_loss_of_a_gaussian():
    grid = Grid(0.4, 4000)
    mu, sigma, z = np.array([0.2, 0.21]), np.array([0.02, 0.01]), np.array([0.19, 0.2132])
    density = gaussian(grid, mu, sigma)
    assert density.log_score(z) == pytest.approx(-stats.norm.logpdf(z, mu, sigma), abs=1e-2)
    exact = 1 / (2 * sigma * np.sqrt(np.pi)) - 2 * stats.norm.pdf(z, mu, sigma)
    assert density.cde_loss(z) == pytest.approx(exact, rel=1e-2)


def test_log_score_is_cross_entropy_plus_log_width():
    density = random_density(30, sparse=False)
    cross_entropy = -np.log(density.mass[np.arange(30), GRID.index(density.redshift)])
    assert density.log_score() == pytest.approx(cross_entropy + np.log(GRID.width))


def test_cde_loss_against_calpit():
    metrics = pytest.importorskip("calpit.metrics")
    density = random_density(30, sparse=False)
    fine = np.linspace(0, 0.4, 20 * 400 + 1)
    loss, _ = metrics.cde_loss(density.pdf(fine[None, :]), fine, density.redshift)
    assert density.cde_loss().mean() == pytest.approx(loss, rel=2e-3)


def test_truth_outside_the_grid():
    density = random_density(2, sparse=False)
    z = np.array([-0.1, 0.5])
    assert density.pit(z) == pytest.approx([0, 1])
    assert np.isinf(density.log_score(z)).all()
    assert density.crps(z) == pytest.approx(density.crps(np.array([0.0, 0.4])) + 0.1)
    assert (density.in_highest_density(0.95, z) == 0).all()


def test_float32_truth_at_the_last_edge_is_inside():
    density = random_density(2, sparse=False)
    last = np.full(2, 0.4, dtype=np.float32)
    assert density.log_score(last) == pytest.approx(-np.log(density.mass[:, -1] / GRID.width))


def test_unknown_truth_gives_nan():
    density = random_density(2)
    z = np.array([np.nan, 0.2])
    for score in (density.pit, density.crps, density.log_score, density.cde_loss):
        assert np.isnan(score(z)).tolist() == [True, False]


def test_scores_need_a_truth():
    density = Density(GRID, random_density(2).mass)
    with pytest.raises(InputError, match="no spectroscopic redshifts"):
        density.pit()
    with pytest.raises(InputError, match="2 densities"):
        density.pit(np.array([0.1, 0.2, 0.3]))


@settings(max_examples=40, deadline=None)
@given(densities, st.floats(0.05, 0.99))
def test_highest_density_region(density, level):
    share = density.highest_density(level)
    assert (share * density.mass).sum(axis=1) == pytest.approx(level)
    least_inside = np.where(share > 0, density.mass, np.inf).min(axis=1)
    most_outside = np.where(share < 1, density.mass, 0).max(axis=1)
    assert (least_inside >= most_outside).all()
    at_centres = [density.in_highest_density(level, np.full(len(density), z)) for z in density.grid.centres]
    np.testing.assert_allclose(np.stack(at_centres, axis=1), share, atol=1e-9)


def test_highest_density_region_of_equal_bins_takes_the_same_of_each():
    density = Density(GRID, np.full((1, 20), 0.05))
    assert density.highest_density(0.68) == pytest.approx(0.68)


def test_sample_follows_the_density():
    density = random_density(3, seed=3)
    draws = density.sample(20_000, np.random.default_rng(1))
    assert draws.shape == (3, 20_000)
    for row in range(3):
        assert stats.kstest(density[row].cdf(draws[row][None, :])[0], "uniform").pvalue > 1e-3


def test_odds():
    mass = np.zeros((2, 20))
    mass[0, 10] = 1
    mass[1, [3, 18]] = 0.6, 0.4
    assert Density(GRID, mass).odds() == pytest.approx([1, 0.6])


def test_floor_fills_empty_bins():
    density = random_density(5).floored(1e-6)
    assert (density.mass > 0.99e-6).all()
    assert density.mass.sum(axis=1) == pytest.approx(1, abs=1e-14)
    assert np.isfinite(density.log_score(np.full(5, 0.2))).all()


def test_rows():
    density = Density(GRID, random_density(5).mass, np.arange(5), np.linspace(0.1, 0.3, 5))
    for rows in (slice(1, 3), np.array([2, 0]), density.redshift > 0.2, 3):
        part = density[rows]
        np.testing.assert_array_equal(part.mass, np.atleast_2d(density.mass[rows]))
        np.testing.assert_array_equal(part.id, np.atleast_1d(density.id[rows]))
        np.testing.assert_array_equal(part.redshift, np.atleast_1d(density.redshift[rows]))
    assert len(density[:0]) == 0


def test_point_estimates_by_name():
    density = random_density(3)
    for kind in ("mean", "median", "mode"):
        np.testing.assert_array_equal(density.point(kind), getattr(density, kind)())
    with pytest.raises(InputError, match="mean, median, mode"):
        density.point("best")


def test_float32_masses_become_exact():
    mass = random_density(100).mass.astype(np.float32)
    density = Density(GRID, mass)
    assert density.mass.dtype == np.float64
    assert np.abs(density.mass.sum(axis=1) - 1).max() < 1e-15 * 20


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda mass: mass.__setitem__((2, 3), np.nan), "row 2"),
        (lambda mass: mass.__setitem__((1, 3), -0.1), "row 1"),
        (lambda mass: mass.__setitem__(4, 0), "row 4"),
        (lambda mass: mass.__imul__(50), "5 of 5 rows"),
        (lambda mass: mass.__setitem__((0, 0), np.inf), "row 0"),
    ],
)
def test_what_is_no_mass_is_refused(spoil, message):
    mass = random_density(5).mass.copy()
    spoil(mass)
    with pytest.raises(InputError, match=message):
        Density(GRID, mass)


def test_wrong_shapes_are_refused():
    mass = random_density(5).mass
    with pytest.raises(InputError, match="the grid has 20 bins"):
        Density(GRID, mass[:, :-1])
    with pytest.raises(InputError, match="4 values of id"):
        Density(GRID, mass, np.arange(4))
