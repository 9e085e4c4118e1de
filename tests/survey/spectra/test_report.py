"""SDSS spectrum files are read as they are, and what cannot be used is named."""

import json

import numpy as np
import pytest
from astropy.io import fits

from slipher.errors import InputError
from slipher.physics.uncovered import STEP
from slipher.survey.spectra.report import flux_report, read_sdss_spectrum

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
        ({"CLASS": "QSO", "loglam": LOGLAM[:2866], "Z": 1.19}, r"class QSO, z = 1\.1900.*7350 Å.*% of i, 0% of z"),
        ({"CLASS": "STAR"}, "is no galaxy"),
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
    star = write_spectrum(tmp_path / "star.fits", CLASS="STAR")
    first, second = json.loads(json.dumps(flux_report([good, str(star)]), allow_nan=False))
    assert list(first) == ["file", "redshift", "warnings", "error", "bands"]
    assert first["file"] == str(good)
    assert first["error"] is None
    assert list(first["bands"]) == ["u", "g", "r", "i", "z"]
    # The source has 3631e-9 Jy at all wavelengths.
    assert [first["bands"][band]["synthetic"] for band in "gri"] == pytest.approx([1, 1, 1], rel=2e-3)
    assert first["bands"]["r"]["catalogue"] == 3
    assert first["bands"]["r"]["coverage"] == pytest.approx(1)
    assert second["bands"] is None
    assert "STAR" in second["error"]


def test_a_band_that_is_not_covered_has_no_synthetic_flux(tmp_path, write_spectrum):
    path = write_spectrum(tmp_path / "a.fits", loglam=LOGLAM[:1500])
    band = flux_report([path], "z")[0]["bands"]["z"]
    assert band["synthetic"] is None
    assert band["coverage"] == 0
