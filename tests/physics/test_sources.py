import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import gamma, gammaincinv

from slipher.physics.skynoise import sky_statistics
from slipher.physics.sources import FREE, find_sources

SIGMA = np.array([0.046, 0.022, 0.030, 0.047, 0.225])
"""Noise of real SDSS cutouts, nanomaggies a pixel."""
COLOUR = np.array([0.12, 0.5, 1.0, 1.4, 1.75])
"""Flux of a galaxy at z = 0.1 over that in r."""
GALAXIES = 60


def sersic(index, radius, ratio, angle, size=64, fine=4, cut=5.0):
    """A Sérsic profile of unit flux, cut at five half-light radii as SDSS's models are, under seeing of 1.3″."""
    b = gammaincinv(2 * index, 0.5)
    axis = (np.arange(size * fine) + 0.5) / fine - size / 2
    x, y = np.meshgrid(axis, axis)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    r = np.hypot(along * np.sqrt(ratio), across / np.sqrt(ratio)) / radius
    profile = np.exp(-b * (r ** (1 / index) - 1)) * (r < cut)
    total = 2 * np.pi * radius**2 * index * np.exp(b) * b ** (-2 * index) * gamma(2 * index)
    return gaussian_filter(profile.reshape(size, fine, size, fine).mean(axis=(1, 3)) / total, 1.4, mode="constant")


def galaxy(rng):
    """A main-sample galaxy: half-light radius about 2.3″, counts rising to r = 17.77."""
    radius = np.clip(2.3 * np.exp(0.4 * rng.standard_normal()), 0.8, 4.0) / 0.396
    profile = sersic(rng.choice([1.0, 1.0, 2.0, 4.0]), radius, rng.uniform(0.3, 1.0), rng.uniform(0, np.pi))
    flux = 10 ** (0.4 * (22.5 - 17.77)) * rng.uniform(0.05, 1.0) ** -0.8
    return flux * COLOUR[:, None, None] * profile


@pytest.fixture(scope="module")
def survey():
    rng = np.random.default_rng(0)
    light = np.stack([galaxy(rng) for _ in range(GALAXIES)])
    images = (light + SIGMA[:, None, None] * rng.standard_normal(light.shape)).astype(np.float32)
    return light, images, np.stack([find_sources(image) for image in images])


def test_little_of_the_light_is_lost(survey):
    light, _, sources = survey
    lost = (light[:, 2] * ~sources).sum(axis=(1, 2)) / light[:, 2].sum(axis=(1, 2))
    assert lost.mean() < 0.01
    assert lost.max() < 0.06


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """A simulated survey, and the measurements on it."""
    simulate = pytest.importorskip("slipher.survey.mock.simulate").simulate
    spec = importlib.util.spec_from_file_location("measure_masks", Path(__file__).with_name("measure_masks.py"))
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    return simulate(tmp_path_factory.mktemp("masks") / "survey.h5", 160, seed=100, workers=1), measure


def test_of_a_mock_galaxy_five_percent_are_lost_in_one_of_a_hundred_at_most(mock):
    store, measure = mock
    lost = measure.lost_light(store)
    assert (lost.mean(axis=0) < 0.02).all()
    assert ((lost > 0.05).mean(axis=0) <= 0.01).all()


def test_the_sky_of_a_mock_survey_is_redrawn_with_its_true_noise(mock):
    store, measure = mock
    assert np.allclose(measure.noise_ratio(store).mean(axis=0), 1, atol=0.05)


def test_the_measured_noise_is_the_true_noise(survey):
    _, images, sources = survey
    _, sigma = sky_statistics(images, sources)
    assert np.allclose(np.median(sigma / SIGMA, axis=0), 1, atol=0.03)
    assert np.allclose((sigma / SIGMA).mean(axis=0), 1, atol=0.05)


def test_the_sky_keeps_some_pixels(survey):
    free = (~survey[2]).mean(axis=(1, 2))
    assert free.min() >= FREE
    assert np.median(free) > 0.3


def test_blank_sky_is_free():
    rng = np.random.default_rng(1)
    share = [find_sources(image).mean() for image in rng.standard_normal((20, 5, 64, 64)).astype(np.float32)]
    assert np.mean(share) < 0.1


def test_no_noise_means_no_source():
    assert not find_sources(np.zeros((5, 32, 32), np.float32)).any()


def test_bad_pixels_show_no_source():
    rng = np.random.default_rng(2)
    images = rng.standard_normal((5, 64, 64)).astype(np.float32)
    clean = find_sources(images)
    valid = np.ones(images.shape, bool)
    images[:, :4], valid[:, :4] = 1e5, False
    images[:, -4:] = np.nan
    assert find_sources(images, valid).mean() < clean.mean() + 0.05


def test_a_neighbour_is_found():
    rng = np.random.default_rng(3)
    images = 0.1 * rng.standard_normal((3, 64, 64)).astype(np.float32)
    images += 100 * sersic(1.0, 4.0, 0.8, 0.0).astype(np.float32)
    images[:, 2:12, 2:12] += 5 * sersic(1.0, 1.0, 1.0, 0.0, size=10).astype(np.float32)
    sources = find_sources(images)
    assert sources[32, 32]
    assert sources[7, 7]
