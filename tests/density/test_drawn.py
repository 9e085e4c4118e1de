import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.density import bootstrap, drawn
from slipher.density.bootstrap import Metric, resample
from slipher.density.drawn import Drawn
from slipher.density.scores import METRICS, metrics

EVERY = {
    f"{convention}: {name}": metric for convention in ("paper", "rail") for name, metric in metrics(convention).items()
}
RANKED = {name: metric for name, metric in EVERY.items() if metric.ranked is not None}
NUMBERS = {"dz": st.floats(-1, 1) | st.sampled_from([-0.15, -0.05, 0.0, 0.05, 0.06]), "pit": st.floats(0, 1)}


def both(metric, values, counts):
    """A metric of what was drawn: looked up, and of the values written out."""
    return metric.ranked(values)(Drawn(counts)), float(metric.statistic(np.repeat(values, counts)))


@pytest.mark.parametrize("name", RANKED)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_looked_up_as_written_out(name, data):
    metric = RANKED[name]
    values = np.sort(data.draw(st.lists(NUMBERS[metric.column], min_size=1, max_size=12)))
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=len(values), max_size=len(values)))
    looked_up, written_out = both(metric, values, np.bincount(rows, minlength=len(values)))
    assert looked_up == pytest.approx(written_out, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", RANKED)
@pytest.mark.parametrize("count", [999, 1000])
def test_looked_up_as_written_out_for_many(name, count):
    rng = np.random.default_rng(0)
    values = np.sort(rng.normal(0.01, 0.05, count) if RANKED[name].column == "dz" else rng.beta(0.8, 1.1, count))
    for _ in range(5):
        counts = np.bincount(rng.integers(0, count, count), minlength=count)
        assert np.subtract(*both(RANKED[name], values, counts)) == pytest.approx(0, abs=1e-9)


def test_medians_are_the_same_to_the_last_bit():
    rng = np.random.default_rng(1)
    values = np.sort(rng.normal(0, 0.05, 1000))
    counts = np.bincount(rng.integers(0, 1000, 1000), minlength=1000)
    for name in ("mad", "mad_centred"):
        looked_up, written_out = both(METRICS[name], values, counts)
        assert looked_up == written_out


def test_a_value_has_as_many_ranks_as_it_was_drawn():
    each = Drawn(np.array([2, 0, 1, 3, 0, 0]))
    np.testing.assert_array_equal(each.below, [0, 2, 2, 3, 6, 6, 6])
    assert [each.at_rank(np.arange(6.0), rank) for rank in range(6)] == [0, 0, 2, 3, 3, 3]


def test_resamples_are_looked_up_where_there_is_a_way(monkeypatch):
    monkeypatch.setattr(bootstrap.np, "repeat", lambda *_: pytest.fail("a resample was written out"))
    columns = {"dz": np.random.default_rng(0).normal(0, 0.05, 50), "pit": np.linspace(0, 1, 50)}
    assert set(resample([columns], METRICS, 3).draws) == {"bias", "mad", "mad_centred"}


def test_a_quicker_way_must_not_change_the_draws():
    values = np.random.default_rng(2).normal(size=301)
    plain, quick = Metric("x", np.median), Metric("x", np.median, drawn.median)
    draws = resample([{"x": values}], {"plain": plain, "quick": quick}, 30).draws
    np.testing.assert_array_equal(draws["plain"], draws["quick"])
