import numpy as np
import pytest
from scipy import stats

from slipher.density import scores as s
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.redshift import Grid

GRID = Grid(0.4, 180)
REPORTED = [
    "bias",
    "mad",
    "mad_centred",
    "outliers_0.05",
    "outliers_0.15",
    "cde_loss",
    "crps",
    "log_score",
    "pit_ks",
    "pit_cvm",
    "pit_ad",
    "pit_outliers",
    "coverage_68",
    "coverage_95",
    "coverage_68_hpd",
    "coverage_95_hpd",
]


def gaussian(galaxies=4000, stretch=1.0, shift=0.0, seed=1, grid=GRID):
    """Normal densities of width 0.01 (1 + z) times ``stretch``; with 1 and no shift they are calibrated."""
    rng = np.random.default_rng(seed)
    redshift = rng.uniform(0.08, 0.3, galaxies)
    sigma = 0.01 * (1 + redshift)
    mu = redshift + sigma * rng.normal(size=galaxies) + shift * sigma
    mass = np.diff(stats.norm.cdf(grid.edges, mu[:, None], stretch * sigma[:, None]), axis=1)
    return Density(grid, mass / mass.sum(axis=1, keepdims=True), redshift=redshift)


def values(density, **options):
    return {name: score.value for name, score in s.scores(density, resamples=2, **options).items()}


def test_names_and_order():
    assert list(s.METRICS) == REPORTED
    assert list(values(gaussian(50))) == REPORTED


def test_calibrated_densities_pass():
    scores = values(gaussian())
    n = 4000
    assert stats.kstwo(n).sf(scores["pit_ks"]) > 0.01
    assert scores["pit_cvm"] < 0.743  # upper 1 % point
    assert scores["pit_ad"] < 3.857
    assert scores["coverage_68"] == pytest.approx(0.68, abs=3 * np.sqrt(0.68 * 0.32 / n))
    assert scores["coverage_95"] == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / n))
    assert scores["coverage_68_hpd"] == pytest.approx(0.68, abs=3 * np.sqrt(0.68 * 0.32 / n))
    assert scores["coverage_95_hpd"] == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / n))
    assert scores["pit_outliers"] < 2e-3


@pytest.mark.parametrize(("stretch", "side"), [(1.3, 1), (0.75, -1)])
def test_wrong_widths_fail_on_their_side(stretch, side):
    right, wrong = gaussian(), gaussian(stretch=stretch)
    scores = values(wrong)
    assert stats.kstwo(4000).sf(scores["pit_ks"]) < 1e-4
    assert scores["pit_cvm"] > 0.743
    assert scores["pit_ad"] > 3.857
    for level in ("68", "95"):
        for kind in ("", "_hpd"):
            assert side * (scores[f"coverage_{level}{kind}"] - int(level) / 100) > 0.015
    assert side * (1 / 12 - np.var(wrong.pit())) > 0.01
    assert np.var(right.pit()) == pytest.approx(1 / 12, abs=0.005)


def test_shifted_densities_fail():
    scores = values(gaussian(shift=0.3))
    assert stats.kstwo(4000).sf(scores["pit_ks"]) < 1e-4
    assert scores["bias"] > 0.001


@pytest.mark.parametrize("wrong", [{"stretch": 1.5}, {"stretch": 0.6}, {"shift": 1.0}])
@pytest.mark.parametrize("metric", ["cde_loss", "crps", "log_score"])
def test_proper_scores_prefer_the_truth(metric, wrong):
    right, other = (s.columns(density) for density in (gaussian(), gaussian(**wrong)))
    assert s.paired_difference(metric, right, other).high < 0


def test_a_perfect_pit_means_nothing_by_itself():
    """The distribution of all redshifts as everybody's density: calibrated, and useless."""
    redshift = gaussian().redshift
    counts = np.histogram(redshift, GRID.edges)[0]
    prior = Density(GRID, np.tile(counts / counts.sum(), (4000, 1)), redshift=redshift).floored()
    known, nothing = values(gaussian()), values(prior)
    assert nothing["pit_ks"] < 0.02
    assert nothing["cde_loss"] > known["cde_loss"] + 10
    assert nothing["crps"] > 3 * known["crps"]


def test_expected_cde_loss_of_gaussians():
    """E ∫ρ² − 2ρ = −1/(2σ√π) where calibrated."""
    density = gaussian()
    expected = np.mean(-1 / (2 * 0.01 * (1 + density.redshift) * np.sqrt(np.pi)))
    assert values(density)["cde_loss"] == pytest.approx(expected, rel=0.03)


def test_pit_metrics_against_qp():
    qp_pit = pytest.importorskip("qp.metrics.pit")
    density = gaussian(1000)
    reference = qp_pit.PIT(density.to_qp(), density.redshift)
    scores = values(density)
    np.testing.assert_allclose(np.sort(reference.pit_samps), np.sort(density.pit()), atol=1e-12)
    assert scores["pit_ks"] == pytest.approx(reference.evaluate_PIT_KS().statistic)
    assert scores["pit_cvm"] == pytest.approx(reference.evaluate_PIT_CvM().statistic)


def test_cde_loss_against_qp():
    metrics = pytest.importorskip("qp.metrics.concrete_metric_classes")
    density = gaussian(300)
    loss = metrics.CDELossMetric(np.linspace(0, 0.4, 4001)).evaluate(density.to_qp(), density.redshift)
    assert values(density)["cde_loss"] == pytest.approx(loss, rel=3e-3)


def test_point_metrics_against_qp():
    points = pytest.importorskip("qp.metrics.point_estimate_metric_classes")
    rng = np.random.default_rng(0)
    redshift = rng.uniform(0, 0.4, 1000)
    estimate = redshift + rng.standard_t(2, 1000) * 0.02
    rail = {name: score.value for name, score in s.point_scores(estimate, redshift, "rail", 2).items()}
    assert rail["bias"] == pytest.approx(points.PointBias().evaluate(estimate, redshift))
    assert rail["sigma_iqr"] == pytest.approx(points.PointSigmaIQR().evaluate(estimate, redshift))
    assert rail["outliers_3sigma"] == pytest.approx(points.PointOutlierRate().evaluate(estimate, redshift))
    assert rail["mad_centred"] == pytest.approx(points.PointSigmaMAD().evaluate(estimate, redshift), rel=1e-4)


def test_point_metrics_by_hand():
    redshift = np.array([0.0, 0.0, 0.0, 1.0])
    scores = {name: score.value for name, score in s.point_scores(np.array([0.01, 0.03, 0.2, 1.12]), redshift).items()}
    assert scores == pytest.approx(
        {
            "bias": 0.075,
            "mad": 1.4826 * 0.045,
            "mad_centred": 1.4826 * 0.025,
            "outliers_0.05": 0.5,
            "outliers_0.15": 0.25,
        }
    )


def test_rail_convention_adds_to_the_scores_of_densities():
    scores = values(gaussian(50), convention="rail")
    assert {"sigma_iqr", "outliers_3sigma"} == set(scores) - set(REPORTED)
    with pytest.raises(InputError, match="paper and rail"):
        s.scores(gaussian(5), convention="hubble")


def test_point_estimate_may_be_chosen():
    density = gaussian(300)
    for kind in ("mean", "median", "mode"):
        expected = np.mean(s.residuals(density.point(kind), density.redshift))
        assert values(density, point=kind)["bias"] == pytest.approx(expected)


def test_blocks_make_no_difference(monkeypatch):
    density = gaussian(100)
    whole = s.columns(density)
    monkeypatch.setattr(s, "BLOCK", 7)
    for name, column in s.columns(density).items():
        np.testing.assert_array_equal(column, whole[name])


def test_unknown_redshifts_are_refused():
    density = gaussian(5)
    with pytest.raises(InputError, match="one known redshift"):
        s.columns(density, np.array([0.1, 0.2, np.nan, 0.1, 0.1]))
    with pytest.raises(InputError, match="one known redshift"):
        s.columns(Density(GRID, density.mass))


def test_zero_density_at_the_truth_has_no_log_score():
    mass = np.zeros((2, 180))
    mass[:, 3] = 1
    score = s.scores(Density(GRID, mass), np.array([0.3, 0.0080]), resamples=3)["log_score"]
    assert (score.value, score.low, score.high) == (None, None, None)
