"""A training that was stopped and continued ends as one that never was, whatever its optimiser, schedule and data."""

from dataclasses import replace

import pytest
import torch

from slipher.constraints import CDELoss
from slipher.errors import InputError
from slipher.methods.base import fit
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.training import loop
from slipher.training.checkpoint import read_state, read_weights
from slipher.training.config import TrainingConfig

EXACT = TrainingConfig(epochs=3, batch_size=30, precision="float32", device="cpu", learning_rate=1e-3)
SGD = replace(EXACT, optimizer="sgd", weight_decay=1e-3)


def run(survey, folder, training, **options):
    return fit(
        survey,
        0.1 * CDELoss(form="brier"),
        grid=Grid(0.4, 10),
        folder=folder,
        training=training,
        progress=False,
        **options,
    )


def stop_after(epochs, monkeypatch):
    """Let the next training be interrupted in the validation after that many epochs."""
    validate, calls = loop._Run._validate, []

    def stopping(self):
        calls.append(self)
        if len(calls) > epochs:
            raise KeyboardInterrupt
        return validate(self)

    monkeypatch.setattr(loop._Run, "_validate", stopping)


@pytest.fixture(scope="module")
def start(survey, tmp_path_factory):
    """A model to begin from."""
    path = tmp_path_factory.mktemp("start") / "model.safetensors"
    run(survey, None, replace(EXACT, epochs=1)).save(path)
    return path


@pytest.mark.parametrize(
    ("training", "augment"),
    [
        (replace(SGD, schedule="steps", milestones=(0.4, 0.7)), ()),
        (replace(SGD, schedule="plateau", patience=0), ()),
        (replace(EXACT, schedule="plateau"), ("symmetry",)),
        (replace(EXACT, schedule="exponential", schedule_factor=0.7), ("rotation", "jitter", "reddening", "noise")),
        (replace(EXACT, schedule="steps", accumulate=3, labels=0.6), ("symmetry", "background", "jitter")),
        (replace(SGD, frozen="trunk", start="START"), ("noise",)),
    ],
    ids=[
        "sgd-steps",
        "sgd-plateau",
        "adam-plateau-auto",
        "adam-exponential",
        "adam-steps-pieces",
        "sgd-frozen",
    ],
)
def test_stopped_and_resumed_is_never_stopped(survey, start, tmp_path, monkeypatch, training, augment):
    training = replace(training, start=training.start and str(start))
    # all but the start's network are quick to keep
    options = {"augment": augment, "network": NetworkConfig("resnet18" if training.start else "henghes")}
    whole = run(survey, tmp_path / "whole", training, **options)
    stop_after(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(survey, tmp_path / "stopped", training, **options)
    monkeypatch.undo()
    assert len(read_state(tmp_path / "stopped/checkpoint/last.safetensors")["history"]) == 2
    again = run(survey, tmp_path / "stopped", training, **options)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value), name
    rates = [[row["learning_rate"] for row in model.history.rows] for model in (whole, again)]
    assert rates[0] == rates[1]
    assert rates[0][-1] < rates[0][0] or training.schedule == "plateau"
    kinds = {
        name.rpartition(".")[2]
        for name in read_weights(tmp_path / "stopped/checkpoint/last.safetensors")
        if name.startswith("optimizer.")
    }
    assert kinds == ({"momentum_buffer"} if training.optimizer == "sgd" else {"exp_avg", "exp_avg_sq", "step"})


def test_a_killed_ensemble_goes_on_with_the_member_it_was_at(survey, tmp_path, monkeypatch):
    options = {"network": NetworkConfig("colours"), "options": {"members": 3}}
    training = replace(EXACT, epochs=1)
    whole = run(survey, tmp_path / "whole", training, **options)
    stop_after(1, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(survey, tmp_path / "stopped", training, **options)
    monkeypatch.undo()
    first = tmp_path / "stopped/member-1/checkpoint/last.safetensors"
    written = first.stat().st_mtime_ns
    assert not (tmp_path / "stopped/member-2/checkpoint").exists()
    again = run(survey, tmp_path / "stopped", training, **options)
    assert first.stat().st_mtime_ns == written
    whole.save(tmp_path / "a.safetensors")
    again.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_another_start_is_another_training(survey, start, tmp_path):
    training = replace(EXACT, epochs=1, start=str(start))
    run(survey, tmp_path / "run", training)
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(start.read_bytes())
    run(survey, tmp_path / "run", replace(training, start=str(copy)))
    run(survey, None, replace(EXACT, epochs=1), seed=5).save(copy)
    with pytest.raises(InputError, match="holds another training"):
        run(survey, tmp_path / "run", replace(training, start=str(copy)))


def test_a_full_disk_is_said_in_one_sentence_and_the_training_goes_on(survey, tmp_path, files_of_at_most):
    training, options = replace(EXACT, epochs=2), {"network": NetworkConfig("colours")}
    with files_of_at_most(5000), pytest.raises(InputError, match=r"best.safetensors cannot be written: File too large"):
        run(survey, tmp_path / "stopped", training, **options)
    assert not list((tmp_path / "stopped/checkpoint").iterdir())
    run(survey, tmp_path / "stopped", training, **options).save(tmp_path / "a.safetensors")
    run(survey, None, training, **options).save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
