"""Synthetic fluxes of real SDSS spectra against the pipeline's own."""

from pathlib import Path

import numpy as np
import pytest
import speclite.filters

from slipher.physics.filters import load_filter
from slipher.physics.flux import synthetic_flux
from slipher.survey.spectra.report import flux_report, read_sdss_spectrum

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SPECTRA = sorted((DATA / "spectra").glob("*.fits"))
BAD = DATA / "spectra-bad"

pytestmark = pytest.mark.skipif(not SPECTRA, reason="needs ../shared/data/spectra")


@pytest.fixture(scope="module")
def report():
    return flux_report(SPECTRA)


@pytest.mark.parametrize(("band", "median"), [("g", 0.9992), ("r", 1.0006), ("i", 1.0019)])
def test_synthetic_over_catalogue_flux(report, band, median):
    ratios = [entry["bands"][band]["synthetic"] / entry["bands"][band]["catalogue"] for entry in report]
    assert len(ratios) == 15
    assert np.median(ratios) == pytest.approx(median, abs=1e-4)


def test_coverage_is_that_of_sdss(report):
    shares = {band: np.median([entry["bands"][band]["coverage"] for entry in report]) for band in "ugriz"}
    assert shares == pytest.approx({"u": 0.12, "g": 0.999, "r": 1, "i": 1, "z": 0.77}, abs=0.015)


def test_no_good_spectrum_is_refused_and_the_doubtful_is_marked(report):
    assert all(entry["error"] is None for entry in report)
    (doubtful,) = [entry["file"] for entry in report if any("ZWARNING" in one for one in entry["warnings"])]
    assert "0358-51818-0504" in doubtful


def test_speclite_agrees_where_the_filter_is_covered():
    for path in SPECTRA[::2]:
        spectrum = read_sdss_spectrum(path)
        for name in ("sdss2010-r", "sdss2010-i"):
            ours = synthetic_flux(spectrum.wavelength, spectrum.flux, load_filter(name))
            curve = speclite.filters.load_filter(name)
            theirs = 1e9 * float(curve.get_ab_maggies(1e-17 * spectrum.flux, spectrum.wavelength))
            assert ours == pytest.approx(theirs, rel=1e-4)


def test_bad_spectra_are_named_with_what_is_wrong():
    empty, quasar = flux_report(sorted(BAD.glob("*.fits")))
    assert "every one of its 3872 pixels is zero" in empty["error"]
    assert empty["bands"] is None
    assert quasar["error"] is None
    assert "the pipeline's class is QSO, not GALAXY" in quasar["warnings"]
    assert quasar["bands"]["z"] == {"synthetic": None, "catalogue": quasar["bands"]["z"]["catalogue"], "coverage": 0}
    assert quasar["bands"]["i"]["coverage"] == pytest.approx(0.41, abs=0.01)
