import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.density.bootstrap import Metric, Score, resample
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
    scores = [resample([columns(50, seed)], {"mean": METRICS["mean"]}, 100).score("mean") for seed in range(100)]
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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_interval_holds_the_value(values):
    draws = resample([{"x": np.array(values), "y": np.array(values)}], METRICS, 20)
    for name in METRICS:
        score = draws.score(name)
        assert score.low <= score.value <= score.high


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
