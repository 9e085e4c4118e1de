import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods.base import Job, load
from slipher.methods.trainz import fit
from slipher.redshift import Grid
from slipher.survey.store import open_store

GRID = Grid(0.4, 40)


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


def test_every_galaxy_gets_the_training_counts(galaxies):
    density = fit(galaxies, Job(grid=GRID)).predict(galaxies.test)
    counts = np.histogram(galaxies.train.redshift, GRID.edges)[0]
    assert np.allclose(density.mass, np.maximum(counts / counts.sum(), 1e-6), atol=1e-5)
    assert density.mass.min() > 0.9e-6
    assert np.array_equal(density.id, galaxies.test.id)


def test_its_pit_is_uniform_on_galaxies_like_the_training(galaxies):
    density = fit(galaxies, Job(grid=GRID)).predict(galaxies.train)
    pit = np.sort(density.pit())
    assert np.max(np.abs(pit - (np.arange(len(pit)) + 0.5) / len(pit))) < 0.03


def test_a_saved_model_is_the_same(galaxies, tmp_path):
    model = fit(galaxies, Job(grid=GRID))
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors", GRID)
    assert np.array_equal(again.predict(galaxies).mass, model.predict(galaxies).mass)
    with pytest.raises(InputError, match="40 bins"):
        load(tmp_path / "model.safetensors", Grid())


def test_what_it_cannot_use_is_refused(galaxies):
    with pytest.raises(InputError, match="no options, but bins"):
        fit(galaxies, Job(grid=GRID, options={"bins": 3}))
    with pytest.raises(InputError, match="no training galaxy"):
        fit(galaxies, Job(grid=Grid(1e-4, 2)))
