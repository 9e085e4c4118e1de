from dataclasses import replace

from slipher.report.facts import find_store, gather
from slipher.report.folder import read_study


def test_the_store_is_found_and_counted(study_folder):
    study = read_study(study_folder)
    facts = gather(study, find_store(study), 400)
    assert (facts.train, facts.validation, facts.test) == (240, 40, 400)
    assert facts.kind == "simulated galaxies"
    assert facts.bands == "u g r i z"
    assert facts.constrained


def test_a_store_that_is_gone_or_has_changed_is_not_used(study_folder):
    study = read_study(study_folder)
    for environment in ({"store": "/nowhere/s.h5"}, {}, {"store": "survey.h5", "fingerprint": "another"}):
        assert find_store(replace(study, environment=environment)) is None
    assert gather(study, None, 400).train is None


def test_a_store_beside_a_study_that_moved_is_found(study_folder):
    study = read_study(study_folder)
    assert find_store(replace(study, environment={"store": "/old/place/survey.h5"})) is not None
