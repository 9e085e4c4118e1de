import numpy as np
import pytest

from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.physics.magnitudes import (
    SOFTENING,
    asinh_fluxes,
    asinh_magnitudes,
    colours,
    dereddened_magnitudes,
    softening,
)

BANDS = tuple("ugriz")


def test_bright_sources_have_pogson_magnitudes():
    flux = np.full((1, 5), 1000.0)
    magnitude, error = asinh_magnitudes(flux, 0.01 * flux, BANDS)
    assert np.allclose(magnitude, 22.5 - 2.5 * 3, atol=1e-4)
    assert np.allclose(error, 0.01085736, rtol=1e-3)


def test_zero_flux_has_the_softening_magnitude():
    magnitude, _ = asinh_magnitudes(np.zeros((1, 5)), np.ones((1, 5)), BANDS)
    # The magnitudes of zero flux that the SDSS pages give.
    assert np.allclose(magnitude[0], [24.63, 25.11, 24.80, 24.36, 22.83], atol=0.01)


def test_the_error_is_the_derivative():
    flux, step = np.array([[-0.5, 0.0, 0.3, 2.0, 40.0]]), 1e-6
    low, _ = asinh_magnitudes(flux - step, flux * 0, BANDS)
    high, _ = asinh_magnitudes(flux + step, flux * 0, BANDS)
    _, error = asinh_magnitudes(flux, np.ones((1, 5)), BANDS)
    assert np.allclose((low - high) / (2 * step), error, rtol=1e-5)


def test_dereddening_brightens_by_the_extinction():
    flux = np.full((2, 5), 1e4)
    clean, _ = dereddened_magnitudes(flux, flux * 0, np.zeros(2), BANDS)
    dusty, _ = dereddened_magnitudes(flux, flux * 0, np.array([0.0, 0.2]), BANDS)
    assert np.allclose((clean - dusty)[1], [0.2 * EXTINCTION_PER_EBV[band] for band in BANDS], atol=1e-5)
    assert np.array_equal(clean[0], dusty[0])


def test_colours_are_bluer_minus_redder():
    assert np.allclose(colours(np.array([[20.0, 19.0, 18.5]])), [[1.0, 0.5]])


def test_an_unknown_band_is_softened_as_z():
    assert softening(["r", "lsst2016-y"]) == pytest.approx([SOFTENING["r"], SOFTENING["z"]])


def test_fluxes_are_the_inverse_of_magnitudes():
    flux, error = np.array([[-0.5, 0.0, 0.3, 2.0, 4e4]]), np.array([[0.2, 0.1, 0.1, 0.3, 9.0]])
    again, errors = asinh_fluxes(*asinh_magnitudes(flux, error, BANDS), BANDS)
    assert np.allclose(again, flux, rtol=1e-10, atol=1e-10)
    assert np.allclose(errors, error, rtol=1e-10)
