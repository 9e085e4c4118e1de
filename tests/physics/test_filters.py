import numpy as np
import pytest
import speclite.filters
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.physics.filters import SDSS, Filter, filters_for, load_filter


@pytest.mark.parametrize("name", ["sdss2010-u", "sdss2010-z", "lsst2016-y"])
def test_curves_are_those_of_speclite(name):
    ours, theirs = load_filter(name), speclite.filters.load_filter(name)
    wavelength = np.linspace(theirs.wavelength[0] - 50, theirs.wavelength[-1] + 50, 999)
    assert np.allclose(ours(wavelength), theirs(wavelength), atol=1e-12)
    assert ours.effective_wavelength == pytest.approx(theirs.effective_wavelength.value, rel=1e-6)


@pytest.mark.parametrize("band", SDSS)
def test_the_integral_is_exact(band):
    curve = load_filter(SDSS[band])
    wavelength = np.linspace(curve.wavelength[0], curve.wavelength[-1], 200_001)
    fine = np.concatenate([[0], np.cumsum(np.diff(wavelength) * (curve(wavelength) / wavelength)[1:])])
    assert np.allclose(curve.integral(wavelength), fine, atol=2e-5 * curve.total)
    assert curve.total == pytest.approx(np.trapezoid(curve(wavelength) / wavelength, wavelength), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(1000.0, 20000.0), min_size=2, max_size=20))
def test_the_integral_never_falls(uppers):
    values = load_filter("sdss2010-g").integral(np.sort(np.array(uppers)))
    assert (np.diff(values) >= -1e-15).all()


def test_a_flat_filter_integrates_to_the_logarithm():
    flat = Filter("flat", np.array([1000.0, 2000.0, 4000.0]), np.ones(3))
    assert np.allclose(flat.integral(np.array([500.0, 1000.0, 3000.0, 9000.0])), np.log([1.0, 1.0, 3.0, 4.0]))


def test_bands_name_sdss_or_any_filter():
    assert [one.name for one in filters_for(["g", "lsst2016-y"])] == ["sdss2010-g", "lsst2016-y"]


def test_an_unknown_band_is_named():
    with pytest.raises(InputError, match="'q'; take a band of u g r i z or"):
        filters_for(["r", "q"])
