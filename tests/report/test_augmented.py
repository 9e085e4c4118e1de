import numpy as np

from slipher.density.file import read
from slipher.methods.base import load
from slipher.report.augmented import augmented_masses, pictures, see
from slipher.report.folder import read_study
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig


def test_views_are_densities_and_the_same_every_time(study_folder):
    model = load(study_folder / "baseline/seed-0/model.safetensors")
    galaxies = open_store(study_folder / "survey.h5").test[:3]
    first, second = (augmented_masses(model, galaxies, TrainingConfig(), views=4) for _ in range(2))
    assert first.shape == (3, 4, 180)
    assert np.allclose(first.sum(axis=2), 1, atol=1e-5)
    assert np.array_equal(first, second)
    assert np.ptp(first, axis=1).max() > 0


def test_the_paper_background_needs_no_measured_sky(study_folder):
    model = load(study_folder / "baseline/seed-0/model.safetensors")
    galaxies = open_store(study_folder / "survey.h5").test[:2]
    robust, paper = (augmented_masses(model, galaxies, TrainingConfig(sky=sky), views=3) for sky in ("robust", "paper"))
    assert not np.array_equal(robust, paper)


def test_galaxies_are_found_by_their_ids_in_any_order(study_folder):
    group = read_study(study_folder).groups[0]
    store = open_store(study_folder / "survey.h5")
    density = read(group.runs[0].folder / "densities.hdf5")[np.array([7, 2, 5])]
    sight = see(group, density, store, TrainingConfig())
    assert sight.reason == ""
    assert sight.mass.shape == (3, 20, 180)
    expected = pictures(store.test[np.array([7, 2, 5])])
    assert all(np.array_equal(a, b) for a, b in zip(sight.pictures, expected, strict=True))


def test_what_cannot_be_turned_is_said(study_folder):
    study = read_study(study_folder)
    store = open_store(study_folder / "survey.h5")
    density = study.groups[0].runs[0].density()[:2]
    reasons = {
        "no longer where": see(study.groups[0], density, None, TrainingConfig()),
        "no longer holds": see(study.groups[0], density, store.train, TrainingConfig()),
        "trainz sees no images": see(study.groups[-1], density, store, TrainingConfig()),
    }
    for reason, sight in reasons.items():
        assert reason in sight.reason
        assert sight.pictures is None
        assert np.array_equal(sight.mass[:, 0], density.mass)
