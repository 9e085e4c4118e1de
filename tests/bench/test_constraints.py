import math

import pytest

from slipher.bench.constraints import GOALS, GROUPS, Sizes, costs, task_of
from slipher.study.config import read_config
from slipher.training.loop import train

TINY = Sizes(train=24, validation=4, batch=12, side=16, rounds=1)


def test_the_groups_are_those_of_the_quickstart():
    config = read_config("quickstart")
    assert config.groups["constrained"].constraints == GROUPS["fraction 1/8"]["constraints"]
    assert tuple(config.groups["augmented"].augment) == GROUPS["augmented"]["augment"]
    assert task_of("baseline", TINY).config.learning_rate == config.training.learning_rate
    assert Sizes().batch == config.training.batch_size
    assert set(GOALS) < set(GROUPS)


@pytest.mark.parametrize(("group", "viewed"), [("fraction 1", 24), ("fraction 1/8", 4), ("baseline", None)])
def test_an_epoch_is_one_as_studies_train_it(group, viewed):
    (epoch,) = train(task_of(group, TINY)).rows
    assert math.isfinite(epoch["train_total"])
    assert epoch.get("train_invariance_count") == viewed
    # all galaxies have counting bands
    assert epoch.get("train_flux_count") == (viewed and 24)
    assert epoch["seconds"] > 0


def test_every_group_is_held_against_the_first():
    (result,) = costs(TINY, ("augmented", "fraction 1"))
    assert (result.name, result.against) == ("constraints: fraction 1", "augmented group")
    assert (result.meaning, result.unit, result.goal) == ("times the cost", "s", "at most 2.1")
    assert 0 < result.low <= result.ratio <= result.high
    assert min(result.value, result.baseline) > 0
    assert result.runs == TINY.rounds
    assert "synthetic" in result.note
