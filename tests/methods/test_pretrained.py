"""The method pretrained: pretrain, then train from the trunk."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from slipher.errors import InputError
from slipher.methods.base import fit, load
from slipher.methods.file import read_model
from slipher.redshift import Grid
from slipher.training.config import TrainingConfig

GRID = Grid(0.4, 10)
QUICK = TrainingConfig(epochs=1, batch_size=30, precision="float32", device="cpu")
PRETRAIN = {"epochs": 1, "batch_size": 30, "queue": 40, "augment": ["rotation", "noise"]}


def quick(survey, **options):
    defaults = {"grid": GRID, "training": QUICK, "progress": False, "options": {"pretrain": PRETRAIN}}
    return fit(survey, method="pretrained", **(defaults | options))


def test_a_linear_probe_keeps_the_trunk(survey, tmp_path):
    model = quick(survey, folder=tmp_path, training=replace(QUICK, frozen="trunk", labels=0.2))
    tensors = read_model(tmp_path / "pretraining/trunk.safetensors").tensors
    own = model.network.state_dict()
    assert len(tensors) > 50
    for name, array in tensors.items():
        np.testing.assert_array_equal(own[name].numpy().reshape(array.shape), array, err_msg=name)
    assert (tmp_path / "history.csv").is_file()
    assert (tmp_path / "pretraining/history.csv").is_file()
    model.save(tmp_path / "model.safetensors")
    first = model.predict(survey.test, progress=False).mass
    again = load(tmp_path / "model.safetensors").predict(survey.test, progress=False).mass
    np.testing.assert_array_equal(again, first)


def test_fine_tuning_moves_the_trunk_and_the_same_job_comes_out_the_same(survey, tmp_path, monkeypatch):
    model = quick(survey, folder=tmp_path, options={"pretrain": PRETRAIN, "views": 8})
    assert model.views == 8
    tensors = read_model(tmp_path / "pretraining/trunk.safetensors").tensors
    assert not np.array_equal(model.network.state_dict()["body.stem.0.weight"].numpy(), tensors["body.stem.0.weight"])
    (tmp_path / "checkpoint/last.safetensors").unlink()
    monkeypatch.setattr("slipher.methods.network.pretraining.run", None)
    again = quick(survey, folder=tmp_path, options={"pretrain": PRETRAIN, "views": 8})
    for name, value in model.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value), name


def test_no_folder_is_needed(survey):
    assert np.isfinite(quick(survey).predict(survey.test, progress=False).mass).all()


def test_what_makes_no_sense_is_said_before_anything_is_done(survey, monkeypatch):
    monkeypatch.setattr("slipher.methods.network.pretraining.run", None)
    for options, message in (
        ({"training": replace(QUICK, start="x.safetensors")}, "begins from its own trunk"),
        ({"options": {"pretrain": {"epoch": 1}}}, "pretrain has no key 'epoch'"),
        ({"options": {"pretrain": PRETRAIN, "depth": 1}}, "method pretrained has no option depth; allowed: pretrain"),
        ({"grid": Grid(0.1, 10)}, "outside the grid"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            quick(survey, **options)
        assert "\n" not in str(caught.value)
