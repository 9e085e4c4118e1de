"""The unit of the images, from measured sky or from the images, whoever lacks a band."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.training.skyunit import sky_unit

spec = importlib.util.spec_from_file_location("conftest", Path(__file__).parents[1] / "conftest.py")
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
NOISE = np.array([0.5, 2.0])


def store(path, sky, missing):
    rng, count = np.random.default_rng(0), 60
    images = 3 + NOISE[:, None, None] * rng.normal(size=(count, 2, 16, 12))
    valid = np.broadcast_to(~missing[:, :, None, None], images.shape)
    columns = stores.common(count, np.full(count, 0.1), rng) | {"images": np.where(valid, images, 0), "valid": valid}
    if sky:
        sigma = np.where(missing, np.nan, np.broadcast_to(NOISE, (count, 2)))
        columns |= {"sky/level": 0 * sigma, "sky/sigma": sigma, "sources": np.zeros((count, 16, 12), bool)}
    schema = galaxy_schema(count, ("g", "r"), source="noise", shape=(16, 12), photometry=False, sky=sky)
    return open_store(stores.write_store(path, schema, columns))


@pytest.mark.parametrize("sky", [True, False])
def test_galaxies_without_the_band_do_not_count(tmp_path, sky):
    missing = np.zeros((60, 2), bool)
    missing[:45, 0] = True
    assert sky_unit(store(tmp_path / "a.h5", sky, missing)) == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize("sky", [True, False])
def test_a_band_that_nobody_has_is_named(tmp_path, sky):
    missing = np.zeros((60, 2), bool)
    missing[:, 1] = True
    with pytest.raises(InputError, match="no training galaxy with band r; leave it out"):
        sky_unit(store(tmp_path / "a.h5", sky, missing))
