import numpy as np
import pytest

from slipher.errors import InputError
from slipher.physics.extinction import attenuation
from slipher.physics.filters import filters_for
from slipher.physics.template import continue_spectrum
from slipher.physics.uncovered import STEP, check_reading, prepare
from slipher.redshift import Grid

LOGLAM0, PIXELS = 3.58, 3800
Z = np.array([0.1])
RNG = np.random.default_rng(0)
FLUX = 10 + RNG.standard_normal((1, PIXELS))
IVAR = np.ones((1, PIXELS))


def prepared(uncovered, flux=FLUX, ivar=IVAR, **options):
    return prepare(LOGLAM0, flux, ivar, Z, Grid(), filters_for("ugriz"), uncovered, **options)


@pytest.fixture
def holed():
    """A spectrum with padding at both ends and a spike without weight inside."""
    flux, ivar = FLUX.copy(), IVAR.copy()
    flux[:, :100] = flux[:, -50:] = 0
    ivar[:, :100] = ivar[:, -50:] = 0
    flux[:, 1000:1010], ivar[:, 1000:1010] = 1e6, 0
    return flux, ivar


@pytest.mark.parametrize("uncovered", ["zero", "renormalise"])
def test_pixels_without_weight_are_taken_as_given(uncovered, holed):
    spectra = prepared(uncovered, *holed)
    assert (spectra.first[0], spectra.last[0]) == (100, PIXELS - 51)
    assert np.array_equal(spectra.flux, holed[0])


def test_mask_bridges_pixels_without_weight(holed):
    spectra = prepared("mask", *holed)
    assert (spectra.first[0], spectra.last[0]) == (100, PIXELS - 51)
    ends = holed[0][0, [999, 1010]]
    assert np.allclose(spectra.flux[0, 999:1011], np.linspace(*ends, 12))
    assert (spectra.flux[0, :100] == 0).all()


def test_ends_without_weight_are_no_part_of_a_masked_spectrum():
    ivar = IVAR.copy()
    ivar[:, :30] = 0
    assert prepared("mask", ivar=ivar).first[0] == 30
    assert prepared("renormalise", ivar=ivar).first[0] == 0


def test_template_reaches_all_filters_at_all_redshifts(holed):
    spectra = prepared("template", *holed)
    wavelength = spectra.wavelength
    low, high = wavelength[spectra.first[0]], wavelength[spectra.last[0]]
    assert low <= 2939.0 * 1.1 / 1.4
    assert high >= 11141.0 * 1.1
    offset = round((LOGLAM0 - spectra.loglam0) / STEP)
    assert np.array_equal(spectra.flux[0, offset + 100 : offset + 900], holed[0][0, 100:900])
    seen = slice(100, PIXELS - 50)
    model = continue_spectrum(
        wavelength[offset:][seen], prepared("mask", *holed).flux[0, seen], holed[1][0, seen], 0.1, wavelength
    )
    assert np.allclose(spectra.flux[0, : offset + 100], model[: offset + 100])


def test_pixels_that_are_not_finite_have_neither_light_nor_weight():
    flux = FLUX.copy()
    flux[0, 5] = np.nan
    spectra = prepared("renormalise", flux)
    assert spectra.flux[0, 5] == spectra.ivar[0, 5] == 0


@pytest.mark.parametrize("uncovered", ["zero", "renormalise", "mask", "template"])
def test_an_empty_spectrum_has_no_extent(uncovered):
    spectra = prepared(uncovered, 0 * FLUX, 0 * IVAR)
    assert spectra.last[0] < spectra.first[0]


def test_dereddening_undoes_the_dust():
    ebv = np.array([0.2])
    passed = attenuation(prepared("zero").wavelength, ebv)
    spectra = prepared("zero", FLUX * passed, IVAR / passed**2, ebv=ebv)
    assert np.allclose(spectra.flux, FLUX)
    assert np.allclose(spectra.ivar, IVAR)


@pytest.mark.parametrize(("uncovered", "coverage"), [("padded", 0.95), ("mask", 0.0), ("mask", 1.5)])
def test_an_unknown_reading_is_refused(uncovered, coverage):
    with pytest.raises(InputError, match=r"flux\."):
        check_reading(uncovered, coverage)
