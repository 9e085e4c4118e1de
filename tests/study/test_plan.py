from pathlib import Path

import pytest

from slipher.methods.neural import NeuralModel
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.study.config import read_config
from slipher.study.plan import duration, plan


@pytest.fixture
def steps(tmp_path):
    """The plan of a study of a small survey, by name."""
    overrides = [("data.simulate", 180), ("network.size", 16), ("seeds", 2)]
    overrides += [("training.epochs", 3), ("training.precision", "float32")]
    planned = plan(read_config("quickstart", overrides), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    return {step.name: step for step in planned.steps}, str(planned)


def test_every_run_and_table_is_there_once(steps):
    found, text = steps
    assert list(found) == [
        "survey",
        "response tables",
        *(f"{group}/seed-{seed}" for group in ("baseline", "augmented", "constrained") for seed in (0, 1)),
        "local-linear/seed-0",
        "trainz/seed-0",
        "report",
    ]
    assert "resnet18, 3 epochs of 120 galaxies" in text
    assert text.splitlines()[-1].startswith("Altogether about")


def test_second_views_cost_time(steps):
    found, _ = steps
    assert found["constrained/seed-0"].seconds > found["baseline/seed-0"].seconds > 0


def test_members_labels_frozen_trunks_and_sizes_change_what_it_costs(image_store, tmp_path):
    start, config = str(tmp_path / "start.safetensors"), NetworkConfig("resnet18")
    bands = ("g", "r", "i")
    NeuralModel(Grid(), config, build(config, bands, Grid().bins), bands, (16, 16), 0.396).save(Path(start))
    groups = {
        "one": {},
        "six": {"options": {"members": 6}},
        "few": {"training": {"labels": 0.1}},
        "probe": {"training": {"frozen": "trunk", "start": start}},
    }
    overrides = [("data", str(image_store)), ("training.epochs", 50), ("groups", groups)]
    planned = plan(read_config("quickstart", overrides), tmp_path / "out")
    found = {step.name.removesuffix("/seed-0"): step for step in planned.steps}
    one = found["one"]
    assert found["six"].seconds == pytest.approx(6 * one.seconds)
    assert found["six"].size == pytest.approx(6 * one.size, rel=0.01)
    assert found["six"].what.endswith("50 epochs of 60 galaxies, 6 times")
    assert "epochs of 6 galaxies" in found["few"].what
    assert found["few"].seconds < one.seconds
    assert found["probe"].seconds < one.seconds


def test_disk_covers_weights_and_moments(steps):
    found, _ = steps
    assert 4 * 5 * 11e6 < found["baseline/seed-0"].size < 4 * 6 * 12e6


def test_a_survey_that_is_to_be_simulated_is_planned(tmp_path):
    overrides = [("data.simulate", 6000), ("groups", {"trainz": {"method": "trainz"}})]
    planned = plan(read_config("quickstart", overrides), tmp_path / "out")
    assert [step.name for step in planned.steps] == ["survey", "trainz/seed-0", "report"]
    assert "6,000 simulated galaxies" in planned.steps[0].what
    assert 0.3e9 < planned.steps[0].size < 0.6e9


def test_durations_are_said_as_people_say_them():
    assert [duration(seconds) for seconds in (0.2, 45, 200, 9000)] == [
        "about 1 s",
        "about 45 s",
        "about 3 min",
        "about 2 h",
    ]
