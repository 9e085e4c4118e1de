"""Colour pictures of any bands, of galaxies that lack some, and of bad pixels."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from astropy.visualization import make_lupton_rgb

from slipher.survey.rgb import HATCH, channels, lupton, pictures
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store

spec = importlib.util.spec_from_file_location("conftest", Path(__file__).parents[1] / "conftest.py")
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)


def shown(*bands):
    return [band for row in channels(bands) for band, share in zip(bands, row, strict=True) if share]


def test_the_bands_nearest_to_i_r_and_g_are_shown():
    assert shown("u", "g", "r", "i", "z") == ["i", "r", "g"]
    assert shown(*(f"lsst2016-{band}" for band in "ugrizy")) == ["lsst2016-i", "lsst2016-r", "lsst2016-g"]
    assert shown("decam2014-g", "decam2014-r", "decam2014-z") == ["decam2014-z", "decam2014-r", "decam2014-g"]
    assert shown("r", "i", "z", "lsst2016-y") == ["z", "i", "r"]


def test_bands_of_unknown_filters_are_taken_in_order():
    assert shown("A", "B", "C", "D") == ["D", "C", "A"]


def test_two_bands_and_one():
    assert channels(("J", "H")).tolist() == [[0, 1], [0.5, 0.5], [1, 0]]
    assert channels(("F814W",)).tolist() == [[1], [1], [1]]


def test_colours_are_those_of_astropys_pictures():
    rng = np.random.default_rng(0)
    image = rng.uniform(5, 40, (3, 20, 20))
    ours = lupton(image, 8, 6).astype(float)
    theirs = make_lupton_rgb(*image, stretch=6, Q=8).astype(float)
    full = ours.max(axis=2) == 255
    assert (~full).any()
    ratio = (ours / ours.max(axis=2, keepdims=True), theirs / theirs.max(axis=2, keepdims=True))
    assert np.abs(ratio[0] - ratio[1]).max() < 0.03


def test_brightness_does_not_change_colour():
    picture = lupton(np.array([3.0, 2.0, 1.0])[:, None, None] * np.array([[4.0, 16.0]])).astype(float)
    assert np.allclose(picture[0, 0] / picture[0, 0, 0], picture[0, 1] / picture[0, 1, 0], atol=0.02)


def test_negative_pixels_are_black():
    assert not lupton(np.full((3, 1, 2), -1.0)).any()


def blobs(path, bands, colour, valid=None, shape=(24, 20)):
    """Three equal galaxies of some colour on noise."""
    rng = np.random.default_rng(1)
    y, x = (axis - (size - 1) / 2 for axis, size in zip(np.indices(shape), shape, strict=True))
    images = np.array(colour)[:, None, None] * np.exp(-(x**2 + y**2) / 20)
    images = 5 + images + rng.normal(0, 0.1, (3, len(bands), *shape))
    valid = np.ones(images.shape, bool) if valid is None else valid(np.ones(images.shape, bool))
    columns = stores.common(3, np.full(3, 0.1), rng) | {"images": np.where(valid, images, 0), "valid": valid}
    schema = galaxy_schema(3, bands, source="blobs", shape=shape, photometry=False, sky=False)
    return pictures(open_store(stores.write_store(path, schema, columns)))


@pytest.mark.parametrize(
    ("bands", "colour"),
    [(tuple("ugriz"), (1, 2, 8, 20, 9)), (("X", "Y", "Z"), (2, 8, 20)), (("J", "H"), (2, 20))],
)
def test_red_is_red_and_the_sky_is_dark_grey(tmp_path, bands, colour):
    drawn = blobs(tmp_path / "a.h5", bands, colour, shape=(64, 50)).astype(int)
    assert drawn.shape == (3, 64, 50, 3)
    red, green, blue = drawn[0, 32, 25]
    assert red > green > blue
    sky = drawn[:, :4].mean(axis=(0, 1, 2))
    assert (sky > 25).all()
    assert (sky < 80).all()
    assert np.ptp(sky) < 12


def test_one_band_is_grey(tmp_path):
    drawn = blobs(tmp_path / "a.h5", ("F814W",), (10,))
    assert (drawn == drawn[..., :1]).all()
    assert drawn[0, 12, 10, 0] > 100


def test_bad_pixels_and_missing_galaxies_are_hatched_and_a_missing_band_is_not(tmp_path):
    def spoil(valid):
        valid[0, 1, :5] = False
        valid[1, 2] = False
        valid[2] = False
        return valid

    edge, lacking, gone = blobs(tmp_path / "a.h5", tuple("gri"), (10, 10, 10), spoil)
    assert np.isin(edge[:5], HATCH).all()
    assert (edge[:5] == edge[:5, :, :1]).all()
    assert len(np.unique(edge[5:])) > 10
    assert np.isin(gone, HATCH).all()
    red, green, blue = lacking[12, 10].astype(int)
    assert red == pytest.approx((green + blue) / 2, abs=2)
    assert red > 100
