"""The benchmark of prediction, small."""

import numpy as np

from slipher.bench import prediction
from slipher.bench.prediction import available, engine_of, engines, plain_of, views
from slipher.methods.network.engine import TOLERANCE


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


def test_eight_views_are_held_against_one(here):
    here(prediction)
    result = views("resnet18-reduced", 3, 16, 1, "eager")
    assert (result.name, result.meaning) == ("prediction: eight views", "times the cost")
    assert result.value > 0 < result.baseline
    assert (result.goal, result.note) == ("at most 8.2", "resnet18-reduced by eager, batch of 3, 16×16 pixels")


def test_the_reference_is_always_there():
    assert {"eager", "bf16"} <= set(available()) <= set(TOLERANCE)
