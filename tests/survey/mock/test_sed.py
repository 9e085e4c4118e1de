"""Fluxes and spectra are of one spectral energy distribution, as independent code sees it."""

import numpy as np
import pytest
import speclite.filters
from astropy import units

from slipher.physics.filters import filters_for
from slipher.physics.flux import synthetic_flux
from slipher.survey.mock.sed import LOGLAM0, PIXELS, observe_spectrum, observed_sed, true_flux

WAVELENGTH = 10 ** (LOGLAM0 + 1e-4 * np.arange(PIXELS))


def test_pixels_cover_the_range_of_sdss():
    assert WAVELENGTH[0] == pytest.approx(3800, abs=1)
    assert WAVELENGTH[-1] == pytest.approx(9200, abs=3)


def test_fluxes_are_those_of_speclite(parents):
    filters = speclite.filters.load_filters("sdss2010-*")
    for row in (0, 100, 5000):
        coefficients, redshift = parents.coefficients[row], float(parents.redshift[row])
        wavelength, flux = observed_sed(coefficients, redshift)
        maggies = filters.get_ab_maggies(
            flux * 1e-17 * units.erg / units.s / units.cm**2 / units.AA, wavelength * units.AA
        )
        expected = 1e9 * np.array([maggies[f"sdss2010-{band}"][0] for band in "ugriz"])
        np.testing.assert_allclose(true_flux(coefficients, redshift, 0.0), expected, rtol=3e-3)


def test_dust_takes_one_factor_a_band(parents):
    clear, dusty = (true_flux(parents.coefficients[7], float(parents.redshift[7]), ebv) for ebv in (0.0, 0.1))
    np.testing.assert_allclose(dusty / clear, 10 ** (-0.04 * np.array([5.155, 3.793, 2.751, 2.086, 1.479])))


def test_the_spectrum_has_the_fluxes_of_the_bands_it_covers(parents):
    rng = np.random.default_rng(0)
    ratios = []
    for row in range(0, len(parents), 250):
        galaxy = parents.coefficients[row], float(parents.redshift[row]), float(parents.ebv[row])
        flux, _ = observe_spectrum(*galaxy, 1e6, rng)
        synthetic = [synthetic_flux(WAVELENGTH, flux, curve) for curve in filters_for("gri")]
        ratios.append(synthetic / true_flux(*galaxy)[1:4])
    np.testing.assert_allclose(np.median(ratios, axis=0), 1.0, atol=3e-3)
    np.testing.assert_allclose(ratios, 1.0, atol=2e-2)


def test_noise_is_as_the_inverse_variance_says_and_its_median_is_as_asked(parents):
    galaxy = parents.coefficients[3], float(parents.redshift[3]), 0.03
    clean, _ = observe_spectrum(*galaxy, 1e9, np.random.default_rng(0))
    flux, ivar = observe_spectrum(*galaxy, 12.0, np.random.default_rng(0))
    assert ((flux - clean) * np.sqrt(ivar)).std() == pytest.approx(1.0, abs=0.05)
    assert np.median(clean * np.sqrt(ivar)) == pytest.approx(12.0, rel=0.01)
