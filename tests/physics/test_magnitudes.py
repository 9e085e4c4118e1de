import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slipher.errors import InputError
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.physics.magnitudes import (
    SOFTENING_PER_NOISE,
    asinh_fluxes,
    asinh_magnitudes,
    colours,
    dereddened_fluxes,
    measured_bands,
    noise_softening,
    sdss_softening,
)

BANDS = tuple("ugriz")
SDSS = sdss_softening(BANDS)


def test_bright_sources_have_pogson_magnitudes():
    flux = np.full((1, 5), 1000.0)
    magnitude, error = asinh_magnitudes(flux, 0.01 * flux, SDSS)
    assert np.allclose(magnitude, 22.5 - 2.5 * 3, atol=1e-4)
    assert np.allclose(error, 0.01085736, rtol=1e-3)


def test_zero_flux_has_the_softening_magnitude():
    magnitude, _ = asinh_magnitudes(np.zeros((1, 5)), np.ones((1, 5)), SDSS)
    # The magnitudes of zero flux that the SDSS pages give.
    assert np.allclose(magnitude[0], [24.63, 25.11, 24.80, 24.36, 22.83], atol=0.01)


def test_the_error_is_the_derivative():
    flux, step = np.array([[-0.5, 0.0, 0.3, 2.0, 40.0]]), 1e-6
    low, _ = asinh_magnitudes(flux - step, flux * 0, SDSS)
    high, _ = asinh_magnitudes(flux + step, flux * 0, SDSS)
    _, error = asinh_magnitudes(flux, np.ones((1, 5)), SDSS)
    assert np.allclose((low - high) / (2 * step), error, rtol=1e-5)


def test_dereddening_brightens_by_the_extinction():
    flux, ebv = np.full((3, 5), 1e4), np.array([0.0, 0.2, np.nan])
    clean, error = dereddened_fluxes(flux, 0.1 * flux, ebv, BANDS)
    assert np.allclose(2.5 * np.log10(clean[1] / flux[1]), [0.2 * EXTINCTION_PER_EBV[band] for band in BANDS])
    assert np.allclose(error, 0.1 * clean)
    assert np.array_equal(clean[[0, 2]], flux[[0, 2]])


def test_without_dust_no_filter_is_needed():
    flux = np.full((2, 2), 10.0)
    assert np.array_equal(dereddened_fluxes(flux, flux, np.array([0.0, np.nan]), ("A", "B"))[0], flux)


def test_colours_are_bluer_minus_redder():
    assert np.allclose(colours(np.array([[20.0, 19.0, 18.5]])), [[1.0, 0.5]])


@pytest.mark.parametrize("bands", [("r", "lsst2016-y"), ("g", "y"), ("sdss2010-y",), ("decamDR1-r",)])
def test_a_band_that_sdss_does_not_have_has_no_softening_of_sdss(bands):
    with pytest.raises(InputError, match=f"SDSS has no band {bands[-1]}, so the softening .* is unknown; give fluxes"):
        sdss_softening(bands)


def test_sdss_bands_by_either_name():
    assert sdss_softening(("r", "sdss2010-z")).tolist() == [0.12, 0.74]


def test_fluxes_are_the_inverse_of_magnitudes():
    flux, error = np.array([[-0.5, 0.0, 0.3, 2.0, 4e4]]), np.array([[0.2, 0.1, 0.1, 0.3, 9.0]])
    for softening in (SDSS, 2 * error):
        again, errors = asinh_fluxes(*asinh_magnitudes(flux, error, softening), softening)
        assert np.allclose(again, flux, rtol=1e-10, atol=1e-10)
        assert np.allclose(errors, error, rtol=1e-10)


def test_the_softening_is_what_lupton_et_al_found_best():
    magnitude, error = asinh_magnitudes(np.zeros((1, 1)), np.ones((1, 1)), noise_softening(*np.ones((2, 3, 1))))
    assert pytest.approx(1.042, abs=5e-4) == SOFTENING_PER_NOISE
    assert error == pytest.approx(0.52, abs=5e-3)
    assert magnitude == pytest.approx(22.5 - 2.5 * np.log10(1.042), abs=1e-3)


def test_the_noise_is_that_of_the_galaxies_that_have_the_band():
    flux = np.array([[0, 5, 1.0], [1, -2, 1], [2, np.nan, 1], [9, 1, 1]])
    error = np.array([[np.inf, 1, 0], [1, 2, 0], [3, 3, 4], [5, 6, np.nan]])
    assert noise_softening(flux, error) == pytest.approx(SOFTENING_PER_NOISE * np.array([3, 2, 4]))
    assert noise_softening(flux[1:2], error[1:2, :])[:2] == pytest.approx(SOFTENING_PER_NOISE * np.array([1, 2]))


def test_where_there_is_no_noise_the_faintest_flux_is_softened_and_nothing_is_infinite():
    flux, error = np.array([[4.0, 0, 0], [-2, 0, 1], [0, 0, 3]]), np.zeros((3, 3))
    error[:, 2] = np.inf
    found = noise_softening(flux, error)
    assert found.tolist() == [2, 1, 1]
    assert np.isfinite(asinh_magnitudes(flux, np.zeros((3, 3)), found)).all()


POSITIVE = st.floats(1e-3, 1e3)


@given(arrays(float, (6, 2), elements=st.floats(-100, 100)), arrays(float, (6, 2), elements=POSITIVE), POSITIVE)
def test_magnitudes_know_nothing_of_the_unit(flux, error, factor):
    own, other = (asinh_magnitudes(k * flux, k * error, noise_softening(k * flux, k * error)) for k in (1, factor))
    assert np.allclose(own[0] - other[0], 2.5 * np.log10(factor), atol=1e-9)
    assert np.allclose(own[1], other[1], rtol=1e-9)


def test_a_faint_or_negative_flux_is_not_a_missing_one():
    flux, error = np.array([[0.0, -1.0, np.nan, 1.0]]), np.array([[0.1, 0.1, 0.1, np.inf]])
    assert measured_bands(flux, error).tolist() == [[True, True, False, False]]
