"""A redshift from colours knows nothing of the zero point: every method on photometry scores alike at any."""

import numpy as np
import pytest

from slipher.methods.base import Job, load, module
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.config import TrainingConfig

GRID = Grid(1.6, 60)
BANDS = ("u", "g", "r", "i", "z", "lsst2016-y")
COUNT = 700
JOBS = {
    "beck": Job(grid=GRID),
    "local-linear": Job(grid=GRID),
    "annz": Job(grid=GRID, options={"members": 2, "iterations": 60}),
    "flexcode": Job(
        grid=GRID, options={"regressor": "KNeighborsRegressor", "regressor_options": {"n_neighbors": 20}, "basis": 12}
    ),
    "neural": Job(
        grid=GRID, network=NetworkConfig("colours"), training=TrainingConfig(epochs=2, device="cpu"), progress=False
    ),
}
# a network's magnitudes are float32, which its training magnifies the rounding of
DEEP, LESS = 2.0**-7, 2.0**-16
"""Powers of two, which float32 numbers are multiplied by without a rounding: 5 and 12 magnitudes fainter."""


def survey(path, factor):
    """Galaxies of redshift up to 1.5 in six bands, a third of them not seen in u."""
    rng = np.random.default_rng(5)
    z = rng.uniform(0.05, 1.5, COUNT)
    slope = np.array([2.5, 1.6, 0.9, 0.5, 0.2, 0])
    magnitude = 19 + rng.normal(0, 0.6, (COUNT, 1)) + z[:, None] * slope + 0.3 * np.sin(4 * z[:, None] + np.arange(6))
    error = np.array([1.0, 0.5, 0.5, 0.5, 0.7, 0.9]) * rng.uniform(0.5, 2, (COUNT, 1))
    flux = 10 ** (-0.4 * (magnitude - 22.5)) + error * rng.normal(size=(COUNT, 6))
    columns = {
        "id": np.arange(COUNT),
        "redshift": z,
        "ebv": np.zeros(COUNT, np.float32),
        "split": np.repeat([0, 1, 2], [COUNT - 300, 150, 150]).astype(np.uint8),
        "photometry/flux": flux.astype(np.float32) * np.float32(factor),
        "photometry/flux_error": error.astype(np.float32) * np.float32(factor),
    }
    with StoreWriter(path, galaxy_schema(COUNT, BANDS, source="a test"), "test") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return open_store(path)


@pytest.mark.parametrize("name", JOBS)
def test_every_method_predicts_alike_at_another_zero_point(name, tmp_path):
    bright, deep, deepest = (survey(tmp_path / f"{factor}.h5", factor) for factor in (1, DEEP, LESS))
    expected = module(name).fit(bright, JOBS[name]).predict(bright.test, progress=False)
    for store in (deep, deepest):
        found = module(name).fit(store, JOBS[name]).predict(store.test, progress=False)
        assert np.abs(found.mean() - expected.mean()).max() < (1e-2 if name == "neural" else 1e-4)


@pytest.mark.parametrize("name", JOBS)
def test_a_model_takes_the_softening_of_its_training_to_any_store(name, tmp_path):
    """Galaxies keep their densities in a store of other depth, and through a file."""
    store = survey(tmp_path / "s.h5", 1)
    model = module(name).fit(store, JOBS[name])
    model.save(tmp_path / "m.safetensors")
    few = store[len(store) - 3 :]
    expected = model.predict(store.test, progress=False).mass[-3:]
    for one in (model, load(tmp_path / "m.safetensors")):
        np.testing.assert_allclose(one.predict(few, progress=False).mass, expected, atol=1e-6)
