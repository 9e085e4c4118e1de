import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from slipher.density.intervals import nearer, paired_shares, percentiles, share


@pytest.mark.parametrize("n", [2, 5, 200, 10_000])
@pytest.mark.parametrize("part", [0.0, 0.002, 0.3, 0.5, 0.95, 1.0])
def test_shares_are_wilsons(n, part):
    count = round(part * n)
    found = share(count / n, count / n * (1 - count / n) / n, n)
    expected = stats.binomtest(count, n).proportion_ci(method="wilson")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_count_of_none_or_all_has_an_interval():
    low, high = share(0.0, 0.0, 100)
    assert low == 0.0 < high < 0.04
    assert share(1.0, 0.0, 100) == pytest.approx((1 - high, 1.0))


def test_a_share_that_varies_less_counts_as_that_of_more_galaxies():
    usual, twice = share(0.2, 0.16 / 50, 50), share(0.2, 0.16 / 100, 50)
    assert twice == pytest.approx(share(0.2, 0.16 / 100, 100))
    assert twice[1] - twice[0] < usual[1] - usual[0]


@pytest.mark.parametrize(("first", "second", "n"), [(0, 0, 50), (3, 0, 50), (3, 5, 200), (200, 0, 200)])
def test_paired_shares_are_bonett_and_prices(first, second, n):
    """Their formula: p = (f + 1)/(n + 2) of those that count for one alone; p − q ± z √((p + q − (p − q)²)/(n + 2))."""
    ones = np.repeat([1, -1, 0], [first, second, n - first - second])
    found = paired_shares(ones.mean(), ones.var() / n, n)
    p, q = (first + 1) / (n + 2), (second + 1) / (n + 2)
    half = stats.norm.ppf(0.975) * np.sqrt((p + q - (p - q) ** 2) / (n + 2))
    assert found == pytest.approx((p - q - half, p - q + half))


def test_percentiles_are_wider_for_few_galaxies():
    draws = np.random.default_rng(0).normal(size=100_000)
    widths = {n: np.subtract(*reversed(percentiles(draws, n))) for n in (5, 50, 10**6)}
    assert widths[10**6] == pytest.approx(2 * 1.96, rel=0.01)
    assert widths[5] == pytest.approx(2 * np.sqrt(5 / 4) * stats.t.ppf(0.975, 4), rel=0.05)
    assert widths[5] > widths[50] > widths[10**6]


def test_one_galaxy_has_no_interval():
    assert percentiles(np.zeros(10), 1) == share(0.0, 0.0, 1) == paired_shares(0.0, 0.0, 1) == (None, None)


def test_infinite_draws_have_no_interval():
    assert percentiles(np.array([0.0, np.inf]), 10) == (None, None)


ENDS = st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(sorted)


@settings(max_examples=100, deadline=None)
@given(ENDS, ENDS)
def test_nearer_is_what_both_intervals_allow(difference, total):
    low, high = nearer(tuple(difference), tuple(total))
    d, s = np.meshgrid(np.linspace(*difference, 41), np.linspace(*total, 41))
    distance = np.abs((s + d) / 2) - np.abs((s - d) / 2)
    assert low == pytest.approx(distance.min(), abs=0.11)
    assert high == pytest.approx(distance.max(), abs=0.11)
    assert low <= distance.min() + 1e-9
    assert high >= distance.max() - 1e-9


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (0.0, 4.0), (3.0, -3.0), (-3.0, 5.0), (0.5, 0.5)])
def test_nearer_holds_the_truth_as_often_as_it_says(a, b):
    rng, z = np.random.default_rng(3), stats.norm.ppf(0.975)
    held = 0
    for first, second in rng.normal([a, b], 1, (2000, 2)):
        half = z * np.sqrt(2)
        low, high = nearer(
            (first - second - half, first - second + half), (first + second - half, first + second + half)
        )
        held += low <= abs(a) - abs(b) <= high
    assert held / 2000 > 0.93


def test_nothing_is_nearer_than_what_has_no_interval():
    assert nearer((None, None), (0.0, 1.0)) == (None, None)
