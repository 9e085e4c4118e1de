"""A galaxy depends on the seed and its number alone, and its parts agree with each other."""

import numpy as np
import pytest

from slipher.redshift import Grid
from slipher.survey.mock.galaxy import TRUTH, simulate_galaxy
from slipher.survey.mock.sed import true_flux


@pytest.fixture
def make(parents, camera, renderer):
    return lambda seed, number: simulate_galaxy(parents, camera, renderer, Grid(), seed, number)


def test_it_is_a_function_of_seed_and_number(make):
    first, again = make(3, 17), make(3, 17)
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name], err_msg=name)


@pytest.mark.parametrize("other", [(3, 18), (4, 17), (17, 3)])
def test_another_seed_or_number_is_another_galaxy(make, other):
    first, second = make(3, 17), make(*other)
    assert first["redshift"] != second["redshift"]
    assert not np.array_equal(first["images"], second["images"])


def test_its_true_flux_is_that_of_its_coefficients_and_dust(make):
    galaxy = make(0, 5)
    expected = true_flux(galaxy["truth/coefficients"], float(galaxy["redshift"]), float(galaxy["ebv"]))
    np.testing.assert_array_equal(galaxy["truth/flux"], expected)


def test_its_truth_is_whole(make):
    galaxy = make(0, 1)
    assert {name.removeprefix("truth/") for name in galaxy if name.startswith("truth/")} == set(TRUTH)
    for name, column in TRUTH.items():
        assert galaxy[f"truth/{name}"].shape == column.shape
        assert np.isfinite(galaxy[f"truth/{name}"]).all()
