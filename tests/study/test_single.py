import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from slipher.errors import InputError
from slipher.files import MASK
from slipher.methods.base import load
from slipher.methods.file import identity_of
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.study import single
from slipher.study.config import GroupConfig, StudyConfig
from slipher.study.single import train_one
from slipher.survey.store import open_store
from slipher.training import loop
from slipher.training.config import TrainingConfig


@pytest.fixture
def study(catalogue_store):
    training = TrainingConfig(epochs=1, device="cpu", precision="float32")
    groups = {"net": GroupConfig(), "trainz": GroupConfig(method="trainz")}
    return StudyConfig(
        data=str(catalogue_store),
        grid=Grid(0.4, 10),
        network=NetworkConfig("colours"),
        training=training,
        groups=groups,
    )


@pytest.fixture
def out(tmp_path):
    return tmp_path / "m.safetensors"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_network_comes_with_its_history_and_nothing_else(study, out, tmp_path):
    assert train_one(study, "net", 0, out) == out
    assert names(tmp_path) == ["m.history.csv", "m.safetensors"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o666 & ~MASK}
    assert len(load(out).predict(open_store(study.data))) == 600


def test_the_same_call_finds_its_model_and_another_one_is_refused(study, out, capsys, monkeypatch):
    train_one(study, "trainz", 0, out)
    before = out.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(single, "_train", None)
        train_one(study, "trainz", 0, out)
        assert "m.safetensors is there already, trained by the same command before." in capsys.readouterr().err
        other = replace(study, grid=Grid(0.4, 20))
        with pytest.raises(
            InputError,
            match="is there already and was made from something else; choose another name, or replace it with --overwrite",
        ):
            train_one(other, "trainz", 0, out)
    assert out.read_bytes() == before
    train_one(other, "trainz", 0, out, overwrite=True)
    assert load(out).grid.bins == 20


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
@pytest.mark.parametrize("name", ["m.history.csv", ".unfinished-m.safetensors", "m.safetensors"])
def test_what_others_have_at_a_name_of_ours_is_left_alone(study, out, tmp_path, monkeypatch, name, kind):
    theirs = tmp_path / name
    if kind == "file":
        theirs.write_text("mine")
    elif kind == "link":
        theirs.symlink_to(tmp_path / "nothing")
    else:
        theirs.mkdir()
        (theirs / "notes").write_text("mine")
    monkeypatch.setattr(single, "_train", None)
    with pytest.raises(InputError, match=r"is there already|is a folder|leads nowhere|none of slipher's"):
        train_one(study, "net", 0, out)
    assert names(tmp_path) == [name]
    assert kind != "file" or theirs.read_text() == "mine"
    assert kind != "folder" or (theirs / "notes").read_text() == "mine"


def test_a_users_own_files_beside_a_model_stay(study, out, tmp_path):
    (tmp_path / ".training-m").mkdir()
    (tmp_path / ".training-m/notes").write_text("mine")
    # no history comes with a method without epochs
    (tmp_path / "m.history.csv").write_text("mine")
    train_one(study, "trainz", 0, out)
    assert names(tmp_path) == [".training-m", "m.history.csv", "m.safetensors"]
    assert (tmp_path / ".training-m/notes").read_text() == (tmp_path / "m.history.csv").read_text() == "mine"


def test_the_old_model_stays_until_the_new_one_is_whole(study, out, tmp_path, monkeypatch):
    train_one(study, "trainz", 0, out)
    before = out.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(single, "sign", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train_one(study, "net", 0, out, overwrite=True)
    assert out.read_bytes() == before
    train_one(study, "net", 0, out, overwrite=True)
    assert names(tmp_path) == ["m.history.csv", "m.safetensors"]
    assert load(out).config.name == "colours"


def test_what_is_read_is_not_written_over(study, tmp_path):
    shutil.copy(study.data, tmp_path / "m.history.csv")
    study = replace(study, data=str(tmp_path / "m.history.csv"))
    with pytest.raises(InputError, match=r"m.history.csv would be written over .*, which is read"):
        train_one(study, "net", 0, tmp_path / "m.safetensors", overwrite=True)


def test_an_identity_is_told_of_models_alone(study, out, tmp_path):
    train_one(study, "trainz", 0, out)
    assert len(identity_of(out)) == 64
    load(out).save(tmp_path / "plain.safetensors")
    (tmp_path / "text").write_text("mine")
    for name in ("plain.safetensors", "text", "nothing", ""):
        assert identity_of(tmp_path / name) is None
    assert identity_of(Path(study.data)) is None


@pytest.mark.parametrize("room", [0, 400, 3000])
def test_a_full_disk_leaves_no_model_and_the_same_call_ends_well(study, out, tmp_path, files_of_at_most, room):
    with files_of_at_most(room), pytest.raises(InputError, match="File too large; make room"):
        train_one(study, "net", 0, out)
    assert not out.exists()
    train_one(study, "net", 0, out)
    assert names(tmp_path) == ["m.history.csv", "m.safetensors"]


@pytest.mark.parametrize("gone", ["folder", "folder/.unfinished-m.safetensors"])
def test_a_folder_that_vanishes_does_not_cost_the_model(study, tmp_path, monkeypatch, gone):
    out, plain = tmp_path / "folder/m.safetensors", loop._Run._keep

    def keep(self, total):
        if self.epoch == 2:
            shutil.rmtree(tmp_path / gone)
        plain(self, total)

    monkeypatch.setattr(loop._Run, "_keep", keep)
    train_one(replace(study, training=replace(study.training, epochs=3)), "net", 0, out)
    assert names(out.parent) == ["m.history.csv", "m.safetensors"]
    assert load(out).config.name == "colours"
