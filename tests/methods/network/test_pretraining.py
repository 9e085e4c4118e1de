"""From a store to a trunk's file, by the library and by the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from slipher.errors import InputError
from slipher.methods.base import load
from slipher.methods.file import read_model
from slipher.methods.network.pretraining import Pretraining, pretrain, trunk_file
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.config import TrainingConfig
from slipher.training.pretrain_config import PretrainConfig
from slipher.verbs.pretrain import pretrain as verb

EXACT = TrainingConfig(precision="float32", device="cpu")
QUICK = PretrainConfig(epochs=2, batch_size=30, queue=40, momentum=0.9, width=8, augment=("rotation", "noise"))
PROGRAM = """
import sys
from pathlib import Path
import torch
torch.set_num_threads({threads})
from slipher.methods.network.pretraining import Pretraining, trunk_file
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
from slipher.training.pretrain_config import PretrainConfig
config = PretrainConfig(epochs=2, batch_size=30, queue=40, momentum=0.9, width=8, augment=("rotation", "noise"))
machine = TrainingConfig(precision="float32", device="cpu")
trunk_file(Pretraining(open_store({store!r}), config=config, machine=machine), Path({out!r}), progress=False)
"""


def what(survey, **changes):
    return replace(Pretraining(open_store(survey.path), config=QUICK, machine=EXACT), **changes)


@pytest.fixture(scope="module")
def trunk(survey, tmp_path_factory):
    return trunk_file(what(survey), tmp_path_factory.mktemp("trunk") / "trunk.safetensors", progress=False)


def test_the_file_holds_the_trunk_by_its_own_names(survey, trunk):
    file = read_model(trunk)
    header, tensors = file.header, file.tensors
    network = build(NetworkConfig(), survey.bands, 10)
    own = {name: value for name, value in network.state_dict().items() if not name.startswith("body.head.")}
    assert set(tensors) == set(own)
    assert {name: array.size for name, array in tensors.items()} == {name: value.numel() for name, value in own.items()}
    np.testing.assert_allclose(tensors["sigma"], [0.02, 0.03, 0.05], rtol=1e-4)
    assert header["method"] == "pretrained"
    assert header["network"]["name"] == "resnet18"
    assert header["galaxies"] == 60
    assert header["bands"] == ["g", "r", "i"]
    json.dumps(header, allow_nan=False)
    started = {name: value for name, value in what(survey).encoder().state_dict().items() if name in tensors}
    assert not np.array_equal(tensors["body.stem.0.weight"], started["body.stem.0.weight"].numpy())


def test_nothing_but_the_trunk_and_its_history_is_left(trunk):
    assert sorted(path.name for path in trunk.parent.iterdir()) == ["trunk.history.csv", "trunk.safetensors"]


def test_a_killed_pretraining_ends_with_the_same_bytes(survey, trunk, tmp_path):
    out = tmp_path / "trunk.safetensors"
    checkpoint = tmp_path / ".unfinished-trunk.safetensors/pretraining/checkpoint/last.safetensors"
    program = PROGRAM.format(threads=torch.get_num_threads(), store=str(survey.path), out=str(out))
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not checkpoint.is_file():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert not out.exists()
    trunk_file(what(survey), out, progress=False)
    assert out.read_bytes() == trunk.read_bytes()


def test_a_finished_pretraining_is_not_run_again(survey, tmp_path, monkeypatch):
    made = pretrain(what(survey), tmp_path / "work", progress=False)
    before = made.read_bytes()
    monkeypatch.setattr("slipher.methods.network.pretraining.run", None)
    assert pretrain(what(survey), tmp_path / "work", progress=False).read_bytes() == before
    for other in ({"seed": 1}, {"network": NetworkConfig(stretch="none")}, {"config": replace(QUICK, epochs=3)}):
        with pytest.raises(InputError, match="holds another pretraining"):
            pretrain(what(survey, **other), tmp_path / "work", progress=False)


def test_a_trunk_is_no_model(trunk):
    with pytest.raises(InputError, match="holds a pretrained trunk, which predicts nothing yet"):
        load(trunk)


def test_a_queue_larger_than_the_survey_is_said(survey, tmp_path, capsys):
    config = replace(QUICK, epochs=1, queue=1000)
    pretrain(what(survey, config=config), tmp_path / "work", progress=False)
    assert "the queue holds 60 keys, not 1000, since there are no more training galaxies" in capsys.readouterr().err


def unlabelled_store(path):
    """Forty galaxies of noise, none with a redshift, without sky, photometry or a validation part."""
    rng, n = np.random.default_rng(0), 40
    schema = galaxy_schema(n, ("g", "r"), source="test", shape=(16, 16), pixel_scale=0.396, photometry=False, sky=False)
    columns = {
        "id": np.arange(n),
        "redshift": np.full(n, np.nan),
        "ebv": np.full(n, np.nan, np.float32),
        "split": np.zeros(n, np.uint8),
        "images": rng.normal(0, 0.1, (n, 2, 16, 16)),
        "valid": np.ones((n, 2, 16, 16), bool),
    }
    with StoreWriter(path, schema, "test") as writer:
        for start, stop in writer.missing():
            typed = {name: values[start:stop] for name, values in columns.items()}
            writer.write(
                start,
                {
                    k: v if schema.columns[k].dtype == "bits" else v.astype(schema.columns[k].dtype)
                    for k, v in typed.items()
                },
            )
        writer.finish()
    return path


def test_no_redshift_is_needed(tmp_path):
    store = open_store(unlabelled_store(tmp_path / "u.h5"))
    config = replace(QUICK, epochs=1, augment=("rotation", "jitter", "reddening", "noise"))
    network = NetworkConfig(deredden=True, size=12, head="hayat")
    made = pretrain(Pretraining(store, network, config, EXACT), tmp_path / "work", progress=False)
    assert all(np.isfinite(array).all() for array in read_model(made).tensors.values())
    with pytest.raises(InputError, match="holds no measured sky"):
        pretrain(Pretraining(store, network, replace(QUICK, augment=("background",)), EXACT), tmp_path / "b")


@pytest.mark.parametrize("name", ["colours", "pasquet"])
def test_networks_without_a_head_apart_are_refused(survey, tmp_path, name):
    with pytest.raises(InputError, match=f"network.name is '{name}', but only residual networks"):
        pretrain(what(survey, network=NetworkConfig(name)), tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_a_store_without_images_is_refused(catalogue_store, tmp_path):
    with pytest.raises(InputError, match="has no images"):
        pretrain(Pretraining(open_store(catalogue_store), config=QUICK), tmp_path / "work")


def test_the_verb_pretrains(survey, tmp_path):
    options = {"epochs": 1, "batch_size": 30, "queue": 40, "augment": "symmetry,noise"}
    overrides = (("network.head", "hayat"), ("training.precision", "float32"), ("training.device", "cpu"))
    out = tmp_path / "t.safetensors"
    assert verb(survey.path, out=out, overrides=overrides, **options).text == str(out)
    header = read_model(out).header
    assert header["network"]["head"] == "hayat"
    assert header["pretrain"]["augment"] == ["symmetry", "noise"]
    before = out.stat().st_mtime_ns
    assert verb(survey.path, out=out, overrides=overrides, **options).text == str(out)
    assert out.stat().st_mtime_ns == before
    for changes, message in (
        (
            {"seed": 5},
            "is there already and was made from something else; choose another name, or replace it with --overwrite",
        ),
        ({"out": tmp_path / "t.pt"}, r"a trunk's file ends in .safetensors"),
        (
            {"overrides": (("training.epochs", 3),), "overwrite": True},
            "--training.epochs has no meaning for pretraining",
        ),
        ({"augment": "blur", "overwrite": True}, "pretrain.augment holds 'blur'"),
        ({"group": "mine", "overwrite": True}, "there is no group 'mine'"),
    ):
        with pytest.raises(InputError, match=message):
            verb(survey.path, **({"out": out, "overrides": overrides} | options | changes))
