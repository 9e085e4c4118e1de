import dataclasses

import pytest
import torch

from slipher.errors import InputError
from slipher.training.config import TrainingConfig
from slipher.training.precision import device_of, native_bf16, precision_of


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("batch_size", -1), ("learning_rate", 0.0), ("weight_decay", -1.0), ("clips", 0), ("patience", -1)],
)
def test_numbers_that_make_no_sense_are_refused(name, value):
    with pytest.raises(InputError, match=f"training.{name} is {value}"):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"labels": 0.0}, "training.labels is 0.0, but must be above 0"),
        ({"labels": 1.1}, "training.labels is 1.1"),
        ({"milestones": (0.5, 1.0)}, r"training.milestones is \[0.5, 1.0\]"),
        ({"schedule_factor": 1.5}, "training.schedule_factor is 1.5, but must be below 1"),
        ({"schedule": "plateau", "schedule_factor": 1.0}, "training.schedule_factor is 1.0"),
        ({"accumulate": 0}, "training.accumulate is 0, but must be positive"),
        ({"accumulate": 8, "batch_size": 15}, "each piece of a batch of 15 needs at least 2"),
    ],
)
def test_fractions_and_pieces_that_make_no_sense_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        TrainingConfig(**given)


def test_defaults_are_table_2():
    config = TrainingConfig()
    table = {"batch_size": 128, "learning_rate": 1e-3, "weight_decay": 1e-6, "schedule_factor": 0.1}
    assert {name: dataclasses.asdict(config)[name] for name in table} == table


@pytest.mark.parametrize(("epochs", "patience", "borne"), [(8, "auto", 0), (50, "auto", 3), (50, 2, 2), (8, 0, 0)])
def test_patience_follows_the_number_of_epochs_unless_it_is_given(epochs, patience, borne):
    assert TrainingConfig(epochs=epochs, patience=patience).epochs_of_patience == borne


def test_auto_takes_bf16_only_where_it_is_native(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = TrainingConfig()
    for able, precision in ((True, "bf16"), (False, "float32")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: {"avx512_bf16": able}, raising=False)
        assert native_bf16("cpu") is able
        assert precision_of(config) == precision
    assert device_of(config) == "cpu"
    assert precision_of(TrainingConfig(precision="bf16")) == "bf16"
    assert device_of(TrainingConfig(device="cuda")) == "cuda"
