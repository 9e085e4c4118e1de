"""Which galaxies bad pixels make unusable."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.badpixels import keep_rows, spoiled


def images(size=8):
    return np.ones((3, 2, size, size), np.float32)


def test_good_galaxies():
    assert not spoiled(images()).any()


@pytest.mark.parametrize(("size", "row", "column"), [(8, 3, 3), (8, 4, 3), (8, 4, 4), (9, 4, 4)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_centre(size, row, column, value):
    cutouts = images(size)
    cutouts[1, 1, row, column] = value
    assert spoiled(cutouts).tolist() == [False, True, False]


@pytest.mark.parametrize(("size", "row", "column"), [(8, 2, 3), (8, 5, 5), (9, 3, 4)])
def test_beside_the_centre(size, row, column):
    cutouts = images(size)
    cutouts[1, :, row, column] = np.nan
    assert not spoiled(cutouts).any()


def test_half_of_the_pixels():
    cutouts = images(8)
    cutouts[0, :, :3] = np.nan
    cutouts[0, :, 7, :7] = np.nan
    assert not spoiled(cutouts).any()
    cutouts[0, :, 7] = np.nan
    assert spoiled(cutouts).tolist() == [True, False, False]


def test_a_band_without_pixels_is_missing_and_spoils_nothing():
    cutouts = images()
    cutouts[2, 0] = np.nan
    assert not spoiled(cutouts).any()
    cutouts[2, 1, 0] = np.nan
    assert not spoiled(cutouts).any(), "an eighth of the pixels of the band that is there"
    cutouts[2, 1, :4] = np.nan
    assert spoiled(cutouts).tolist() == [False, False, True], "its centre"
    cutouts[1] = np.nan
    assert spoiled(cutouts).tolist() == [False, True, True], "no band at all"


def test_half_of_the_pixels_of_the_bands_that_are_there():
    cutouts = np.ones((2, 3, 8, 8), np.float32)
    cutouts[0, 0] = np.nan
    cutouts[0, 1:, :3] = np.nan
    assert not spoiled(cutouts).any(), "of all three bands 58 %, of two 38 %"
    cutouts[0, 1:, 7] = np.nan
    assert spoiled(cutouts).tolist() == [True, False]


def test_keeping_and_dropping():
    bad = np.array([False, True, False, True])
    names = np.array([10, 11, 12, 13])
    with pytest.raises(InputError, match=r"f\.npz: .* 2 of 4 galaxies are bad \(id 11, 13\); mend them or drop them"):
        keep_rows(bad, names, False, "f.npz")
    assert keep_rows(bad, names, True, "f.npz").tolist() == [0, 2]
    with pytest.raises(InputError, match="nothing can be imported"):
        keep_rows(np.ones(4, bool), names, True, "f.npz")


def test_a_long_list_is_cut():
    with pytest.raises(InputError, match=r"9, \.\.\.\)"):
        keep_rows(np.ones(40, bool), np.arange(40), False, "f.npz")
