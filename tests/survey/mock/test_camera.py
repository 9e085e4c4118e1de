"""The camera is that of SDSS: its point-spread functions and its noise."""

import numpy as np

MEASURED_SIGMA = np.array([0.046, 0.022, 0.030, 0.047, 0.225])
"""Noise of a sky pixel in real Stripe 82 cutouts, u g r i z, nanomaggies."""


def test_point_spread_functions_are_normalised_and_centred(camera):
    assert camera.psf.shape == (5, 51, 51)
    np.testing.assert_allclose(camera.psf.sum(axis=(1, 2)), 1.0, rtol=1e-12)
    pixels = np.arange(51) - 25
    for axis in (1, 2):
        centroid = (camera.psf.sum(axis=axis) * pixels).sum(axis=1)
        np.testing.assert_allclose(centroid, 0.0, atol=0.3)


def test_seeing_is_that_of_the_field(camera):
    # The width of the effective Gaussian, 1 / (4π Σ p²) = σ², against psField's own psf_width in arcseconds.
    sigma = 1 / np.sqrt(4 * np.pi * (camera.psf**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(2.3548 * sigma * 0.396, [1.484, 1.349, 1.170, 1.240, 1.182], rtol=0.1)


def test_sky_noise_is_within_a_quarter_of_that_of_real_cutouts(camera):
    np.testing.assert_allclose(camera.sky_sigma / MEASURED_SIGMA, 1.0, atol=0.25)


def test_blank_sky_has_mean_zero_and_the_stated_noise(camera):
    images = camera.expose(np.zeros((5, 200, 200)), np.random.default_rng(0))
    np.testing.assert_allclose(images.mean(axis=(1, 2)) / camera.sky_sigma, 0.0, atol=0.02)
    np.testing.assert_allclose(images.std(axis=(1, 2)) / camera.sky_sigma, 1.0, atol=0.02)


def test_light_adds_its_own_photon_noise(camera):
    light = np.full((5, 100, 100), 2.0)
    images = camera.expose(light, np.random.default_rng(0))
    np.testing.assert_allclose(images.mean(axis=(1, 2)), 2.0, rtol=0.01)
    expected = camera.sky_sigma**2 + 2.0 / camera.electrons
    np.testing.assert_allclose(images.var(axis=(1, 2)) / expected, 1.0, atol=0.06)
