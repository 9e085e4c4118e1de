import numpy as np
import pytest

from slipher.physics.extinction import (
    EXTINCTION_PER_EBV,
    attenuation,
    band_attenuation,
    extinction_coefficients,
    extinction_curve,
)
from slipher.physics.filters import filters_for
from slipher.physics.flux import synthetic_flux


def test_the_curve_runs_through_the_bands():
    at = np.array([band.effective_wavelength for band in filters_for("ugriz")])
    assert np.allclose(extinction_curve(at), list(EXTINCTION_PER_EBV.values()), rtol=1e-4)


def test_the_curve_falls_to_nothing():
    curve = extinction_curve(np.geomspace(1000.0, 1e8, 500))
    assert (np.diff(curve) < 0).all()
    assert curve[-1] < 1e-3


def test_no_dust_takes_no_light():
    assert (attenuation(np.array([4000.0, 9000.0]), np.zeros(2)) == 1).all()


def test_reddened_spectrum_and_reddened_bands_agree():
    wavelength, ebv = np.linspace(2900.0, 11500.0, 9000), np.array([0.1])
    spectrum = (wavelength / 5000) ** -0.5
    dusty = spectrum * attenuation(wavelength, ebv)[0]
    ratio = [
        synthetic_flux(wavelength, dusty, b) / synthetic_flux(wavelength, spectrum, b) for b in filters_for("ugriz")
    ]
    assert np.allclose(ratio, band_attenuation("ugriz", ebv)[0], rtol=0.005)


def test_a_band_sdss_lacks_takes_the_curve():
    known, other = extinction_coefficients(["z", "lsst2016-y"])
    assert known == EXTINCTION_PER_EBV["z"]
    assert other == pytest.approx(1.3, abs=0.1)
