import numpy as np
import pytest
import speclite.filters

from slipher.physics.filters import filters_for
from slipher.physics.flux import coverage, direct_response, shifted_flux, synthetic_flux
from slipher.physics.uncovered import STEP
from slipher.redshift import Grid

BANDS = "ugriz"
WIDE = 10 ** np.arange(3.44, 4.08, STEP)
"""Wavelengths (Å) that cover all filters, on SDSS's pixels."""
RNG = np.random.default_rng(0)


def lumpy(wavelength):
    """A spectrum with a slope, a break, absorption and emission lines."""
    out = (wavelength / 5000) ** 0.7 * np.where(wavelength < 4400, 0.6, 1.0)
    for centre, width, height in [(5500, 12, 3.0), (7200, 6, 8.0), (6480, 20, -0.5), (4100, 4, 2.0)]:
        out = out + height * np.exp(-0.5 * ((wavelength - centre) / width) ** 2)
    return out


# speclite takes the AB zero point on the filter's own coarse samples, which puts u off by 4e-4.
@pytest.mark.parametrize(("band", "tolerance"), [("u", 5e-4), ("g", 2e-5), ("r", 2e-5), ("i", 2e-5), ("z", 2e-5)])
def test_synthetic_flux_is_that_of_speclite(band, tolerance):
    curve = speclite.filters.load_filter(f"sdss2010-{band}")
    flux = lumpy(WIDE)
    expected = 1e9 * curve.get_ab_maggies(1e-17 * flux, WIDE)
    assert synthetic_flux(WIDE, flux, *filters_for(band)) == pytest.approx(float(expected), rel=tolerance)


@pytest.mark.parametrize("band", BANDS)
def test_sdss_pixels_are_fine_enough(band):
    (curve,) = filters_for(band)
    fine = np.arange(curve.wavelength[0], curve.wavelength[-1] + 0.01, 0.02)
    coarse, exact = (synthetic_flux(one, lumpy(one), curve) for one in (WIDE, fine))
    assert coarse == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("band", [*BANDS, "lsst2016-y"])
def test_a_source_of_3631_jansky_has_a_maggie(band):
    flux = 3631e-23 * 2.99792458e18 / WIDE**2 / 1e-17
    assert synthetic_flux(WIDE, flux, *filters_for([band])) == pytest.approx(1e9, rel=1e-5)


def test_a_spectrum_that_misses_the_filter_has_no_flux():
    assert synthetic_flux(np.array([8000.0, 8500.0, 9000.0]), np.ones(3), *filters_for("g")) == 0


def test_sdss_spectra_cover_what_the_survey_is_known_for():
    low, high = np.array(3800.0), np.array(9200.0)
    shares = [float(coverage(low, high, band)) for band in filters_for(BANDS)]
    assert shares == pytest.approx([0.12, 0.999, 1.0, 1.0, 0.77], abs=0.01)
    assert float(coverage(np.array(3600.0), high, *filters_for("u"))) == pytest.approx(0.49, abs=0.01)


def test_coverage_lies_between_nothing_and_all():
    assert coverage(np.array([1e3, 9e3]), np.array([1e5, 1e5]), *filters_for("g")) == pytest.approx([1.0, 0.0])


def test_shifting_a_spectrum_is_shifting_the_filter_with_its_photons():
    # ∫ F(λ) R(νλ) ν² λ dλ over ∫ R/λ dλ, the paper's second form.
    (band,), nu = filters_for("r"), 1.13
    value, covered = shifted_flux(WIDE, lumpy(WIDE), band, np.array([nu]))
    numerator = np.trapezoid(lumpy(WIDE) * band(nu * WIDE) * nu**2 * WIDE, WIDE)
    assert value[0] == pytest.approx(numerator / band.total, rel=1e-6)
    assert covered[0] == pytest.approx(1)


def test_the_denominator_may_be_the_whole_filter():
    (band,), part = filters_for("z"), WIDE[WIDE < 9200]
    covered_only, share = shifted_flux(part, np.ones_like(part), band, np.ones(1))
    whole, _ = shifted_flux(part, np.ones_like(part), band, np.ones(1), whole=True)
    assert whole[0] == pytest.approx(covered_only[0] * share[0], rel=1e-4)


class TestDirectResponse:
    loglam0, pixels = 3.58, 3838
    wavelength = 10 ** (loglam0 + STEP * np.arange(pixels))
    grid = Grid(0.4, 40)
    redshift = float(grid.centres[12])

    def response(self, uncovered, flux=None, **options):
        flux = lumpy(self.wavelength) if flux is None else flux
        filters = filters_for(BANDS)
        ivar = np.full(self.pixels, 1e4)
        return direct_response(self.loglam0, flux, ivar, self.redshift, self.grid, filters, uncovered, **options)

    @pytest.mark.parametrize("uncovered", ["zero", "renormalise", "mask", "template"])
    def test_it_is_one_at_the_true_redshift(self, uncovered):
        assert np.allclose(self.response(uncovered)[12], 1, atol=1e-12)

    def test_readings_agree_where_the_spectrum_covers_the_filter(self):
        zero, renormalise, mask, template = map(self.response, ["zero", "renormalise", "mask", "template"])
        r = BANDS.index("r")
        for other in (renormalise, mask, template):
            assert np.allclose(zero[:, r], other[:, r], rtol=1e-5)

    def test_zero_loses_light_where_renormalise_does_not(self):
        g = BANDS.index("g")
        zero, renormalise, mask = map(self.response, ["zero", "renormalise", "mask"])
        assert zero[-1, g] < 0.5 * renormalise[-1, g]
        assert mask[-1, g] == mask[-5, g]

    def test_only_g_r_and_i_count_under_mask(self):
        mask = self.response("mask")
        assert (mask[:, [0, 4]] == 1).all()
        assert (np.ptp(mask[:, 1:4], axis=0) > 0.01).all()

    def test_noise_alone_does_not_count_under_mask(self):
        assert (self.response("mask", 1e-5 * RNG.standard_normal(self.pixels)) == 1).all()

    def test_the_scale_of_the_spectrum_does_not_matter(self):
        assert np.allclose(self.response("mask", 7 * lumpy(self.wavelength)), self.response("mask"), rtol=1e-10)
