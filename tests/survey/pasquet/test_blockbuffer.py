"""Blocks are turned and narrowed exactly as numpy would."""

import numpy as np
import pytest

from slipher.survey.pasquet.blockbuffer import BlockBuffer


def filled(dtype, shape=(6, 10, 3), galaxies=5):
    buffer = BlockBuffer(galaxies, shape, dtype)
    buffer.raw[:] = np.random.default_rng(1).normal(0, 10 ** np.linspace(-9, 4, 10)[:, None], buffer.raw.shape)
    return buffer


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("count", [5, 3, 1])
def test_good_blocks(dtype, count):
    buffer = filled(dtype)
    columns = buffer.columns(count)
    np.testing.assert_array_equal(columns["images"], buffer.raw[:count].transpose(0, 3, 1, 2).astype(dtype))
    assert columns["images"].dtype == dtype
    assert columns["images"].flags.c_contiguous
    valid = np.unpackbits(columns["valid"], axis=-1, count=10)
    assert valid.shape == (count, 3, 6, 10)
    assert valid.all()
    assert buffer.finite(count)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_bad_pixels(value):
    buffer = filled("float16")
    buffer.raw[2, 4, 5, 1] = value
    assert not buffer.finite(5)
    assert buffer.finite(2)
    columns = buffer.columns(5)
    assert np.argwhere(~columns["valid"]).tolist() == [[2, 1, 4, 5]]
    expected = buffer.raw.transpose(0, 3, 1, 2).copy()
    expected[2, 1, 4, 5] = 0
    np.testing.assert_array_equal(columns["images"], expected)


def test_too_large_values_are_left_to_the_writer():
    buffer = filled("float16")
    buffer.raw[0, 0, 0, 0] = 7e4
    assert buffer.columns(5)["images"].dtype == np.float32
