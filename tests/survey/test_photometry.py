"""Measured photometry: unbiased up to the aperture, with honest errors, and never NaN."""

import numpy as np
import pytest

from slipher.survey.photometry import measure

SIGMA = np.array([0.05, 0.02, 0.03])
FLUX = np.array([20.0, 60.0, 100.0])


def gaussian(size: int = 64, width: float = 4.0, x: float = 0.3, y: float = -0.4) -> np.ndarray:
    grid = np.arange(size) - (size - 1) / 2
    profile = np.exp(-((grid[None, :] - x) ** 2 + (grid[:, None] - y) ** 2) / (2 * width**2))
    return profile / (2 * np.pi * width**2)


def noisy(count: int, seed: int = 0, **shape: float) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(count, 3, 64, 64)) * SIGMA[:, None, None]
    return FLUX[:, None, None] * gaussian(**shape) + noise


def everywhere(images: np.ndarray) -> np.ndarray:
    return np.ones(images.shape, dtype=bool)


def sigmas(count: int) -> np.ndarray:
    return np.tile(SIGMA, (count, 1))


def test_flux_of_a_bright_galaxy_is_recovered_in_every_band():
    flux, _ = measure(noisy(40), everywhere(noisy(40)), sigmas(40))
    np.testing.assert_allclose(np.median(flux, axis=0) / FLUX, 1.0, atol=0.03)


def test_errors_are_the_scatter():
    images = noisy(200)
    flux, error = measure(images, everywhere(images), sigmas(200))
    pull = (flux - np.median(flux, axis=0)) / error
    np.testing.assert_allclose(pull.std(axis=0), 1.0, atol=0.25)


def test_photon_noise_is_added_where_the_gain_is_known():
    images = noisy(4)
    _, sky_only = measure(images, everywhere(images), sigmas(4))
    flux, both = measure(images, everywhere(images), sigmas(4), electrons=np.array([100.0, 200.0, 50.0]))
    np.testing.assert_allclose(both**2 - sky_only**2, flux / [100.0, 200.0, 50.0], rtol=1e-3)


def test_a_neighbour_is_left_out():
    alone = noisy(20)
    crowded = alone + FLUX[:, None, None] * np.roll(gaussian(width=2.5), (18, 12), axis=(0, 1))
    flux_alone, _ = measure(alone, everywhere(alone), sigmas(20))
    flux_crowded, _ = measure(crowded, everywhere(crowded), sigmas(20))
    np.testing.assert_allclose(np.median(flux_crowded / flux_alone), 1.0, atol=0.05)


def test_bad_pixels_are_scaled_for():
    images = noisy(20)
    valid = everywhere(images)
    valid[:, :, 20:23, :] = False
    images[:, :, 20:23, :] = np.nan
    flux, _ = measure(images, valid, sigmas(20))
    # Scaled by area: a row lost in the outskirts counts as an average one.
    np.testing.assert_allclose(np.median(flux, axis=0) / FLUX, 1.0, atol=0.1)


def test_the_value_of_a_bad_pixel_does_not_matter():
    images = noisy(3)
    valid = everywhere(images)
    valid[:, 1, 30:34, 30:34] = False
    spoiled = np.where(valid, images, 1e6)
    for clean, dirty in zip(measure(images, valid, sigmas(3)), measure(spoiled, valid, sigmas(3)), strict=True):
        np.testing.assert_array_equal(clean, dirty)


def test_nothing_there_gives_the_flux_of_a_fixed_circle():
    images = np.random.default_rng(1).normal(size=(30, 3, 64, 64)) * SIGMA[:, None, None]
    flux, error = measure(images, everywhere(images), sigmas(30))
    assert np.isfinite(flux).all()
    assert np.isfinite(error).all()
    np.testing.assert_allclose(np.median(error, axis=0), SIGMA * np.sqrt(np.pi * 64), rtol=0.02)
    assert abs((flux / error).mean()) < 0.5


@pytest.mark.parametrize("lost", [slice(None), slice(1, 2)])
def test_a_band_without_pixels_has_no_weight_and_no_nan(lost):
    images = noisy(2)
    images[:, lost] = np.nan
    sigma = sigmas(2)
    sigma[:, lost] = np.nan
    flux, error = measure(images, np.isfinite(images), sigma)
    assert np.isfinite(flux).all()
    assert (flux[:, lost] == 0).all()
    assert np.isinf(error[:, lost]).all()
    assert np.isfinite(np.delete(error, np.arange(3)[lost], axis=1)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f4"])
def test_any_precision_and_byte_order_gives_the_same_flux(dtype):
    images = noisy(3)
    expected, _ = measure(images, everywhere(images), sigmas(3))
    flux, _ = measure(images.astype(dtype), everywhere(images), sigmas(3))
    np.testing.assert_allclose(flux, expected, rtol=1e-2)


def test_small_and_oblong_cutouts():
    images = noisy(2)[:, :, 20:52, 12:60]
    flux, _ = measure(images, everywhere(images), sigmas(2))
    assert (flux > 0).all()
