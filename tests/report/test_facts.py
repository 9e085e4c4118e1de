from dataclasses import replace

import pytest

from slipher.report.facts import find_store, gather
from slipher.report.folder import Group, read_study


def test_the_store_is_found_and_counted(study_folder):
    study = read_study(study_folder)
    facts = gather(study, find_store(study), 400)
    assert (facts.train, facts.validation, facts.test) == (240, 40, 400)
    assert facts.kind == "simulated galaxies"
    assert facts.bands == "u g r i z"
    assert facts.constrained


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({"simulated": True, "source": "mock"}, "simulated galaxies"),
        ({"simulated": False, "source": "catalogue lsst.csv"}, "galaxies from catalogue lsst.csv"),
        ({"source": "SDSS frames"}, "galaxies from SDSS frames"),
        ({}, "galaxies"),
    ],
)
def test_galaxies_are_called_real_by_nobody_who_cannot_know(study_folder, environment, kind):
    assert gather(replace(read_study(study_folder), environment=environment), None, 400).kind == kind


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"baseline": "neural", "augmented": "neural", "constrained": "neural", "trainz": "trainz"}, True),
        ({"baseline": "neural", "constrained": "neural"}, False),
        ({"baseline": "beck", "augmented": "annz", "constrained": "flexcode"}, False),
    ],
)
def test_a_study_is_the_ablation_if_it_has_the_three_groups(study_folder, groups, expected):
    named = tuple(Group(name, method, {}, ()) for name, method in groups.items())
    assert gather(replace(read_study(study_folder), groups=named), None, 400).ablation == expected


def test_a_store_that_is_gone_or_has_changed_is_not_used(study_folder):
    study = read_study(study_folder)
    for environment in ({"store": "/nowhere/s.h5"}, {}, {"store": "survey.h5", "fingerprint": "another"}):
        assert find_store(replace(study, environment=environment)) is None
    assert gather(study, None, 400).train is None


def test_a_store_beside_a_study_that_moved_is_found(study_folder):
    study = read_study(study_folder)
    assert find_store(replace(study, environment={"store": "/old/place/survey.h5"})) is not None
