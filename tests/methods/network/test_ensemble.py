"""Several networks whose densities are averaged, and one file for them all."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods.base import Job, fit, load
from slipher.methods.network.ensemble import member_jobs
from slipher.methods.neural import NeuralModel
from slipher.networks.config import NetworkConfig
from slipher.networks.ensemble import Ensemble
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig

TRAINING = TrainingConfig(epochs=2, batch_size=50, precision="float32", device="cpu")


def run(galaxies, **options):
    given = {"grid": Grid(0.4, 10), "network": NetworkConfig("colours"), "training": TRAINING, "progress": False}
    return fit(galaxies, **given | options)


@pytest.fixture(scope="module")
def galaxies(catalogue_store):
    return open_store(catalogue_store)


def test_the_density_is_the_mean_of_the_members(galaxies, tmp_path):
    model = run(galaxies, options={"members": 3}, folder=tmp_path)
    jobs = member_jobs(Job(options={"members": 3}))
    alone = [run(galaxies, seed=job.seed) for job in jobs]
    masses = [each.predict(galaxies.test, progress=False).mass for each in alone]
    assert not np.allclose(masses[0], masses[1])
    found = model.predict(galaxies.test, progress=False).mass
    np.testing.assert_allclose(found, np.mean(masses, axis=0), atol=1e-7)
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert isinstance(again, NeuralModel)
    assert isinstance(again.network, Ensemble)
    np.testing.assert_array_equal(again.predict(galaxies.test, progress=False).mass, found)


def test_the_history_is_the_mean_and_each_member_has_its_own(galaxies, tmp_path):
    run(galaxies, options={"members": 2}, folder=tmp_path)

    def column(name, folder):
        with (folder / "history.csv").open() as file:
            return np.array([float(row[name]) for row in csv.DictReader(file)])

    folders = [tmp_path / "member-1", tmp_path / "member-2"]
    for name, combine in (("train_ce", np.mean), ("seconds", np.sum), ("epoch", np.mean)):
        parts = np.array([column(name, folder) for folder in folders])
        np.testing.assert_allclose(column(name, tmp_path), combine(parts, axis=0), rtol=1e-6)
    seconds, rate = column("seconds", tmp_path), column("images_per_second", tmp_path)
    np.testing.assert_allclose(seconds * rate, 2 * len(galaxies.train), rtol=1e-6)


def test_a_larger_ensemble_begins_as_a_smaller_one_and_seeds_do_not_meet(tmp_path):
    def seeds(seed, members):
        return [job.seed for job in member_jobs(Job(seed=seed, options={"members": members}))]

    assert seeds(0, 6)[:2] == seeds(0, 2)
    assert len({seed for start in range(5) for seed in seeds(start, 6)}) == 30
    job = Job(folder=tmp_path)
    assert member_jobs(job) == [job]
    assert member_jobs(replace(job, options={"members": 2}))[1].folder == tmp_path / "member-2"


@pytest.mark.parametrize("members", [0, 2.5, "six", True])
def test_numbers_of_members_that_make_no_sense_are_refused(members):
    with pytest.raises(InputError, match="but must be a whole number of at least 1"):
        member_jobs(Job(options={"members": members}))
