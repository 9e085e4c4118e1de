import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from slipher.physics.pixels import wavelengths
from slipher.physics.template import _shifted_templates, continue_spectrum, load_templates


def test_five_templates_in_native_byte_order():
    wavelength, flux = load_templates()
    assert flux.shape == (5, len(wavelength))
    assert wavelength.dtype == flux.dtype == np.dtype("float64")
    assert wavelength[0] == pytest.approx(600, rel=0.01)
    assert (np.diff(wavelength) > 0).all()
    assert (flux >= 0).all()


LOGLAM0, PIXELS = 3.4, 7800
OBSERVED = wavelengths(LOGLAM0, PIXELS)
SEEN = (OBSERVED > 3800) & (OBSERVED < 9200)


def shifted(redshift):
    """The templates at a redshift, each interpolated by itself."""
    wavelength, flux = load_templates()
    return np.stack([np.interp(OBSERVED / (1 + redshift), wavelength, each) for each in flux])


def mixture(redshift):
    return np.array([0.0, 2.0, 0.0, 1.0, 0.5]) / load_templates()[1][:, 5000] @ shifted(redshift)


@given(redshift=st.floats(0.003, 0.4))
@example(redshift=0.1)
@settings(max_examples=30, deadline=None)
def test_a_mixture_of_templates_is_continued_by_itself(redshift):
    ivar = SEEN.astype(float)
    ivar[OBSERVED < 4500] = 0
    whole = mixture(redshift)
    spectrum = np.where(ivar > 0, whole, -1e3)
    found = continue_spectrum(LOGLAM0, spectrum, ivar, redshift)
    # templates are alike enough that their own samples, taken a little off, mix otherwise where the light is faint
    off = np.abs(found / whole - 1)
    assert np.quantile(off, 0.99) < 3e-3
    assert off.max() < 0.02
    assert found.sum() == pytest.approx(whole.sum(), rel=5e-4)


@given(redshift=st.floats(0.003, 0.4))
@settings(max_examples=30, deadline=None)
def test_templates_are_shifted_as_by_interpolating_each(redshift):
    below, above, share = _shifted_templates(LOGLAM0, PIXELS, redshift)
    off = np.abs(((1 - share) * below + share * above) / shifted(redshift) - 1)
    assert np.quantile(off, 0.999) < 5e-4
    assert off.max() < 0.02


@pytest.mark.parametrize("seed", range(5))
def test_it_fits_as_non_negative_least_squares_on_all_pixels_do(seed):
    rng = np.random.default_rng(seed)
    redshift, weights = rng.uniform(0.01, 0.39), rng.dirichlet(np.ones(5)) / load_templates()[1].mean(axis=1)
    ivar = np.where(SEEN, rng.uniform(0.5, 2, PIXELS), 0)
    light = weights @ shifted(redshift)
    spectrum = light / light.mean() + 0.2 * rng.standard_normal(PIXELS)
    coefficients, _ = nnls((shifted(redshift) * np.sqrt(ivar)).T, np.sqrt(ivar) * spectrum)
    found = continue_spectrum(LOGLAM0, spectrum, ivar, redshift)
    expected = coefficients @ shifted(redshift)
    assert np.quantile(np.abs(found / expected - 1), 0.99) < 2e-3
    assert found.sum() == pytest.approx(expected.sum(), rel=1e-4)


def test_the_continuation_has_no_negative_light():
    spectrum = np.random.default_rng(0).standard_normal(PIXELS)
    assert (continue_spectrum(LOGLAM0, spectrum, SEEN.astype(float), 0.1) >= 0).all()


@pytest.mark.parametrize(("loglam0", "dark"), [(2.5, slice(0, 2700)), (6.4, slice(1600, None)), (1.0, slice(None))])
def test_beyond_the_templates_there_is_no_light(loglam0, dark):
    redshift, flux, ivar = 0.1, np.ones(PIXELS), np.ones(PIXELS)
    found = continue_spectrum(loglam0, flux, ivar, redshift)
    rest = wavelengths(loglam0, PIXELS) / (1 + redshift)
    wavelength, _ = load_templates()
    assert (found[dark] == 0).all()
    assert (found[(rest < wavelength[0] * 0.9999) | (rest > wavelength[-1] * 1.0001)] == 0).all()
