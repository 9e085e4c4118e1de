"""Padding and codes are found exactly, and pixels that only look alike are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from slipher.survey.padding import Unmeasured, padding, without_padding

SIZE = 48
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
GALAXY = 50 * np.exp(-(X**2 + Y**2) / 18)


def noise(seed, sigma=1.0):
    return np.random.default_rng(seed).normal(size=(SIZE, SIZE)) * sigma


MEASURED = {
    "floats": lambda seed: noise(seed) + GALAXY,
    "half floats": lambda seed: (1e-3 * noise(seed) + GALAXY).astype(np.float16),
    "tiny half floats": lambda seed: (1e-7 * noise(seed) + 1e-4 * GALAXY).astype(np.float16),
    "counts": lambda seed: np.round(noise(seed, 5) + 100 + GALAXY),
    "counts without sky": lambda seed: np.round(noise(seed) + GALAXY),
    "few counts without sky": lambda seed: np.round(noise(seed, 0.4) + GALAXY),
    "photons": lambda seed: np.random.default_rng(seed).poisson(0.3 + GALAXY),
    "few photons": lambda seed: np.random.default_rng(seed).poisson(0.05 + GALAXY),
    "cut off at 0": lambda seed: np.clip(noise(seed) + GALAXY, 0, None),
    "smooth, cut off at 0": lambda seed: np.clip(gaussian_filter(noise(seed), 1.5) + 0.1 * GALAXY, 0, None),
    "smooth counts": lambda seed: np.round(4 * gaussian_filter(noise(seed), 1.5) + GALAXY),
}
"""What instruments and pipelines give: floats, and values that repeat."""


@pytest.mark.parametrize("kind", MEASURED)
def test_what_was_measured_is_no_padding(kind):
    for seed in range(12):
        assert not padding(MEASURED[kind](seed)).any()


SHAPES = {
    "a row": Y < -23,
    "two columns": X > 22,
    "a quarter": Y < -12,
    "a corner": (X < -12) & (Y > 10),
    "a slanting edge": X + 0.3 * Y < -14,
    "a triangle": X + Y < -40,
    "a small triangle": X + Y < -43,
    "all around": (np.abs(X) > 20) | (np.abs(Y) > 20),
    "beyond a circle": X**2 + Y**2 > 22**2,
    "both sides": np.abs(Y) > 19,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("value", [0.0, -1.0, -99.0, 1e20, 3.25])
def test_padding_of_floats_is_found_to_the_pixel(shape, value):
    image = np.where(SHAPES[shape], value, MEASURED["floats"](1))
    np.testing.assert_array_equal(padding(image), SHAPES[shape])


@pytest.mark.parametrize("kind", ["half floats", "counts", "counts without sky", "few counts without sky"])
@pytest.mark.parametrize("shape", ["a quarter", "a corner", "both sides"])
def test_padding_of_values_that_repeat(kind, shape):
    there = SHAPES[shape]
    found = padding(np.where(there, 0, MEASURED[kind](2)))
    assert found[there].all()
    assert found[~there].mean() < 0.06, "no more than what touches it by chance"


@given(
    st.sampled_from(sorted(SHAPES)),
    st.integers(0, 3),
    st.booleans(),
    st.floats(-1e6, 1e6, width=32),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_any_way_round_and_in_any_unit(shape, turns, mirrored, value, seed):
    def turn(values):
        return np.rot90(values.T if mirrored else values, turns)

    image = np.where(SHAPES[shape], np.float32(value), MEASURED["floats"](seed).astype(np.float32))
    np.testing.assert_array_equal(padding(turn(image)), turn(SHAPES[shape]))


def test_two_values():
    image = np.where(Y < -18, 0.0, np.where(X > 18, -1.0, MEASURED["floats"](3)))
    np.testing.assert_array_equal(padding(image), (Y < -18) | (X > 18))


@pytest.mark.parametrize("value", [0.0, 7.5, np.float32(-99)])
def test_an_image_of_one_value(value):
    assert padding(np.full((SIZE, SIZE), value)).all()


def test_nan_is_bad_as_it_is():
    image = np.where(Y < -18, np.nan, MEASURED["floats"](3))
    assert not padding(image).any()
    image[-3:] = 0
    np.testing.assert_array_equal(padding(image), Y > 21)


def test_one_band_of_one_galaxy():
    images = np.stack([[MEASURED["floats"](3 * galaxy + band) for band in range(3)] for galaxy in range(4)])
    images[1, 2, :, :6] = 0
    images[2, 0] = 0
    out, found = without_padding(images)
    assert out.dtype == np.float32
    expected = images.astype(np.float32)
    expected[1, 2, :, :6] = expected[2, 0] = np.nan
    np.testing.assert_array_equal(out, expected)
    assert (found.padded, found.padding, found.lacking, found.galaxies) == (1, 6 * SIZE, 1, 4)
    assert found.values == {0.0}


@pytest.mark.parametrize("code", [-99.0, -999.0, -9999.0, -32768.0, 1e20, 1e30, -1e20, 3.4e38])
def test_codes_amid_what_was_measured(code):
    images = np.stack([[MEASURED["floats"](band) for band in range(2)]])
    images[0, 1, 10, 11] = images[0, 1, 40, 3] = code
    out, found = without_padding(images)
    np.testing.assert_array_equal(np.isnan(out), images == code)
    assert (found.coded, found.codes, found.padded) == (1, 2, 0)


def test_faint_codes_among_bright_noise_are_measurements():
    images = np.round(100 * np.stack([[MEASURED["floats"](band) for band in range(2)]]))
    images[0, 0, 5, 5] = -99
    out, found = without_padding(images)
    assert np.isfinite(out).all()
    assert found == Unmeasured(galaxies=1, pixels=images.size)


def test_what_is_told():
    padded = Unmeasured(galaxies=10, pixels=1000, padded=4, padding=100, values=frozenset({0.0}))
    coded = Unmeasured(galaxies=10, pixels=1000, lacking=1, values=frozenset({0.0}), coded=2, codes=3)
    both = padded + coded + Unmeasured(coding=frozenset({-99.0, -1.0}))
    assert list(both.sentences()) == [
        "4 of 20 galaxies are padded along an edge with 0 (25 % of their pixels); that is no measurement, and these "
        "pixels count as bad.",
        "1 of 20 galaxies hold nothing but 0 in a whole band, which counts as missing.",
        "3 pixels of 2 of 20 galaxies hold -99 and -1, which stands for no measurement; they count as bad.",
    ]
    assert not list(Unmeasured(galaxies=5, pixels=5).sentences())
