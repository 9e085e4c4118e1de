from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slipher.report.facts import Facts
from slipher.report.folder import Group, StudyFolder
from slipher.report.words import caveats
from slipher.study.config import StudyConfig, read_config

FACTS = Facts("quickstart", True, "mock", 4000, 500, 1500, 1, "u g r i z", True, True, True)


def group(name, method, mad):
    return Group(name, method, {"metrics": {"mad": {"mean": mad}}}, ())


def said(facts=FACTS, groups=(), published=(), histories=None, configuration=None, left_out=""):
    configuration = configuration or StudyConfig()
    study = StudyFolder(Path(), tuple(groups), published, (), (), {}, {}, configuration, "", left_out)
    return " ".join(caveats(study, facts, histories or {}))


def test_one_seed_cannot_rank_the_groups():
    assert "4,000 training galaxies and one seed cannot rank the groups" in said()
    assert "cannot rank" not in said(replace(FACTS, seeds=3))
    assert "3 seeds, which is itself uncertain by about 50 %" in said(replace(FACTS, seeds=3))


@pytest.mark.parametrize(("method", "expected"), [("neural", True), ("pretrained", True), ("beck", False)])
def test_that_few_galaxies_limit_networks_is_said_of_networks_alone(method, expected):
    assert ("Networks with so few are limited by that" in said(groups=[group("mine", method, 0.02)])) == expected


def test_a_large_real_sample_with_many_seeds_needs_no_excuse():
    assert said(replace(FACTS, simulated=False, train=466_169, seeds=8)) == ""


@pytest.mark.parametrize(("neighbours", "expected"), [(0.010, True), (0.020, False)])
def test_local_linear_is_explained_only_where_it_is_ahead(neighbours, expected):
    groups = [group("baseline", "neural", 0.015), group("beck", "local-linear", neighbours)]
    assert ("beck is ahead of the networks" in said(groups=groups)) == expected


def test_trainz_is_named_for_what_it_is():
    assert "nothing by itself" in said(groups=[group("reference", "trainz", 0.05)])


def test_training_that_had_not_ended_is_named():
    falling, risen = np.array([3.0, 2.0, 1.0]), np.array([3.0, 1.0, 2.0])
    histories = {"a": [{"validation_total": falling}], "b": [{"validation_total": risen}]}
    assert "a was still improving" in said(histories=histories)


def test_what_is_not_read_literally_is_said_of_sums_as_printed():
    words = said(configuration=read_config("as-printed"))
    assert "weight decay is 1e-06 as torch takes it, where γ‖θ‖² would be 2e-06" in words
    assert "without the width Δ" in words
    assert "absolute threshold" in words
    assert "literally" not in said(configuration=read_config("paper"))


def test_training_that_stopped_to_learn_is_named_with_the_reason():
    totals, rates = np.array([3.0, 2.0, *[2.5] * 6]), np.full(8, 1e-3)
    still = {"validation_total": totals, "learning_rate": rates}
    starved = {"validation_total": -np.arange(8.0), "learning_rate": 1e-3 * 0.1 ** np.arange(8)}
    learning = {"validation_total": -np.arange(8.0), "learning_rate": rates}
    words = said(histories={"a": [learning, still], "b": [starved], "c": [learning], "d": [{}]})
    assert "a stopped learning early: the validation loss has not fallen since epoch 2 of 8" in words
    assert "b stopped learning early: from epoch 4 of 8 on the learning rate is a thousandth" in words
    assert "c stopped" not in words


def test_published_rows_do_not_compete():
    assert "do not compete" in said(published=({"source": "Table 1"},))
    assert "unit it does not state" in said(published=({"source": "prints a CDE loss of"},))


def test_why_published_rows_are_not_shown_is_said():
    found = said(left_out="the redshift grid ends at 1.6, not at 0.4")
    assert "published rows of the paper's table are not shown: the redshift grid ends at 1.6, not at 0.4." in found
