"""Photometry that no training galaxy has is told from that of the training."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from slipher.errors import InputError
from slipher.methods.base import fit, load
from slipher.methods.file import read_model, write_model
from slipher.methods.photometry import range as module
from slipher.methods.photometry.range import TrainingRange, _distance
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.config import TrainingConfig

BANDS = tuple("ugriz")
COUNT = 2000
GRID = Grid(0.4, 20)


def photometry(count, seed, faint=0.0):
    """Fluxes and errors of galaxies whose colours follow the redshift, with the noise of a sky."""
    rng = np.random.default_rng(seed)
    redshift = rng.uniform(0.01, 0.39, count)
    magnitude = rng.normal(19 + faint, 1.0, count)[:, None] + np.outer(0.5 + 3 * redshift, [1.6, 0.7, 0, -0.4, -0.7])
    flux = 10 ** (-0.4 * (magnitude + rng.normal(0, 0.05, (count, 5)) - 22.5))
    error = np.sqrt(np.square([0.3, 0.1, 0.1, 0.15, 0.5]) + (0.02 * flux) ** 2)
    return redshift, flux + error * rng.normal(size=flux.shape), error


def store(path, flux, error, redshift, bands=BANDS):
    count = len(flux)
    columns = {
        "id": np.arange(count),
        "redshift": redshift,
        "ebv": np.zeros(count, np.float32),
        "split": (np.arange(count) % 10 == 0).astype(np.uint8),
        "photometry/flux": flux.astype(np.float32),
        "photometry/flux_error": error.astype(np.float32),
    }
    with StoreWriter(path, galaxy_schema(count, bands, source="a test"), "test") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return open_store(path)


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    redshift, flux, error = photometry(COUNT, 0)
    return store(tmp_path_factory.mktemp("train") / "train.h5", flux, error, redshift)


@pytest.fixture(scope="module")
def seen(train):
    return TrainingRange.of(train.train)


def changed(name, flux, error):
    """Photometry with one thing wrong."""
    order = {"g and z swapped": [0, 4, 2, 3, 1], "g and r swapped": [0, 2, 1, 3, 4], "reversed": [4, 3, 2, 1, 0]}
    factor = {"nJy": 3631.0, "1e5 too faint": 1e-5, "one band in another unit": np.array([1, 1, 30, 1, 1])}
    if name in order:
        return flux[:, order[name]], error[:, order[name]]
    return flux * factor[name], error * factor[name]


def test_galaxies_like_those_of_the_training_are_not_far(seen, tmp_path):
    redshift, flux, error = photometry(COUNT, 1)
    assert seen.far(store(tmp_path / "same.h5", flux, error, redshift)).mean() < 0.01


@pytest.mark.parametrize(
    "name",
    ["g and z swapped", "g and r swapped", "reversed", "nJy", "1e5 too faint", "one band in another unit"],
)
def test_what_is_wrong_with_all_shows(seen, tmp_path, name):
    redshift, flux, error = photometry(COUNT, 1)
    assert seen.far(store(tmp_path / "wrong.h5", *changed(name, flux, error), redshift)).mean() > 0.5


def test_a_galaxy_of_another_kind_is_far_and_noise_is_not(seen, tmp_path):
    _, flux, error = photometry(5, 2)
    flux[4], error[4] = 0, np.inf
    flux[1] *= [30, 1, 1, 1, 1]
    error[2, 0] = flux[2, 0] * 5
    flux[2, 0] *= 3
    flux[3, :2], error[3, :2] = 0, np.inf
    assert seen.far(store(tmp_path / "few.h5", flux, error, np.full(5, np.nan))).tolist() == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_a_store_with_more_bands_in_another_order(seen, tmp_path):
    redshift, flux, error = photometry(100, 3)
    order = [4, 2, 0, 1, 3]
    more = [np.column_stack([values[:, order], values[:, :1]]) for values in (flux, error)]
    bands = (*(BANDS[place] for place in order), "y")
    assert not seen.far(store(tmp_path / "six.h5", *more, redshift, bands))[:50].all()
    five, six = (
        seen.far(open_store(path))
        for path in (store(tmp_path / "five.h5", flux, error, redshift).path, tmp_path / "six.h5")
    )
    np.testing.assert_array_equal(five, six)
    assert not seen.far(store(tmp_path / "four.h5", flux[:, :4], error[:, :4], redshift, BANDS[:4])).any()


def test_distances_are_those_of_scipy():
    rng = np.random.default_rng(5)
    apart, error = rng.normal(size=(7, 3)), rng.uniform(0.01, 0.5, (7, 3))
    covariance = np.cov(rng.normal(size=(50, 3)), rowvar=False)
    for found, difference, own in zip(_distance(apart, error, covariance), apart, error, strict=True):
        inverse = np.linalg.inv(covariance + np.diag(own**2 + 0.01**2))
        assert found == pytest.approx(mahalanobis(difference, np.zeros(3), inverse), rel=1e-9)


def test_few_galaxies_or_no_photometry_tell_no_range(train, tmp_path):
    assert TrainingRange.of(train[:40]) is None
    assert TrainingRange.of(train[:0]) is None
    flux = np.zeros((200, 5))
    assert TrainingRange.of(store(tmp_path / "none.h5", flux, flux + np.inf, np.full(200, 0.1))) is None


def test_many_galaxies_are_looked_at_evenly(train, monkeypatch):
    monkeypatch.setattr(module, "MOST", 500)
    some = TrainingRange.of(train)
    assert some.mean == pytest.approx(TrainingRange.of(train[::4]).mean)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("local-linear", {}),
        ("beck", {}),
        ("annz", {"options": {"members": 1, "iterations": 2, "hidden": [3]}}),
        ("flexcode", {"options": {"basis": 4}}),
        ("neural", {"network": NetworkConfig("colours"), "training": TrainingConfig(epochs=1, batch_size=500)}),
    ],
)
def test_every_method_keeps_it(train, tmp_path, method, options):
    model = fit(train, method=method, grid=GRID, progress=False, **options)
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.seen == model.seen
    assert model.seen.limit == pytest.approx(TrainingRange.of(train.train).limit, rel=0.1)


def test_a_model_that_knows_no_range_is_read(train, tmp_path):
    model = replace(fit(train, method="local-linear", grid=GRID), seen=None)
    model.save(tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").seen is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limit": 0.0}, "a limit above 0"),
        ({"mean": [1.0]}, "must have 5 numbers in mean"),
        ({"covariance": [[0.0] * 5] * 4}, "each of 5 rows of covariance"),
        ({"covariance": (-np.eye(5)).tolist()}, "seen.covariance is none"),
        ({"mean": "five"}, "seen.mean is 'five', but must be a list"),
        ({"more": 1}, "seen has a key 'more'"),
    ],
)
def test_a_range_that_is_none_is_named(train, tmp_path, change, words):
    path = tmp_path / "model.safetensors"
    fit(train, method="local-linear", grid=GRID).save(path)
    file = read_model(path)
    header = json.loads(json.dumps(dict(file.header)))
    header["seen"] |= change
    write_model(path, header, file.tensors)
    with pytest.raises(InputError, match=words):
        load(path)
