import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from slipher.density.bootstrap import Metric, Score, resample
from slipher.density.scores import METRICS as METRICS_OF_PIT
from slipher.errors import InputError

METRICS = {"mean": Metric("x", np.mean), "median": Metric("x", np.median), "spread": Metric("y", np.std)}


def columns(n=400, seed=0):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(3, 2, n), "y": rng.normal(0, 1, n)}


def test_values_are_those_of_all_galaxies():
    data = columns()
    draws = resample([data], METRICS, 20)
    expected = {"mean": data["x"].mean(), "median": np.median(data["x"]), "spread": data["y"].std()}
    assert {name: values[0] for name, values in draws.values.items()} == pytest.approx(expected)


def test_draws_are_those_of_a_plain_bootstrap():
    data = columns(57)
    draws = resample([data], METRICS, 30, seed=4)
    rng = np.random.default_rng(4)
    for k in range(30):
        rows = rng.integers(0, 57, 57)
        assert draws.draws["mean"][0, k] == pytest.approx(data["x"][rows].mean())
        assert draws.draws["median"][0, k] == pytest.approx(np.median(data["x"][rows]))
        assert draws.draws["spread"][0, k] == pytest.approx(data["y"][rows].std())


def test_interval_has_the_width_of_the_standard_error():
    score = resample([columns(2000)], METRICS, 1000).score("mean")
    assert (score.high - score.low) / (2 * 1.96) == pytest.approx(2 / np.sqrt(2000), rel=0.15)


def test_intervals_cover_the_truth_as_often_as_they_say():
    for n in (5, 50):
        scores = [resample([columns(n, seed)], {"mean": METRICS["mean"]}, 100).score("mean") for seed in range(100)]
        covered = np.mean([score.low <= 3 <= score.high for score in scores])
        assert 0.86 < covered < 0.995


def test_the_same_seed_gives_the_same_draws():
    first, second, other = (resample([columns()], METRICS, 10, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.draws["median"], second.draws["median"])
    assert not np.array_equal(first.draws["median"], other.draws["median"])


def test_differences_are_paired():
    data = columns()
    shifted = {"x": data["x"] + 0.01, "y": data["y"]}
    difference = resample([shifted, data], METRICS, 200).difference("mean", [0], [1])
    assert difference.value == pytest.approx(0.01)
    assert difference.high - difference.low < 1e-12


def test_difference_of_a_thing_with_itself_is_zero():
    difference = resample([columns(), columns()], METRICS, 50).difference("median", [0], [1])
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_members_are_averaged():
    members = [columns(seed=seed) for seed in range(3)]
    draws = resample(members, METRICS, 100)
    assert draws.score("mean", [0, 1]).value == pytest.approx(np.mean([members[k]["x"].mean() for k in (0, 1)]))
    difference = draws.difference("mean", [0, 1], [2])
    assert difference.value == pytest.approx(draws.score("mean", [0, 1]).value - draws.score("mean", [2]).value)
    assert difference.low < difference.value < difference.high


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_interval_holds_the_mean(values):
    score = resample([{"x": np.array(values)}], {"mean": METRICS["mean"]}, 100).score("mean")
    rounding = 1e-12 * max(map(abs, values))
    assert score.low - rounding <= score.value <= score.high + rounding


@pytest.mark.parametrize("metrics", [METRICS, {name: METRICS_OF_PIT[name] for name in ("pit_ks", "coverage_68")}])
def test_one_galaxy_has_no_interval(metrics):
    draws = resample([{"x": np.ones(1), "y": np.ones(1), "pit": np.full(1, 0.3)}] * 2, metrics, 20)
    for name in metrics:
        for score in (draws.score(name), draws.difference(name, [0], [1])):
            assert score.value is not None
            assert {value for key, value in score.as_dict().items() if key != "value"} == {None}


def test_a_distance_has_no_interval_but_what_is_expected_of_it():
    pit = np.random.default_rng(0).beta(1.3, 1, 500)
    score = resample([{"pit": pit}], METRICS_OF_PIT, 20).score("pit_ks")
    reference = stats.kstest(pit, "uniform")
    assert (score.low, score.high) == (None, None)
    assert (score.value, score.p) == pytest.approx((reference.statistic, reference.pvalue))
    assert (score.expected_low, score.expected_high) == pytest.approx(stats.kstwo(500).ppf([0.025, 0.975]))
    assert list(score.as_dict()) == ["value", "low", "high", "expected_low", "expected_high", "p"]


def test_a_fraction_has_wilsons_interval_also_where_it_is_nothing():
    metric = {"below": Metric("x", lambda x: np.mean(x < 0), fraction=True, counts=lambda x: x < 0)}
    for count in (0, 3, 50):
        data = np.repeat([-1.0, 1.0], [count, 50 - count])
        score = resample([{"x": data}], metric, 1).score("below")
        expected = stats.binomtest(count, 50).proportion_ci(method="wilson")
        assert (score.low, score.high) == pytest.approx((expected.low, expected.high))


def test_models_that_agree_count_as_one_and_models_that_do_not_as_more():
    rng = np.random.default_rng(1)
    pit = rng.random((3, 2000))
    one = resample([{"pit": pit[0]}], METRICS_OF_PIT, 1).score("coverage_68")
    agreeing = resample([{"pit": pit[0]}] * 3, METRICS_OF_PIT, 1).score("coverage_68", [0, 1, 2])
    others = resample([{"pit": each} for each in pit], METRICS_OF_PIT, 1).score("coverage_68", [0, 1, 2])
    assert agreeing.high - agreeing.low == pytest.approx(one.high - one.low)
    assert others.high - others.low == pytest.approx((one.high - one.low) / np.sqrt(3), rel=0.05)


def test_fractions_that_no_galaxy_tells_apart_may_still_differ_a_little():
    draws = resample([{"pit": np.full(100, 0.5)}] * 2, METRICS_OF_PIT, 1)
    difference = draws.difference("coverage_95", [0], [1])
    assert difference.value == 0
    assert -0.05 < difference.low < -0.01 < 0.01 < difference.high < 0.05


@pytest.mark.parametrize(
    ("shifts", "least", "most"), [((0, 0), 0, 0.07), ((0.3, 0.3), 0, 0.07), ((0.3, -0.3), 0, 0.07), ((0, 0.4), 0.8, 1)]
)
@pytest.mark.parametrize("metric", ["pit_ks", "pit_cvm", "pit_ad"])
def test_distances_are_told_apart_where_they_differ_and_else_seldom(metric, shifts, least, most):
    rng, told = np.random.default_rng(2), []
    for _ in range(150):
        errors = np.sqrt(0.8) * rng.normal(size=400) + np.sqrt(0.2) * rng.normal(size=(2, 400))
        members = [{"pit": stats.norm.cdf(error + shift)} for error, shift in zip(errors, shifts, strict=True)]
        told.append(resample(members, {metric: METRICS_OF_PIT[metric]}, 1).difference(metric, [0], [1]).p < 0.05)
    assert least <= np.mean(told) <= most


def test_infinite_values_are_none():
    data = columns()
    data["x"][3] = np.inf
    assert resample([data], METRICS, 20).score("mean") == Score(None, None, None)
    assert resample([data, data], METRICS, 20).difference("mean", [0], [1]) == Score(None, None, None)
    assert resample([data], METRICS, 20).score("median").value is not None


def test_metrics_without_their_column_are_left_out():
    assert list(resample([{"x": np.arange(3.0)}], METRICS, 5).values) == ["mean", "median"]


def test_a_score_is_json():
    assert Score(1.0, 0.5, None).as_dict() == {"value": 1.0, "low": 0.5, "high": None}


def test_unequal_numbers_of_galaxies_are_refused():
    with pytest.raises(InputError, match="paired by galaxy"):
        resample([columns(10), columns(11)], METRICS, 5)
    with pytest.raises(InputError, match="no galaxies"):
        resample([columns(0)], METRICS, 5)


def test_progress_is_shown_on_request(capsys):
    resample([columns(10)], METRICS, 5, label="bootstrap")
    assert "bootstrap" in capsys.readouterr().err
    resample([columns(10)], METRICS, 5)
    assert capsys.readouterr().err == ""
