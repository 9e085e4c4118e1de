import json

import pytest

from slipher.bench.apart import Run
from slipher.bench.result import Pairs, alternating, in_turn

PAIRS = Pairs(ours=(1.0, 2.0, 4.0), other=(10.0, 30.0, 20.0))


def test_speed_is_work_over_time_and_the_ratio_a_median_of_pairs():
    result = PAIRS.faster("step", 8, "images/s", "a plain loop", "at least 4.5", "batch of 8")
    assert (result.value, result.baseline) == (4.0, 0.4)
    assert (result.ratio, result.low, result.high, result.runs) == (10, 5, 15, 3)
    assert (result.meaning, result.unit, result.goal, result.note) == (
        "times as fast",
        "images/s",
        "at least 4.5",
        "batch of 8",
    )


def test_cost_is_ours_over_the_other():
    result = PAIRS.cost("constraints", "the augmented group")
    assert (result.value, result.baseline, result.unit) == (2.0, 20.0, "s")
    assert (result.ratio, result.low, result.high) == pytest.approx((0.1, 1 / 15, 0.2))
    assert result.meaning == "times the cost"


def test_a_result_is_json():
    document = json.loads(json.dumps(PAIRS.cost("x", "y").as_dict(), allow_nan=False))
    assert {"name", "ratio", "low", "high", "against", "unit"} <= set(document)


def test_runs_alternate_and_the_first_changes():
    called = []

    def way(name, seconds):
        def run():
            called.append(name)
            return Run(seconds[called.count(name) - 1], 0, None)

        return run

    pairs = alternating(way("a", [9, 1, 2, 3]), way("b", [9, 4, 5, 6]), runs=3, warm=1)
    assert "".join(called) == "abbaabba"
    assert (pairs.ours, pairs.other) == ((1, 2, 3), (4, 5, 6))


def test_all_take_part_in_every_round_and_the_first_does_not_count():
    called = []

    def function(name):
        def call():
            called.append(name)
            return Run(float(len(called)), 0, name)

        return call

    seconds = in_turn({name: function(name) for name in "abc"}, 4)
    assert "".join(called) == "abcbcacababcbca"
    assert seconds == {"a": (6, 8, 10, 15), "b": (4, 9, 11, 13), "c": (5, 7, 12, 14)}
