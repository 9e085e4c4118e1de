"""The checkpoints of Hayat et al.: files made with their names of weights, and the computation they mean."""

import argparse
import os
import pickle
import random
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from slipher.errors import InputError
from slipher.networks.build import build, parameters
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.released import is_pickle, read_released

BLOCKS, BANDS, BINS = (3, 4, 6, 3), 5, 180


class TheirBlock(nn.Module):
    """A bottleneck by torchvision's names."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        if stride != 1 or inputs != 4 * width:
            shorter = nn.Conv2d(inputs, 4 * width, 1, stride, bias=False)
            self.downsample = nn.Sequential(shorter, nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(y)))))
        return torch.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class TheirNetwork(nn.Module):
    """ResNet50 with a stem of stride 1, without max-pool, by torchvision's names."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(BANDS, 64, 7, 1, 3, bias=False), nn.BatchNorm2d(64)
        inputs = 64
        for stage, count in enumerate(BLOCKS):
            width, blocks = 64 * 2**stage, []
            for index in range(count):
                blocks.append(TheirBlock(inputs, width, 2 if stage and not index else 1))
                inputs = 4 * width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(2048, BINS)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(x.mean(dim=(2, 3)))


@pytest.fixture(scope="module")
def theirs():
    """Names and shapes, without their memory: each tensor is one number spread over its shape."""
    with torch.device("meta"):
        network = TheirNetwork()
    random.seed(1)
    return {
        name: torch.tensor(random.random()).to(value.dtype).expand(value.shape)
        for name, value in network.state_dict().items()
    }


def momentum_contrast(theirs):
    """As main_moco.py of He et al. writes it, its fc two layers."""
    state = {f"module.encoder_q.{name}": value for name, value in theirs.items() if not name.startswith("fc.")}
    state |= {f"module.encoder_k.{name}": value + 1 for name, value in theirs.items() if name == "conv1.weight"}
    for number, outputs in ((0, 2048), (2, 128)):
        state[f"module.encoder_q.fc.{number}.weight"] = torch.zeros(1).expand(outputs, 2048)
        state[f"module.encoder_q.fc.{number}.bias"] = torch.zeros(1).expand(outputs)
    state |= {"module.queue": torch.zeros(1).expand(128, 65536), "module.queue_ptr": torch.zeros(1)}
    optimizer = {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"lr": 0.03, "params": [0]}]}
    return {"epoch": 101, "arch": "resnet50", "state_dict": OrderedDict(state), "optimizer": optimizer}


def trained(theirs, prefix="module."):
    """As their train.py writes it."""
    state = OrderedDict((prefix + name, value) for name, value in theirs.items())
    return {"iters": 9, "epoch": 64, "model_state": state, "optimizer_state_dict": {"state": {}, "param_groups": []}}


def saved(path, document, **options):
    torch.save(document, path, **options)
    return path


def test_the_network_computes_what_theirs_does(tmp_path):
    torch.manual_seed(0)
    reference = TheirNetwork()
    for layer in reference.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.0)
            nn.init.normal_(layer.bias, std=0.1)
            nn.init.normal_(layer.running_mean, std=0.1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    path = saved(tmp_path / "photoz.pth.tar", trained(reference.state_dict()))
    ours = build(CONFIGURATIONS["hayat"], tuple("ugriz"), BINS)
    missing, unexpected = ours.load_state_dict(read_released(path), strict=False)
    path.unlink()
    assert sorted(missing) == ["extinction", "sigma"]
    assert unexpected == []
    images = torch.randn(2, BANDS, 16, 16)
    with torch.no_grad():
        expected = reference.eval()(images)
        found = ours.eval()(images, torch.zeros(2))
    assert expected.std() > 0.01
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


def test_every_published_layout_is_read(theirs, tmp_path):
    plain = read_released(saved(tmp_path / "a.tar", trained(theirs, "")))
    for name, document in (
        ("several devices", trained(theirs)),
        ("bare", OrderedDict(theirs)),
        ("state_dict", {"state_dict": theirs, "epoch": 3, "best_acc1": torch.tensor(0.5)}),
    ):
        again = read_released(saved(tmp_path / name, document))
        assert set(again) == set(plain)
    assert (
        sum(value.numel() for name, value in plain.items() if "running" not in name and "num" not in name) == 23883124
    )
    assert parameters(CONFIGURATIONS["hayat"]) == 23883124
    contrast = read_released(saved(tmp_path / "b.tar", momentum_contrast(theirs)))
    assert set(plain) - set(contrast) == {"body.head.weight", "body.head.bias"}
    assert torch.equal(contrast["body.stem.0.weight"], theirs["conv1.weight"])
    assert torch.equal(contrast["body.stages.15.branch.6.weight"], theirs["layer4.2.conv3.weight"])
    assert torch.equal(contrast["body.stages.7.shortcut.1.running_var"], theirs["layer3.0.downsample.1.running_var"])


def test_older_files_are_read(theirs, tmp_path):
    without = {name: value for name, value in theirs.items() if not name.endswith("num_batches_tracked")}
    old = saved(tmp_path / "old.tar", trained(without), _use_new_zipfile_serialization=False)
    assert is_pickle(old)
    assert len(read_released(old)) == len(without)


def test_a_head_may_have_other_bins(theirs, tmp_path):
    other = theirs | {"fc.weight": torch.zeros(1).expand(30, 2048), "fc.bias": torch.zeros(1).expand(30)}
    assert read_released(saved(tmp_path / "x.tar", trained(other)))["body.head.weight"].shape == (30, 2048)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conv1.weight": (64, 3, 7, 7)}, r"body\.stem\.0\.weight has shape \(64, 3, 7, 7\), not \(64, 5, 7, 7\)"),
        ({"layer1.0.conv3.weight": None}, r"body\.stages\.0\.branch\.6\.weight is missing"),
        ({"layer3.6.conv1.weight": (256, 1024, 1, 1)}, r"it has body\.stages\.13\.branch\.0\.weight|has shape"),
        ({"fc.weight": (180, 512)}, r"body\.head\.weight has shape \(180, 512\), not \(180, 2048\)"),
        ({"attention.weight": (3,)}, r"it has attention\.weight, which that network has not"),
    ],
)
def test_another_architecture_is_named_by_its_first_difference(theirs, tmp_path, change, message):
    document = {name: value for name, value in theirs.items() if change.get(name, 0) is not None}
    document |= {name: torch.zeros(1).expand(shape) for name, shape in change.items() if shape}
    with pytest.raises(InputError, match=message) as caught:
        read_released(saved(tmp_path / "other.tar", trained(document)))
    assert "\n" not in str(caught.value)


class Malice:
    """Runs a command where it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("way", ["archive", "pickle", "legacy", "hidden"])
def test_a_pickle_that_runs_something_is_refused_and_runs_nothing(theirs, tmp_path, way):
    marker, path = tmp_path / "ran", tmp_path / "bad.tar"
    if way == "pickle":
        path.write_bytes(pickle.dumps(Malice(marker), protocol=2))
    else:
        document = {"state_dict": theirs, "args": Malice(marker)} if way == "hidden" else Malice(marker)
        saved(path, document, _use_new_zipfile_serialization=way != "legacy")
    assert is_pickle(path)
    with pytest.raises(InputError, match="is refused: it is damaged, or a pickle of more than tensors") as caught:
        read_released(path)
    assert not marker.exists()
    assert "\n" not in str(caught.value)


def test_more_than_plain_containers_is_refused(theirs, tmp_path):
    for number, extra in enumerate((argparse.Namespace(lr=1), np.array(["a"], object), np.float64(0.5))):
        with pytest.raises(InputError, match="more than tensors and plain containers"):
            read_released(saved(tmp_path / f"{number}.tar", {"state_dict": theirs, "args": extra}))


@pytest.mark.parametrize("document", [3, [], {}, {"state_dict": {}}, {"model_state": [1]}, {"state_dict": {"a": 1}}])
def test_what_holds_no_weights_is_named(tmp_path, document):
    with pytest.raises(InputError, match="holds no weights by name under model_state or state_dict"):
        read_released(saved(tmp_path / "x.tar", document))


def test_damaged_files_are_refused(theirs, tmp_path):
    path = saved(tmp_path / "whole.tar", {"state_dict": dict(list(theirs.items())[:3])})
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    with pytest.raises(InputError, match="is missing"):
        read_released(path)
    for number in range(30):
        bytes_ = bytearray(whole[: len(whole) * (number + 1) // 32])
        if number % 2:
            bytes_ = bytearray(whole)
            for place in rng.integers(0, len(whole), 20):
                bytes_[place] = rng.integers(256)
        path.write_bytes(bytes_)
        with pytest.raises(InputError) as caught:
            read_released(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="does not exist"):
        read_released(tmp_path / "absent")


def test_safetensors_are_no_pickles(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(3)}, tmp_path / "a.safetensors")
    assert not is_pickle(tmp_path / "a.safetensors")
    assert not is_pickle(tmp_path)


class Made:
    """Calls something where it is unpickled."""

    def __init__(self, call, *words):
        self.made = call, words

    def __reduce__(self):
        return self.made


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("what", [Made(bytearray, 1 << 50), Made(torch.FloatTensor, 1 << 50), Made(eval, "1/0")])
def test_no_instruction_takes_memory_that_the_file_does_not(tmp_path, what, older):
    path = saved(tmp_path / "x.tar", {"state_dict": {"a": what}}, _use_new_zipfile_serialization=not older)
    with pytest.raises(InputError, match="more than tensors and plain containers") as caught:
        read_released(path)
    assert "it names" in str(caught.value.__cause__)


def test_packed_instructions_are_refused(tmp_path):
    saved(tmp_path / "x.tar", {"state_dict": {"a": torch.zeros(3)}})
    with (
        zipfile.ZipFile(tmp_path / "x.tar") as plain,
        zipfile.ZipFile(tmp_path / "p.tar", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    with pytest.raises(InputError, match="is refused") as caught:
        read_released(tmp_path / "p.tar")
    assert "it is packed" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(1, dtype=torch.float16).expand(1 << 20, 1 << 20),
        torch.zeros(3, dtype=torch.complex64),
        torch.zeros(1, dtype=torch.int64).expand(1 << 40),
    ],
)
def test_tensors_that_are_no_weights(tmp_path, value):
    with pytest.raises(InputError, match=r"holds conv1.weight in a form that no published checkpoint has"):
        read_released(saved(tmp_path / "x.tar", {"state_dict": {"conv1.weight": value}}))


def test_parameters_and_half_precision_are_read(theirs, tmp_path):
    document = {name: nn.Parameter(value) if name == "bn1.weight" else value for name, value in theirs.items()}
    document["bn1.bias"] = torch.ones(64, dtype=torch.bfloat16)
    found = read_released(saved(tmp_path / "x.tar", trained(document)))
    np.testing.assert_array_equal(found["body.stem.1.bias"].numpy(), np.ones(64))
    np.testing.assert_array_equal(found["body.stem.1.weight"].numpy(), theirs["bn1.weight"].numpy())
