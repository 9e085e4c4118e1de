from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from slipher.density.distances import AD, CVM, KS, pit_ad, pit_cvm, pit_ks

DISTANCES = {"ks": (KS, pit_ks), "cvm": (CVM, pit_cvm), "ad": (AD, pit_ad)}


def logistic_ad(pit, samples=1, rng=0):
    """scipy's Anderson–Darling test, which knows the logistic distribution but not the uniform."""
    known = {"loc": 0, "scale": 1}
    return stats.goodness_of_fit(
        stats.logistic, stats.logistic.ppf(pit), known_params=known, statistic="ad", n_mc_samples=samples, rng=rng
    )


def test_distances_against_scipy():
    pit = np.random.default_rng(0).beta(1.2, 0.9, 500)
    assert pit_ks(pit) == pytest.approx(stats.kstest(pit, "uniform").statistic)
    assert pit_cvm(pit) == pytest.approx(stats.cramervonmises(pit, "uniform").statistic)
    assert pit_ad(pit) == pytest.approx(logistic_ad(pit).statistic)


def test_pit_ad_is_finite_at_the_ends():
    assert np.isfinite(pit_ad(np.array([0.0, 0.5, 1.0])))


@pytest.mark.parametrize("power", [1.0, 1.06, 1.15, 1.4])
def test_p_against_scipy(power):
    pit = np.random.default_rng(1).random(300) ** power
    assert KS.p(pit_ks(pit), 300) == pytest.approx(stats.kstest(pit, "uniform").pvalue, abs=1e-9)
    assert CVM.p(pit_cvm(pit), 300) == pytest.approx(stats.cramervonmises(pit, "uniform").pvalue, abs=2e-3)
    assert AD.p(pit_ad(pit), 300) == pytest.approx(logistic_ad(pit, 1000).pvalue, abs=0.05)


@pytest.mark.parametrize(("p", "value"), [(0.10, 1.933), (0.05, 2.492), (0.01, 3.857)])
def test_p_of_anderson_darling_against_stephens_table(p, value):
    assert AD.p(value, 10_000) == pytest.approx(p, rel=0.03)


@pytest.mark.parametrize("value", [8.0, 14.19, 30.0, 90.0])
def test_small_p_are_those_of_the_largest_term_of_a_sum_of_squares(value):
    """Zolotarev (1961): p tends to that of λ_1 χ²_1 times ∏ (1 − λ_j/λ_1)^(−1/2), √3 and √2 here, from above."""
    leading = {AD: np.sqrt(3) * stats.chi2.sf(2 * value, 1), CVM: np.sqrt(2) * stats.chi2.sf(np.pi**2 * value, 1)}
    for distance, expected in leading.items():
        assert expected < distance.p(value, 10_000) < (1 + 1 / value) * expected


def test_p_are_those_of_sums_of_squares_drawn_at_random():
    squares = np.random.default_rng(5).chisquare(1, (40_000, 60))
    j = np.arange(1, 61)
    # what lies beyond 60 terms is nearly its mean: 1/61 of A², and less than that of W²
    drawn = {AD: squares @ (1 / (j * (j + 1))) + 1 / 61, CVM: squares @ (1 / (np.pi * j) ** 2) + 1 / 60.5 / np.pi**2}
    for distance, sums in drawn.items():
        for share in (0.999, 0.9, 0.5, 0.1, 0.01):
            spread = np.sqrt(share * (1 - share) / 40_000)
            assert distance.p(np.quantile(sums, 1 - share), 10_000) == pytest.approx(share, abs=4 * spread)


@pytest.mark.parametrize("name", DISTANCES)
def test_p_falls_from_one_to_nothing(name):
    distance, _ = DISTANCES[name]
    p = [distance.p(value, 1000) for value in np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 300)])]
    assert p[0] == pytest.approx(1.0, abs=1e-12)
    assert p[-1] < 1e-9
    assert all(first >= second - 1e-5 for first, second in pairwise(p))


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("n", [10, 200, 1500])
def test_calibrated_densities_lie_in_their_band_as_often_as_it_says(name, n):
    distance, statistic = DISTANCES[name]
    low, high = distance.expected(n)
    found = [statistic(pit) for pit in np.random.default_rng(2).random((1500, n))]
    assert np.mean([low <= value <= high for value in found]) == pytest.approx(0.95, abs=0.02)
    assert np.mean([distance.p(value, n) < 0.05 for value in found]) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("name", DISTANCES)
def test_influences_are_those_of_leaving_one_out(name):
    distance, statistic = DISTANCES[name]
    pit, n = np.sort(np.random.default_rng(3).beta(1.3, 0.9, 400)), 400
    influence = distance.influence(pit)
    for place in (3, 100, 250, 399):
        without = statistic(np.delete(pit, place))
        # the squared distances grow with the number of galaxies
        without *= 1 if name == "ks" else n / (n - 1)
        jackknifed = (n - 1) * (statistic(pit) - without)
        assert influence[place] - influence.mean() == pytest.approx(jackknifed, rel=0.05)


@pytest.mark.parametrize("name", DISTANCES)
def test_influences_say_how_much_the_distance_of_a_miscalibrated_density_varies(name):
    distance, statistic = DISTANCES[name]
    samples = np.sort(np.random.default_rng(4).beta(1.3, 0.9, (400, 1000)), axis=1)
    foretold = np.sqrt(np.mean([distance.influence(pit).var() / 1000 for pit in samples]))
    assert foretold == pytest.approx(np.std([statistic(pit) for pit in samples]), rel=0.15)
