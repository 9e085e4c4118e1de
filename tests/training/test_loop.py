"""The training loop: it learns, and a run that is killed ends as one that is not."""

import csv
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from slipher.constraints import CDELoss, Constraint, Invariance
from slipher.constraints.terms import Terms
from slipher.errors import InputError
from slipher.methods.base import fit
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.training import loop
from slipher.training.checkpoint import read_state
from slipher.training.config import TrainingConfig

GRID = Grid(0.4, 10)
TERMS = 0.1 * Invariance(fraction=0.25) + 0.1 * CDELoss(form="brier")
EXACT = TrainingConfig(epochs=3, batch_size=16, precision="float32", device="cpu")
PROGRAM = """
import sys
from pathlib import Path
import torch
torch.set_num_threads({threads})
from slipher.constraints import CDELoss, Invariance
from slipher.methods.base import fit
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
fit(
    open_store({store!r}),
    0.1 * Invariance(fraction=0.25) + 0.1 * CDELoss(form="brier"),
    grid=Grid(0.4, 10),
    folder=Path({folder!r}),
    augment=("symmetry", "background"),
    training=TrainingConfig(epochs=3, batch_size=16, precision="float32", device="cpu"),
    progress=False,
)
"""


def run(survey, folder=None, training=EXACT, constraints=TERMS, **options):
    options = {"grid": GRID, "augment": ("symmetry", "background"), "progress": False} | options
    return fit(survey, constraints, folder=folder, training=training, **options)


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def undisturbed(survey, tmp_path_factory):
    """A training that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run(survey, folder).save(folder / "model.safetensors")
    return folder


def kill_when(process: subprocess.Popen, ready) -> None:
    """Kill a process as soon as something holds."""
    deadline = time.monotonic() + 120
    while not ready():
        assert process.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_training_ends_with_the_same_bytes(survey, undisturbed, tmp_path):
    program = PROGRAM.format(threads=torch.get_num_threads(), store=str(survey.path), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    try:
        kill_when(process, (tmp_path / "checkpoint/last.safetensors").is_file)
    finally:
        process.kill()
        process.communicate()
    done = len(read_state(tmp_path / "checkpoint/last.safetensors")["history"])
    assert 1 <= done < 3
    run(survey, tmp_path).save(tmp_path / "model.safetensors")
    assert (tmp_path / "model.safetensors").read_bytes() == (undisturbed / "model.safetensors").read_bytes()
    timings = {"seconds", "images_per_second"}
    for row, other in zip(history(tmp_path), history(undisturbed), strict=True):
        assert {k: v for k, v in row.items() if k not in timings} == {
            k: v for k, v in other.items() if k not in timings
        }


def test_a_finished_training_is_not_run_again(survey, undisturbed):
    before = (undisturbed / "checkpoint/last.safetensors").stat().st_mtime_ns
    run(survey, undisturbed).save(undisturbed / "again.safetensors")
    assert (undisturbed / "checkpoint/last.safetensors").stat().st_mtime_ns == before
    assert (undisturbed / "again.safetensors").read_bytes() == (undisturbed / "model.safetensors").read_bytes()


def test_the_history_holds_every_term(undisturbed):
    rows = history(undisturbed)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for part in ("train", "validation"):
        for name in ("ce", "total", "invariance", "invariance_weighted", "invariance_count", "cde", "cde_weighted"):
            assert float(rows[0][f"{part}_{name}"]) == pytest.approx(float(rows[0][f"{part}_{name}"]))
        ce, extra = float(rows[0][f"{part}_ce"]), float(rows[0][f"{part}_invariance_weighted"])
        total = ce + extra + float(rows[0][f"{part}_cde_weighted"])
        assert float(rows[0][f"{part}_total"]) == pytest.approx(total, rel=1e-5)
    assert float(rows[0]["train_invariance_count"]) == 15
    assert float(rows[0]["validation_invariance_count"]) == 4


def test_nothing_but_what_is_promised_is_left(undisturbed):
    names = {str(path.relative_to(undisturbed)) for path in undisturbed.rglob("*") if path.is_file()}
    expected = {"checkpoint/best.safetensors", "checkpoint/last.safetensors", "history.csv"}
    assert names - {"model.safetensors", "again.safetensors"} == expected


def test_another_trainings_checkpoint_is_refused(survey, undisturbed):
    with pytest.raises(InputError, match="holds another training"):
        run(survey, undisturbed, seed=1)


def test_a_damaged_checkpoint_is_named(survey, tmp_path):
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint/last.safetensors").write_bytes(b"half")
    with pytest.raises(InputError, match="damaged checkpoint"):
        run(survey, tmp_path)


def test_the_loss_falls(survey):
    config = TrainingConfig(epochs=12, batch_size=16, precision="float32", device="cpu", learning_rate=3e-4)
    rows = run(survey, training=config, constraints={}, augment=()).history.rows
    # the first epoch begins at the logarithm of the number of bins
    assert rows[0]["train_ce"] < 1.1 * math.log(GRID.bins)
    assert rows[-1]["train_ce"] < 0.5 * rows[0]["train_ce"]


def test_bf16_trains_nearly_as_float32_does(survey):
    losses = []
    for precision in ("float32", "bf16"):
        # equal logits would be the same in any precision
        config = TrainingConfig(
            epochs=1, batch_size=30, precision=precision, device="cpu", learning_rate=1e-5, logits="drawn"
        )
        losses.append(run(survey, training=config, augment=()).history.rows[0]["train_total"])
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    assert losses[1] != losses[0]


def test_the_weights_scored_are_the_best_or_the_last(survey):
    def validation_loss(checkpoint):
        config = TrainingConfig(
            epochs=3, batch_size=30, precision="float32", device="cpu", learning_rate=1e-3, checkpoint=checkpoint
        )
        model = run(survey, training=config, constraints={}, augment=())
        score = model.predict(survey.validation, progress=False).log_score().mean()
        return [row["validation_ce"] for row in model.history.rows], score - math.log(GRID.width)

    losses, best = validation_loss("best")
    assert best == pytest.approx(min(losses), abs=1e-3)
    losses, last = validation_loss("last")
    assert last == pytest.approx(losses[-1], abs=1e-3)


class Undefined(Constraint):
    """Not a number, whatever the density."""

    def penalty(self, p, batch):
        return p.sum(dim=1) * torch.nan


def test_batch_statistics_are_measured_on_what_is_predicted(survey, monkeypatch):
    seen, real = [], loop.measure_statistics

    def measured(network, examples):
        seen.append(list(examples))
        real(network, seen[-1])

    monkeypatch.setattr(loop, "measure_statistics", measured)
    small, one = NetworkConfig("resnet18", size=12), replace(EXACT, epochs=1)
    model = run(survey, constraints=Terms(), network=small, training=one)
    norm, convolution = model.network.body.stem[1], model.network.body.stem[0]
    middle = torch.from_numpy(survey.train.images())[:, :, *(slice((n - 12) // 2, (n + 12) // 2) for n in survey.shape)]
    shown = torch.cat([batch.inputs for batch in seen[0]])
    assert shown.shape == middle.shape
    totals = [each.nan_to_num().sum(dim=(2, 3)).sort(dim=0)[0] for each in (shown, middle)]
    torch.testing.assert_close(*totals)
    outputs = [convolution(model.network.stretched(batch.inputs, batch.ebv)) for batch in seen[0]]
    expected = torch.stack([each.mean(dim=(0, 2, 3)) for each in outputs]).mean(dim=0)
    torch.testing.assert_close(norm.running_mean, expected, rtol=1e-4, atol=1e-5)


def test_a_loss_that_is_no_number_ends_with_advice(survey, tmp_path):
    with pytest.raises(InputError, match=r"the loss is nan in epoch 1; lower training\.learning_rate") as caught:
        run(survey, tmp_path, constraints=1.0 * Undefined())
    assert "\n" not in str(caught.value)
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_dropout_too_is_the_same_after_a_stop(survey, tmp_path, monkeypatch):
    options = {"network": NetworkConfig("disanto"), "training": replace(EXACT, epochs=2), "constraints": Terms()}
    whole = run(survey, tmp_path / "whole", **options)
    validate, calls = loop._Run._validate, []

    def stopping(self):
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return validate(self)

    monkeypatch.setattr(loop._Run, "_validate", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(survey, tmp_path / "stopped", **options)
    monkeypatch.undo()
    torch.rand(7)
    again = run(survey, tmp_path / "stopped", **options)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value), name


def test_a_training_that_has_stopped_to_learn_says_so_once(survey, tmp_path, capsys, monkeypatch):
    validate = loop._Run._validate
    # the validation loss never falls, so that the rate of a patience of 0 does, in every epoch
    monkeypatch.setattr(loop._Run, "_validate", lambda self: validate(self) | {"total": float(self.epoch)})
    training = replace(EXACT, epochs=8, schedule="plateau", patience=0)
    run(survey, tmp_path, constraints=Terms(), network=NetworkConfig("colours"), augment=(), training=training)
    slow, flat = (line for line in capsys.readouterr().err.splitlines() if line.startswith("training: "))
    assert slow.startswith("training: from epoch 5 of 8 on the learning rate is a thousandth")
    assert flat.startswith("training: the validation loss has not fallen since epoch 1 of 8")
