import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from slipher.physics.skynoise import sky_correlation, sky_statistics

RNG = np.random.default_rng(0)
IMAGES = (2 + 3 * RNG.standard_normal((12, 2, 64, 64))).astype(np.float32)
NOTHING = np.zeros((12, 64, 64), bool)


def test_level_and_noise_are_recovered():
    level, sigma = sky_statistics(IMAGES, NOTHING)
    assert level.shape == sigma.shape == (12, 2)
    assert level.dtype == sigma.dtype == np.float32
    assert level.mean() == pytest.approx(2, abs=0.05)
    assert sigma.mean() == pytest.approx(3, rel=0.01)


def test_they_are_numpys_median_and_deviation():
    sources = RNG.random(NOTHING.shape) > 0.7
    level, sigma = sky_statistics(IMAGES, sources)
    pixels = IMAGES[3, 1][~sources[3]]
    assert level[3, 1] == pytest.approx(np.median(pixels), rel=1e-6)
    assert sigma[3, 1] == pytest.approx(1.4826 * np.median(np.abs(pixels - np.median(pixels))), rel=1e-6)


def test_sources_and_bad_pixels_are_left_out():
    images, valid, sources = IMAGES.copy(), np.ones(IMAGES.shape, bool), NOTHING.copy()
    images[:, :, :20], sources[:, :20] = 1e4, True
    images[:, 0, 20:30], valid[:, 0, 20:30] = -1e4, False
    images[:, 1, 30:35] = np.nan
    level, sigma = sky_statistics(images, sources, valid)
    assert np.allclose(level, 2, atol=0.5)
    assert np.allclose(sigma, 3, rtol=0.1)


def test_a_galaxy_that_fills_the_cutout_still_has_numbers():
    level, sigma = sky_statistics(IMAGES, ~NOTHING)
    assert np.isfinite(level).all()
    assert np.isfinite(sigma).all()


def test_an_image_without_good_pixels_has_none():
    level, _ = sky_statistics(IMAGES, NOTHING, np.zeros(IMAGES.shape, bool))
    assert np.isnan(level).all()


def test_white_noise_is_uncorrelated():
    correlation = sky_correlation(IMAGES, NOTHING, *sky_statistics(IMAGES, NOTHING))
    delta = np.zeros((2, 5, 5))
    delta[:, 2, 2] = 1
    assert np.allclose(correlation, delta, atol=0.02)


def test_smoothed_noise_has_the_correlation_of_its_kernel():
    smooth = gaussian_filter(RNG.standard_normal((60, 1, 64, 64)), (0, 0, 0.7, 0.7), mode="wrap").astype(np.float32)
    sources = RNG.random((60, 64, 64)) > 0.8
    correlation = sky_correlation(smooth, sources, *sky_statistics(smooth, sources))
    # Noise smoothed by a Gaussian of width s is correlated as exp(−r²/4s²).
    assert correlation[0, 2, 3] == pytest.approx(np.exp(-1 / (4 * 0.49)), abs=0.03)
    assert correlation[0, 1, 3] == pytest.approx(np.exp(-2 / (4 * 0.49)), abs=0.03)
    assert np.array_equal(correlation[0], correlation[0, ::-1, ::-1])


def test_a_band_without_noise_counts_as_white():
    images = IMAGES.copy()
    images[:, 0] = 7.0
    correlation = sky_correlation(images, NOTHING, *sky_statistics(images, NOTHING))
    assert correlation[0, 2, 2] == 1
    assert correlation[0].sum() == 1
