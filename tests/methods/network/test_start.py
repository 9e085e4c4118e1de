"""Beginning from the weights of another training, and training nothing but the last layers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from slipher.errors import InputError
from slipher.methods.base import fit
from slipher.methods.file import read_model, write_model
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS, NetworkConfig
from slipher.networks.heads import last_layers
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
from slipher.training.frozen import freeze_trunk, to_learn

TRAINING = TrainingConfig(epochs=1, batch_size=30, precision="float32", device="cpu", learning_rate=1e-3)


@pytest.fixture(scope="module")
def survey(image_store):
    return open_store(image_store)


def run(survey, training=TRAINING, bins=10, **options):
    return fit(survey, grid=Grid(0.4, bins), training=training, progress=False, **options)


@pytest.fixture(scope="module")
def start(survey, tmp_path_factory):
    path = tmp_path_factory.mktemp("start") / "model.safetensors"
    run(survey).save(path)
    return path


def states(start, network):
    """The tensors of the file and of a network, side by side."""
    own, given = network.state_dict(), read_model(start).tensors
    return {name: (torch.from_numpy(array).reshape(own[name].shape), own[name]) for name, array in given.items()}


def test_a_frozen_trunk_stays_and_the_head_learns(survey, start):
    model = run(survey, replace(TRAINING, start=str(start), frozen="trunk"))
    for name, (before, after) in states(start, model.network).items():
        assert torch.equal(before, after) == (not name.startswith("body.head")), name


def test_a_start_is_where_it_starts(survey, start, capsys):
    model = run(survey, replace(TRAINING, start=str(start), learning_rate=1e-12, statistics="running"))
    for name, (before, after) in states(start, model.network).items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(after, before, atol=1e-8, rtol=0)
    said = [line for line in capsys.readouterr().err.splitlines() if "beginning from" in line]
    assert len(said) == 1
    assert said[0].endswith("125 of 125 tensors taken")


def test_a_head_of_other_bins_is_drawn_anew(survey, start, capsys):
    first, second = (
        run(survey, replace(TRAINING, start=str(start), logits="drawn", learning_rate=1e-12), bins=7, seed=seed)
        for seed in (0, 1)
    )
    name = "body.head.out.weight"
    assert first.network.state_dict()[name].shape[0] == 7
    assert not torch.allclose(first.network.state_dict()[name], second.network.state_dict()[name])
    said = capsys.readouterr().err
    assert "drawn anew: body.head.out.weight, body.head.out.bias; 2 of the file are not used" in said


def test_a_trunk_alone_will_do(survey, start, tmp_path):
    tensors = read_model(start).tensors
    trunk = {name: value for name, value in tensors.items() if not name.startswith("body.head")}
    write_model(tmp_path / "trunk.safetensors", {"method": "pretraining"}, trunk)
    model = run(survey, replace(TRAINING, start=str(tmp_path / "trunk.safetensors"), frozen="trunk"))
    for name, value in trunk.items():
        np.testing.assert_array_equal(model.network.state_dict()[name], value)


def test_the_first_member_of_an_ensemble_will_do(survey, tmp_path):
    colours = {"network": NetworkConfig("colours")}
    run(survey, options={"members": 2}, **colours).save(tmp_path / "two.safetensors")
    tensors = read_model(tmp_path / "two.safetensors").tensors
    model = run(survey, replace(TRAINING, start=str(tmp_path / "two.safetensors"), frozen="trunk"), **colours)
    name = "layers.0.weight"
    np.testing.assert_array_equal(model.network.state_dict()[name], tensors[f"members.0.{name}"])


def test_the_scale_of_magnitudes_goes_with_the_softening_that_they_had(survey, tmp_path):
    colours, path = {"network": NetworkConfig("colours")}, tmp_path / "m.safetensors"
    own = run(survey, **colours)
    own.save(path)
    file = read_model(path)
    other = [2 * b for b in own.system.softening]
    write_model(path, {**file.header, "softening": other}, file.tensors)
    model = run(survey, replace(TRAINING, start=str(path)), **colours)
    assert list(model.system.softening) == other
    assert torch.equal(model.network.mean, own.network.mean)
    write_model(path, {**file.header, "softening": other, "bands": ["r", "i", "z"]}, file.tensors)
    assert run(survey, replace(TRAINING, start=str(path)), **colours).system == own.system


@pytest.mark.parametrize(
    ("training", "network", "message"),
    [
        (
            {"start": "START"},
            NetworkConfig("resnet34"),
            "holds a network resnet18, whose layers do not fit those of the",
        ),
        ({"start": "START"}, NetworkConfig("colours"), "set network.name to resnet18"),
        ({"start": "absent.safetensors"}, NetworkConfig(), "absent.safetensors does not exist"),
        ({"frozen": "trunk"}, NetworkConfig(), "there is no training.start"),
    ],
)
def test_what_cannot_be_started_from_is_said_in_one_sentence(survey, start, training, network, message):
    training = {key: str(start) if value == "START" else value for key, value in training.items()}
    with pytest.raises(InputError, match=message) as caught:
        run(survey, replace(TRAINING, **training), network=network)
    assert "\n" not in str(caught.value)


def test_unnamed_tensors_of_another_network_are_refused(survey, start, tmp_path):
    write_model(tmp_path / "other.safetensors", {"method": "pretraining"}, {"weight": np.zeros(3)})
    with pytest.raises(InputError, match="whose layers do not fit"):
        run(survey, replace(TRAINING, start=str(tmp_path / "other.safetensors")))


@pytest.mark.parametrize("name", [name for name in CONFIGURATIONS if not name.startswith("resnet34")])
def test_every_network_has_a_head_that_learns_alone(name):
    with torch.device("meta"):
        network = build(CONFIGURATIONS[name], tuple("ugriz"), 180)
    head = {id(parameter) for layer in last_layers(network) for parameter in layer.parameters()}
    freeze_trunk(network)
    learning = {id(parameter) for parameter in network.parameters() if parameter.requires_grad}
    assert learning == head
    assert 0 < len(learning) < len(list(network.parameters()))
    to_learn(network, frozen=True)
    assert not any(m.training for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))
    assert all(layer.training for layer in last_layers(network))
    to_learn(network, frozen=False)
    assert all(module.training for module in network.modules())
