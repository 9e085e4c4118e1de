import numpy as np
import pytest

from slipher.physics.counting import Shifted, decide

BINS = 9


def shifted(covered, value=None, observed=2.0, observed_covered=1.0, error=0.1):
    value = np.arange(1.0, BINS + 1) if value is None else value
    one = np.ones((1, 1))
    return Shifted(
        np.reshape(value, (1, BINS, 1)),
        np.reshape(covered, (1, BINS, 1)).astype(float),
        observed * one,
        observed_covered * one,
        error * one,
    )


def test_bins_covered_too_little_take_the_nearest():
    covered = [0, 0, 0.94, 0.95, 1, 1, 0.5, 0, 0]
    response, counting = decide(shifted(covered), "mask", 0.95)
    assert counting.all()
    assert np.array_equal(2 * response[0, :, 0], [4, 4, 4, 4, 5, 6, 6, 6, 6])


def test_a_gap_is_filled_from_both_sides():
    response, _ = decide(shifted([1, 1, 0, 0, 0, 0, 1, 1, 1]), "mask", 0.95)
    assert np.array_equal(2 * response[0, :, 0], [1, 2, 2, 2, 7, 7, 7, 8, 9])


@pytest.mark.parametrize(
    "change",
    [{"observed": 0.0}, {"observed": -1.0}, {"observed": np.nan}, {"observed_covered": 0.9}, {"error": 0.5}],
)
def test_bands_that_do_not_count_ask_for_nothing(change):
    response, counting = decide(shifted(np.ones(BINS), **change), "mask", 0.95)
    assert not counting.any()
    assert (response == 1).all()


def test_a_band_covered_at_no_bin_does_not_count():
    assert not decide(shifted(np.zeros(BINS)), "mask", 0.95)[1].any()


@pytest.mark.parametrize("uncovered", ["zero", "renormalise", "template"])
def test_the_other_readings_count_what_is_positive(uncovered):
    response, counting = decide(shifted(np.zeros(BINS), observed_covered=0.0, error=9.0), uncovered, 0.95)
    assert counting.all()
    assert np.array_equal(2 * response[0, :, 0], np.arange(1.0, BINS + 1))
