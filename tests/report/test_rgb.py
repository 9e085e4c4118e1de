import numpy as np
from astropy.visualization import make_lupton_rgb

from slipher.report.rgb import colour_bands, lupton


def test_red_green_blue_are_i_r_g_or_what_comes_nearest():
    assert colour_bands(("u", "g", "r", "i", "z")) == (3, 2, 1)
    assert colour_bands(("J", "H", "K")) == (2, 1, 0)
    assert colour_bands(("r",)) == (0, 0, 0)


def test_colours_are_those_of_astropys_pictures():
    rng = np.random.default_rng(0)
    image = rng.uniform(5, 40, (3, 20, 20)).astype(np.float32)
    ours = lupton(image, np.ones(3, np.float32)).astype(float)
    theirs = make_lupton_rgb(*image, stretch=6, Q=8).astype(float)
    full = ours.max(axis=2) == 255
    assert (~full).any()
    ratio = (ours / ours.max(axis=2, keepdims=True), theirs / theirs.max(axis=2, keepdims=True))
    assert np.abs(ratio[0] - ratio[1]).max() < 0.03


def test_brightness_does_not_change_colour():
    image = np.array([3.0, 2.0, 1.0], np.float32)[:, None, None] * np.array([[1.0, 4.0]], np.float32)
    picture = lupton(image, np.ones(3, np.float32)).astype(float)
    assert np.allclose(picture[0, 0] / picture[0, 0, 0], picture[0, 1] / picture[0, 1, 0], atol=0.02)


def test_negative_and_bad_pixels_are_black():
    image = np.full((3, 1, 2), -1.0, np.float32)
    image[:, 0, 1] = np.nan
    assert not lupton(image, np.ones(3, np.float32)).any()
