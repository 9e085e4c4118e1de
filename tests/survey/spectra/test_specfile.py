"""One SDSS file, of either spectrograph, as it is."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.spectra.file import read_file, read_position

NAME = "spec-0266-51602-0162.fits"
SAME = {"PLATE": 266, "MJD": 51602, "FIBERID": 162}


def test_a_spectrum_of_the_boss_kind_is_read(write_spectrum, tmp_path):
    loglam = (3.5529 + 1e-4 * np.arange(4637)).astype(np.float32)
    name = {"PLATE": 10000, "MJD": 57346, "FIBERID": 1000}
    path = write_spectrum(
        tmp_path / "spec-10000-57346-1000.fits", loglam=loglam, upper=True, drop=("SPECTROFLUX",), **name
    )
    spectrum = read_file(path)
    assert (spectrum.first, len(spectrum.flux)) == (35529, 4637)
    assert spectrum.kind == "GALAXY"
    assert not spectrum.empty
    assert np.isnan(spectrum.spectroflux).all()


def test_a_quasar_is_read_too(write_spectrum, tmp_path):
    assert read_file(write_spectrum(tmp_path / NAME, CLASS="QSO", Z=1.19)).kind == "QSO"


@pytest.mark.parametrize(("keyword", "value"), [("PLATE", 267), ("MJD", 51603), ("FIBERID", 163)])
def test_a_file_under_another_name_is_named(write_spectrum, tmp_path, keyword, value):
    path = write_spectrum(tmp_path / NAME, **{**SAME, keyword: value})
    with pytest.raises(InputError, match=f"says {keyword} {value} inside, but {SAME[keyword]} in its name"):
        read_file(path)


def test_the_name_may_stand_in_the_header(write_spectrum, tmp_path):
    assert (
        read_file(write_spectrum(tmp_path / NAME, header={"PLATEID": 266, "MJD": 51602, "FIBERID": 162})).first == 35798
    )
    (tmp_path / NAME).unlink()
    with pytest.raises(InputError, match="says PLATE 267"):
        read_file(write_spectrum(tmp_path / NAME, header={"PLATEID": 267}))


def test_columns_of_another_type_are_named(write_spectrum, tmp_path):
    path = write_spectrum(tmp_path / NAME, drop=("CLASS",), **{"class": 3})
    with pytest.raises(InputError, match="columns of another type"):
        read_file(path)


def test_the_fibre_has_a_position(write_spectrum, tmp_path):
    row = write_spectrum(tmp_path / "row.fits", PLUG_RA=146.28017, PLUG_DEC=-0.5)
    header = write_spectrum(tmp_path / "header.fits", header={"PLUG_RA": 1.5, "PLUG_DEC": 2.5})
    nowhere = write_spectrum(tmp_path / "nowhere.fits", PLUG_RA=np.nan, PLUG_DEC=0.0)
    assert read_position(row) == (146.28017, -0.5)
    assert read_position(header) == (1.5, 2.5)
    assert read_position(nowhere) is None
    assert read_position(write_spectrum(tmp_path / "silent.fits")) is None


SDSS_V = {"FIELD": 101077, "MJD": 59845, "CATALOGID": 27021598054114233}
NAME_V = "spec-101077-59845-27021598054114233.fits"


def test_a_spectrum_of_sdss_v_is_read(write_spectrum, tmp_path):
    path = write_spectrum(tmp_path / NAME_V, upper=True, RACAT=150.5, DECCAT=2.25, **SDSS_V)
    assert read_file(path).redshift == 0.12
    assert read_position(path) == (150.5, 2.25)


@pytest.mark.parametrize("keyword", SDSS_V)
def test_a_file_of_sdss_v_under_another_name_is_named(write_spectrum, tmp_path, keyword):
    """Also where the two catalogids are one number in double precision."""
    path = write_spectrum(tmp_path / NAME_V, **{**SDSS_V, keyword: SDSS_V[keyword] + 1})
    with pytest.raises(InputError, match=f"says {keyword} {SDSS_V[keyword] + 1} inside, but {SDSS_V[keyword]} in its"):
        read_file(path)


@pytest.mark.parametrize("name", ["FIBERMAP", "REDSHIFTS", "ZBEST"])
def test_files_of_desi_are_known(tmp_path, name):
    arms = [fits.ImageHDU(np.ones((2, 9), np.float32), name=f"B_{each}") for each in ("WAVELENGTH", "FLUX", "IVAR")]
    targets = fits.BinTableHDU.from_columns([fits.Column("TARGETID", "K", array=[1, 2])], name=name)
    path = tmp_path / "coadd-main-dark-10016.fits"
    fits.HDUList([fits.PrimaryHDU(), targets, *arms]).writeto(path)
    for read in (read_file, read_position):
        with pytest.raises(
            InputError, match="holds many targets in DESI's format, which is not read; write a file for"
        ):
            read(path)


@pytest.fixture(scope="module")
def whole(write_spectrum, tmp_path_factory):
    """A file of few pixels, in which damage hits more than fluxes."""
    path = tmp_path_factory.mktemp("whole") / NAME
    return write_spectrum(
        path, loglam=(3.58 + 1e-4 * np.arange(20)).astype(np.float32), header={"PLUG_DEC": 5.0}, **SAME
    )


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_one_sentence(whole, tmp_path, data):
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 10))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b"\0 19'=-/AEJKP\xff"))
    damaged = tmp_path / NAME
    damaged.write_bytes(content)
    for read in (read_file, read_position):
        assert complaint(read, damaged).startswith(str(damaged))


def complaint(read, path):
    """What a reader says of a file; its name if it finds nothing wrong."""
    try:
        read(path)
    except InputError as error:
        return str(error)
    return str(path)
