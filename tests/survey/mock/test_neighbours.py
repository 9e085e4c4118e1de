"""Neighbours have the stated density and brightness."""

import numpy as np
import pytest

from slipher.survey.mock.neighbours import BRIGHTEST, FAINTEST, GALAXIES, MARGIN, STARS, draw_neighbours


@pytest.fixture(scope="module")
def drawn(parents):
    rng = np.random.default_rng(2)
    return [draw_neighbours(parents, 0.03, 64, rng) for _ in range(3000)]


def test_their_number_is_that_of_the_sky(drawn):
    area = ((64 + 2 * MARGIN) * 0.396 / 3600) ** 2
    galaxies = sum(source.shape is not None for cutout in drawn for source in cutout)
    stars = sum(source.shape is None for cutout in drawn for source in cutout)
    for found, density in ((galaxies, GALAXIES), (stars, STARS)):
        expected = density * area * len(drawn)
        assert abs(found - expected) < 4 * np.sqrt(expected)


def test_they_lie_in_the_cutout_and_just_outside_and_are_as_bright_as_stated(drawn):
    sources = [source for cutout in drawn for source in cutout]
    assert np.abs([source.position for source in sources]).max() <= 32 + MARGIN
    magnitude = 22.5 - 2.5 * np.log10([source.flux[2] for source in sources])
    assert magnitude.min() >= BRIGHTEST
    assert magnitude.max() <= FAINTEST
    assert np.median(magnitude) > 20


def test_fluxes_are_positive_in_every_band(drawn):
    assert (np.array([source.flux for cutout in drawn for source in cutout]) > 0).all()
