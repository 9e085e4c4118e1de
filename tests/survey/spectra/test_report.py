"""SDSS spectrum files are read as they are, and what cannot be used is named."""

import json

import numpy as np
import pytest
import speclite.filters
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.physics.uncovered import STEP
from slipher.survey.spectra.report import flux_report, read_sdss_spectrum, spectrum_files
from slipher.verbs.flux import flux

PIXELS = 3840
LOGLAM = (3.5798 + STEP * np.arange(PIXELS)).astype(np.float32)


def test_a_spectrum_is_read(tmp_path, write_spectrum):
    spectrum = read_sdss_spectrum(write_spectrum(tmp_path / "a.fits"))
    assert spectrum.loglam0 == pytest.approx(3.5798, abs=1e-12)
    assert spectrum.wavelength[0] == pytest.approx(10**3.5798)
    assert spectrum.redshift == 0.12
    assert (spectrum.flux == 10).all()
    assert (spectrum.ivar == 4).all()
    assert spectrum.spectroflux.tolist() == [1, 2, 3, 4, 5]
    assert spectrum.warnings == ()


def test_flags_become_warnings(tmp_path, write_spectrum):
    ivar = np.where(np.arange(PIXELS) < 600, 0.0, 4.0)
    first, second = read_sdss_spectrum(write_spectrum(tmp_path / "a.fits", ivar=ivar, ZWARNING=20)).warnings
    assert "SMALL_DELTA_CHI2, MANY_OUTLIERS" in first
    assert "16%" in second


def test_an_old_file_without_fluxes_is_read(tmp_path, write_spectrum):
    path = write_spectrum(tmp_path / "a.fits", drop=("SPECTROFLUX", "ZWARNING"))
    assert np.isnan(read_sdss_spectrum(path).spectroflux).all()
    assert flux_report([path])[0]["bands"]["r"]["catalogue"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flux": np.zeros(PIXELS), "ivar": np.zeros(PIXELS)}, "every one of its 3840 pixels is zero"),
        ({"ivar": np.zeros(PIXELS)}, "has no weight"),
        ({"flux": np.full(PIXELS, np.nan)}, "has no weight .* or an impossible value"),
        ({"flux": np.full(PIXELS, 4e36)}, "or an impossible value"),
        ({"loglam": np.where(np.arange(PIXELS) == 7, np.nan, LOGLAM)}, "loglam is not finite"),
        ({"loglam": LOGLAM[::-1]}, "not 1e-4 wide"),
        ({"Z": -0.5}, "redshift -0.5"),
        ({"Z": np.nan}, "redshift nan"),
        ({"loglam": np.log10(np.linspace(3800, 9200, PIXELS))}, "not 1e-4 wide"),
        ({"drop": ("loglam",)}, "lacks loglam in extension 1"),
        ({"drop": ("CLASS", "Z")}, "lacks Z, CLASS in extension 2"),
        ({"loglam": LOGLAM[:0]}, "empty extension 1"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, change, message, write_spectrum):
    path = write_spectrum(tmp_path / "a.fits", **change)
    with pytest.raises(InputError, match=message) as caught:
        read_sdss_spectrum(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("size", [0, 1000, 40_000])
def test_a_cut_off_file_is_named(tmp_path, size, write_spectrum):
    path = write_spectrum(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match=r"a\.fits (is|lacks)"):
        read_sdss_spectrum(path)


def test_other_files_are_named(tmp_path):
    (tmp_path / "text.fits").write_text("no spectrum\n")
    fits.PrimaryHDU(np.ones((3, 3))).writeto(tmp_path / "image.fits")
    for name in ("text.fits", "image.fits", "absent.fits"):
        with pytest.raises(InputError, match=name):
            read_sdss_spectrum(tmp_path / name)


def test_the_report_names_every_file(tmp_path, write_spectrum):
    good = write_spectrum(
        tmp_path / "good.fits", flux=3631e-23 * 2.99792458e18 / 10.0 ** (2 * LOGLAM.astype(float)) * 1e8
    )
    empty = write_spectrum(tmp_path / "empty.fits", ivar=np.zeros(PIXELS))
    first, second = json.loads(json.dumps(flux_report([good, str(empty)]), allow_nan=False))
    assert list(first) == ["file", "redshift", "warnings", "error", "bands"]
    assert first["file"] == str(good)
    assert first["error"] is None
    assert list(first["bands"]) == ["u", "g", "r", "i", "z"]
    # The source has 3631e-9 Jy at all wavelengths.
    assert [first["bands"][band]["synthetic"] for band in "gri"] == pytest.approx([1, 1, 1], rel=2e-3)
    assert first["bands"]["r"]["catalogue"] == 3
    assert first["bands"]["r"]["coverage"] == pytest.approx(1)
    assert second["bands"] is None
    assert "no weight" in second["error"]


def test_a_band_that_is_not_covered_has_no_synthetic_flux(tmp_path, write_spectrum):
    path = write_spectrum(tmp_path / "a.fits", loglam=LOGLAM[:1500])
    band = flux_report([path], "z")[0]["bands"]["z"]
    assert band["synthetic"] is None
    assert band["coverage"] == 0


@pytest.mark.parametrize("kind", ["STAR", "QSO", ""])
def test_the_pipelines_class_is_a_warning(tmp_path, write_spectrum, kind):
    path = write_spectrum(tmp_path / "a.fits", CLASS=kind, Z=0.00365)
    (entry,) = flux_report([path])
    assert entry["error"] is None
    assert entry["bands"]["r"]["synthetic"] > 0
    assert entry["warnings"] == [f"the pipeline's class is {kind or 'empty'}, not GALAXY"]


def light(wavelength):
    """A smooth spectrum, of which bad pixels hide nothing."""
    return 20 * (wavelength / 6000) ** -0.7


LIGHT = light(10.0 ** np.round(LOGLAM.astype(np.float64), 4))
SPOILT = {
    "NaN": lambda flux, ivar, bad: (np.where(bad, np.nan, flux), ivar),
    "infinite": lambda flux, ivar, bad: (np.where(bad, -np.inf, flux), ivar),
    "huge": lambda flux, ivar, bad: (np.where(bad, 4e33, flux), ivar),
    "code": lambda flux, ivar, bad: (np.where(bad, -9999, flux), ivar),
    "code that noise hides": lambda flux, ivar, bad: (np.where(bad, -99, flux), np.where(bad, 0.01, ivar)),
    "far below zero": lambda flux, ivar, bad: (np.where(bad, -731.5, flux), ivar),
    "ivar 0 and NaN": lambda flux, ivar, bad: (np.where(bad, np.nan, flux), np.where(bad, 0, ivar)),
    "ivar 0 and huge": lambda flux, ivar, bad: (np.where(bad, 1e30, flux), np.where(bad, 0, ivar)),
    "ivar 0 and 0": lambda flux, ivar, bad: (np.where(bad, 0, flux), np.where(bad, 0, ivar)),
    "ivar 0 and wrong": lambda flux, ivar, bad: (np.where(bad, -500, flux), np.where(bad, 0, ivar)),
    "ivar negative": lambda flux, ivar, bad: (np.where(bad, 900, flux), np.where(bad, -1, ivar)),
    "ivar NaN": lambda flux, ivar, bad: (np.where(bad, 900, flux), np.where(bad, np.nan, ivar)),
    "ivar infinite": lambda flux, ivar, bad: (np.where(bad, 900, flux), np.where(bad, np.inf, ivar)),
}


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize(("first", "length"), [(0, 40), (1500, 3), (2000, 60), (3790, 50)])
def test_bad_pixels_change_no_flux(tmp_path, write_spectrum, how, first, length):
    bad = (np.arange(PIXELS) >= first) & (np.arange(PIXELS) < first + length)
    flux, ivar = SPOILT[how](LIGHT, np.full(PIXELS, 4.0), bad)
    entry = flux_report([write_spectrum(tmp_path / "a.fits", flux=flux, ivar=ivar)])[0]
    json.dumps(entry, allow_nan=False)
    for band in "gri":
        assert entry["bands"][band]["synthetic"] == pytest.approx(with_speclite(band), rel=1e-3)


def test_impossible_pixels_are_said_and_noise_is_none(tmp_path, write_spectrum):
    """A sky that was taken off badly stays, and so does a code's number where noise is as large."""
    flux, ivar = LIGHT.copy(), np.full(PIXELS, 4.0)
    flux[[100, 101, 102]], flux[[200, 201]], ivar[201] = [-9999, -9999, 2e9], [-20.5, -99], 1e-3
    spectrum = read_sdss_spectrum(write_spectrum(tmp_path / "a.fits", flux=flux, ivar=ivar))
    assert np.flatnonzero(~spectrum.used).tolist() == [100, 101, 102]
    assert spectrum.warnings == ("3 pixels hold an impossible flux, the first -9999, and are left out",)


def with_speclite(band):
    """Nanomaggies of the smooth spectrum, whole, through a filter."""
    wavelength = np.arange(3000.0, 11000.0)
    curve = speclite.filters.load_filter(f"sdss2010-{band}")
    return 1e9 * float(curve.get_ab_maggies(1e-17 * light(wavelength), wavelength))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_bad_pixels_anywhere(tmp_path, write_spectrum, data):
    """Of any kind and in any number that leaves no hole too wide to bridge: fluxes as without."""
    (tmp_path / "a.fits").unlink(missing_ok=True)
    bad = np.zeros(PIXELS, bool)
    for first in data.draw(st.lists(st.integers(0, PIXELS - 1), max_size=2)):
        bad[first : first + data.draw(st.integers(1, 48))] = True
    flux, ivar = SPOILT[data.draw(st.sampled_from(sorted(SPOILT)))](LIGHT, np.full(PIXELS, 4.0), bad)
    entry = flux_report([write_spectrum(tmp_path / "a.fits", flux=flux, ivar=ivar)])[0]
    json.dumps(entry, allow_nan=False)
    for band in "gri":
        assert entry["bands"][band]["synthetic"] == pytest.approx(with_speclite(band), rel=1e-3)


@pytest.mark.parametrize(("first", "length"), [(2000, 80), (1800, 800), (1950, 101)])
def test_a_gap_in_the_wavelengths(tmp_path, write_spectrum, first, length):
    """Pixels left out of the file are bridged if they are few, and not covered if they are many."""
    kept = (np.arange(PIXELS) < first) | (np.arange(PIXELS) >= first + length)
    path = write_spectrum(tmp_path / "a.fits", loglam=LOGLAM[kept], flux=LIGHT[kept], ivar=np.full(kept.sum(), 4.0))
    red = flux_report([path], "r")[0]["bands"]["r"]
    wavelength = 10.0 ** LOGLAM.astype(np.float64)
    response = speclite.filters.load_filter("sdss2010-r")(wavelength)
    seen = kept if length > 100 else np.ones(PIXELS, bool)
    # pixels are as wide as their wavelength, so that the integrals are sums
    ratio = (light(wavelength) * response * wavelength**2)[seen].sum() / response[seen].sum()
    assert red["synthetic"] == pytest.approx(ratio / 2.99792458e18 / 3.631e-29 * 1e-17, rel=2e-3)
    assert red["coverage"] == pytest.approx(response[seen].sum() / response.sum(), abs=2e-3)


def test_a_folder_stands_for_its_spectra(tmp_path, write_spectrum, capsys):
    below = tmp_path / "0266"
    below.mkdir()
    first = write_spectrum(tmp_path / "spec-0266-51602-0001.fits")
    second = write_spectrum(below / "spec-0266-51602-0002.fits")
    (below / "notes.txt").touch()
    other = write_spectrum(tmp_path / "other.fits")
    assert spectrum_files([other, tmp_path]) == [other, second, first]
    assert "2 files that are not called as spectra are (notes.txt, ...) are not read." in capsys.readouterr().err
    assert [entry["error"] for entry in flux(tmp_path, other).document] == [None] * 3
