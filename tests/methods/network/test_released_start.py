"""Training that begins from a checkpoint as Hayat et al. published it."""

import pytest
import torch

from slipher.errors import InputError
from slipher.methods.network.start import Start
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS, NetworkConfig
from slipher.networks.released import LAYERS, read_released

HAYAT = CONFIGURATIONS["hayat"]


def their_name(name):
    """From our name of a weight to theirs, by hand."""
    part, *rest = name.removeprefix("body.").split(".")
    if part == "stem":
        return f"{('conv1', 'bn1')[int(rest[0])]}.{rest[1]}"
    if part == "head":
        return f"fc.{rest[0]}"
    block, inside, layer, kind = rest
    stage = sum(int(block) >= first for first in (0, 3, 7, 13))
    index = int(block) - (0, 3, 7, 13)[stage - 1]
    within = f"downsample.{layer}" if inside == "shortcut" else {v: k for k, v in LAYERS.items()}[layer]
    return f"layer{stage}.{index}.{within}.{kind}"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A fine-tuned network by their names, each tensor one number spread over its shape."""
    with torch.device("meta"):
        own = {name: value for name, value in build(HAYAT, tuple("ugriz"), 180).state_dict().items() if "body" in name}
    state = {
        f"module.{their_name(name)}": torch.tensor(number / 1000).to(value.dtype).expand(value.shape)
        for number, (name, value) in enumerate(own.items())
    }
    path = tmp_path_factory.mktemp("published") / "photoz_finetuned_model.pth.tar"
    torch.save({"epoch": 64, "iters": 1, "model_state": state, "optimizer_state_dict": {}}, path)
    return path


def test_the_hayat_network_begins_from_it(published):
    network = build(HAYAT, tuple("ugriz"), 180)
    words = Start(str(published)).give(network, HAYAT)
    assert "320 of 321 tensors taken; drawn anew: sigma" in words
    for name, value in read_released(published).items():
        torch.testing.assert_close(network.state_dict()[name], value, msg=name)


def test_a_reading_that_differs_is_said(published):
    config = NetworkConfig("resnet50", head="hayat")
    words = Start(str(published)).give(build(config, tuple("ugriz"), 60), config)
    assert words.endswith("stem and stretch and deredden was another")
    assert "body.head.weight" in words


def test_another_network_is_refused(published):
    config = NetworkConfig("resnet18")
    with pytest.raises(InputError, match="holds a network resnet50, whose layers do not fit") as caught:
        Start(str(published)).give(build(config, tuple("ugriz"), 180), config)
    assert "\n" not in str(caught.value)


def test_no_pickle_but_theirs(tmp_path):
    torch.save({"state_dict": {"weight": torch.zeros(3)}}, tmp_path / "model.pt")
    with pytest.raises(InputError, match="is a checkpoint of another network than that of Hayat"):
        Start(str(tmp_path / "model.pt"))
