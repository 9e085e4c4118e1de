"""The benchmark of prediction, small."""

import numpy as np

from slipher.bench import prediction
from slipher.bench.apart import Run
from slipher.bench.prediction import available, engine_of, engines, plain_of, rounds, views
from slipher.methods.engine import TOLERANCE


def test_ours_and_the_plain_way_predict_the_same():
    plain = plain_of("resnet18-reduced", 3, 32)()
    # normalised by eight images of noise, it is more sensitive than a network that was trained
    for name, tolerance in (("eager", 1e-5), ("bf16", 0.05)):
        ours = engine_of("resnet18-reduced", 3, 32, name, 1)()
        assert ours.shape == plain.shape == (3, 180)
        assert np.abs(ours - plain).max() <= tolerance


def test_every_engine_has_its_row():
    (result,) = engines("resnet18-reduced", 3, 16, 1, ("bf16",))
    assert result.name == "prediction: resnet18-reduced, bf16"
    assert (result.unit, result.meaning, result.runs) == ("images/s", "times as fast", 1)
    assert 0 < result.low <= result.ratio <= result.high
    assert result.value > 0 < result.baseline
    assert "batch of 3, 16×16 pixels; masses within" in result.note


def test_eight_views_are_held_against_one(monkeypatch):
    monkeypatch.setattr(prediction, "Apart", Here)
    result = views("resnet18-reduced", 3, 16, 1, "eager")
    assert (result.name, result.meaning) == ("prediction: eight views", "times the cost")
    assert result.value > 0 < result.baseline
    assert (result.goal, result.note) == ("at most 8.2", "resnet18-reduced by eager, batch of 3, 16×16 pixels")


def test_all_take_part_in_every_round_and_the_first_does_not_count():
    called = []

    def function(name):
        def call():
            called.append(name)
            return Run(float(len(called)), 0, name)

        return call

    times, answers = rounds({name: function(name) for name in "abc"}, 4)
    assert sorted(called[:3]) == sorted(called[-3:]) == ["a", "b", "c"]
    assert len(called) == 15
    assert all(len(seconds) == 4 and min(seconds) > 3 for seconds in times.values())
    assert answers == {"a": "a", "b": "b", "c": "c"}


def test_the_reference_is_always_there():
    assert {"eager", "bf16"} <= set(available()) <= set(TOLERANCE)


class Here:
    """What Apart does, in this process."""

    def __init__(self, prepare, *args):
        self.function = prepare(*args)

    def __enter__(self):
        return lambda: self.timed()

    def __exit__(self, *error):
        pass

    def timed(self):
        from slipher.bench.apart import _timed

        return _timed(self.function)
