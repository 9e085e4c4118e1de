import numpy as np
import pytest

from slipher.physics.template import continue_spectrum, load_templates

REDSHIFT = 0.1


def test_five_templates_in_native_byte_order():
    wavelength, flux = load_templates()
    assert flux.shape == (5, len(wavelength))
    assert wavelength.dtype == flux.dtype == np.dtype("float64")
    assert wavelength[0] == pytest.approx(600, rel=0.01)
    assert (np.diff(wavelength) > 0).all()
    assert (flux >= 0).all()


def mixture(observed):
    wavelength, flux = load_templates()
    weights = np.array([0.0, 2.0, 0.0, 1.0, 0.5]) / flux[:, 5000]
    return np.interp(observed / (1 + REDSHIFT), wavelength, weights @ flux)


def test_a_mixture_of_templates_is_continued_by_itself():
    seen, target = np.linspace(3800.0, 9200.0, 3000), np.linspace(2500.0, 15000.0, 400)
    ivar = np.ones_like(seen)
    ivar[:500] = 0
    spectrum = mixture(seen)
    spectrum[:500] = -1e3
    assert np.allclose(continue_spectrum(seen, spectrum, ivar, REDSHIFT, target), mixture(target), rtol=1e-4)


def test_the_continuation_has_no_negative_light():
    seen, target = np.linspace(3800.0, 9200.0, 500), np.linspace(2500.0, 15000.0, 400)
    spectrum = np.random.default_rng(0).standard_normal(500)
    assert (continue_spectrum(seen, spectrum, np.ones(500), REDSHIFT, target) >= 0).all()


def test_beyond_the_templates_there_is_no_light():
    seen = np.linspace(3800.0, 9200.0, 500)
    assert continue_spectrum(seen, mixture(seen), np.ones(500), REDSHIFT, np.array([300.0]))[0] == 0
