"""The loop of pretraining: it learns, says when it does not, and a run that is killed ends as one that is not."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from slipher.errors import InputError
from slipher.methods.network.pretraining import Pretraining, _task
from slipher.survey.store import open_store
from slipher.training import pretrain as loop
from slipher.training.config import TrainingConfig
from slipher.training.examples import Reader
from slipher.training.pretrain_config import PretrainConfig

EXACT = TrainingConfig(precision="float32", device="cpu")
QUICK = PretrainConfig(
    epochs=3, batch_size=20, queue=32, momentum=0.9, width=8, learning_rate=0.01, augment=("rotation", "noise")
)


def task(survey, folder=None, config=QUICK, seed=0, **changes):
    what = Pretraining(open_store(survey.path), config=config, machine=EXACT, seed=seed)
    return replace(_task(what, what.encoder(), folder, "pretraining", progress=False), **changes)


def weights(made):
    return made.contrast.state_dict()


def rows(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def undisturbed(survey, tmp_path_factory):
    """A pretraining that nothing happened to, and its folder."""
    folder = tmp_path_factory.mktemp("undisturbed")
    made = task(survey, folder)
    loop.pretrain(made)
    return made, folder


def test_a_stopped_pretraining_ends_with_the_same_numbers(survey, undisturbed, tmp_path, monkeypatch):
    validate, calls = loop._Run._validate, []

    def stopping(self):
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return validate(self)

    monkeypatch.setattr(loop._Run, "_validate", stopping)
    with pytest.raises(KeyboardInterrupt):
        loop.pretrain(task(survey, tmp_path))
    monkeypatch.undo()
    assert len(rows(tmp_path)) == 1
    torch.rand(7)
    again = task(survey, tmp_path)
    loop.pretrain(again)
    whole, folder = undisturbed
    for name, value in weights(whole).items():
        assert torch.equal(weights(again)[name], value), name
    timings = {"seconds", "images_per_second"}
    for row, other in zip(rows(tmp_path), rows(folder), strict=True):
        assert {k: v for k, v in row.items() if k not in timings} == {
            k: v for k, v in other.items() if k not in timings
        }


def test_the_history_says_how_it_went(undisturbed):
    _, folder = undisturbed
    found = rows(folder)
    assert [row["epoch"] for row in found] == ["1", "2", "3"]
    assert [float(row["learning_rate"]) for row in found] == pytest.approx([0.01, 0.0075, 0.0025])
    assert {row["queue"] for row in found} == {"32"}
    for row in found:
        assert 0 < float(row["train_loss"]) < 2 * math.log(33)
        assert 0 < float(row["train_spread"]) <= 1
        assert 0 <= float(row["validation_accuracy"]) <= 1


def test_another_pretrainings_checkpoint_is_refused(survey, undisturbed):
    with pytest.raises(InputError, match="holds another pretraining"):
        loop.pretrain(task(survey, undisturbed[1], identity="other"))


def test_galaxies_are_told_apart_better_and_better(survey, larger_image_store):
    config = replace(QUICK, epochs=12, queue=60, augment=("symmetry",), width=16)
    learning = task(survey, config=config, seed=1)
    held = Reader(open_store(larger_image_store).validation, learning.train.recipe)
    found = loop.pretrain(replace(learning, held=held)).rows
    # a hundred galaxies held out: by chance one of them finds itself
    assert found[-1]["validation_accuracy"] > max(0.3, 2 * found[0]["validation_accuracy"])
    assert found[-1]["validation_loss"] < found[0]["validation_loss"] - 0.5
    assert found[-1]["train_loss"] < found[1]["train_loss"] - 0.3


def test_test_galaxies_are_never_read(survey, monkeypatch):
    galaxies = open_store(survey.path)
    read, images = [], type(galaxies).images

    def noted(self):
        read.extend(self.rows.tolist())
        return images(self)

    monkeypatch.setattr(type(galaxies), "images", noted)
    loop.pretrain(task(survey, config=replace(QUICK, epochs=1)))
    assert set(galaxies.train.rows) <= set(read)
    assert not set(galaxies.test.rows) & set(read)


def test_without_galaxies_held_out_nothing_is_said_of_them(survey):
    found = loop.pretrain(task(survey, config=replace(QUICK, epochs=1), held=None)).rows[0]
    assert not any(name.startswith("validation") for name in found)
    assert np.isfinite(list(found.values())).all()


def test_a_collapse_is_said_once(survey, capsys, monkeypatch):
    spreads = iter([0.5, 0.01, 0.01])
    train = loop._Run._train
    monkeypatch.setattr(loop._Run, "_train", lambda self, bar: train(self, bar) | {"spread": next(spreads)})
    loop.pretrain(task(survey))
    said = capsys.readouterr().err
    assert said.count("the features have collapsed in epoch 2 (their spread is 0.01 of 1)") == 1


def test_a_loss_that_is_no_number_ends_with_advice(survey, tmp_path):
    made = task(survey, tmp_path)
    with torch.no_grad():
        made.contrast.query.body.head.out.weight.fill_(torch.nan)
    with pytest.raises(InputError, match=r"the loss is nan in epoch 1; lower the learning rate") as caught:
        loop.pretrain(made)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_the_cosine_goes_from_the_whole_to_nothing():
    config = PretrainConfig(epochs=10, learning_rate=2.0)
    rates = [loop.learning_rate(config, epoch) for epoch in range(11)]
    assert rates[0] == 2
    assert rates[5] == pytest.approx(1)
    assert rates[10] == pytest.approx(0)
    assert rates == sorted(rates, reverse=True)
