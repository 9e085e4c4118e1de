"""A store made without measuring is measured later, as if it had been at once."""

import numpy as np
import pytest

pytest.importorskip("sep")

from slipher.errors import InputError
from slipher.survey.check import check
from slipher.survey.images import import_images
from slipher.survey.measure import measure_store
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

BANDS = ("g", "r")


@pytest.fixture
def cutouts(tmp_path):
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:32, :32] - 15.5
    images = 20 * np.exp(-np.hypot(x, y) / 3) * rng.uniform(1, 2, (300, 2, 1, 1)) + rng.normal(0, 0.5, (300, 2, 32, 32))
    images[5, 0, 3, 4] = np.nan
    path = tmp_path / "cutouts.npz"
    np.savez(path, cube=images.astype(np.float32), z=rng.uniform(0, 0.3, 300))
    return path


def unmeasured(path, like, photometry):
    """The same galaxies without what is measured, but perhaps with a catalogue's fluxes."""
    schema = galaxy_schema(
        len(like), BANDS, source="a test", shape=like.shape, image_dtype="float32", sky=False, photometry=photometry
    )
    columns = {name: like.column(name) for name in ("id", "redshift", "ebv", "split")}
    columns |= {"images": like.column("images"), "valid": like.valid()}
    if photometry:
        columns |= {"photometry/flux": np.full((len(like), 2), 7.0), "photometry/flux_error": np.ones((len(like), 2))}
    with StoreWriter(path, schema, "one") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return path


@pytest.mark.parametrize("photometry", [False, True])
def test_what_is_measured_later_is_what_an_import_measures(cutouts, tmp_path, photometry):
    imported = import_images(
        cutouts, tmp_path / "a.h5", images="cube", redshift="z", bands=BANDS, layout="NCHW", dtype="float32"
    )
    at_once = open_store(imported)
    schema = unmeasured(tmp_path / "b.h5", at_once, photometry)
    assert measure_store(schema, workers=1)
    later = open_store(schema)
    np.testing.assert_array_equal(later.sky_sigma, at_once.sky_sigma)
    np.testing.assert_array_equal(later.sources(), at_once.sources())
    assert later.sky_correlation.shape == (2, 5, 5)
    if photometry:
        assert (later.flux == 7).all()
    else:
        np.testing.assert_array_equal(later.flux, at_once.flux)
    assert check(schema)["ok"]
    assert not measure_store(schema)


def test_a_store_without_images_is_refused(catalogue_store):
    with pytest.raises(InputError, match="has no images"):
        measure_store(catalogue_store)
