"""Spectra of a folder come into a store, pixel on pixel, and what is doubtful is counted."""

import json
from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.check import check
from slipher.survey.spectra import attach
from slipher.survey.spectra.attach import BOSS_GRID, FLAGS, SDSS_GRID, attach_spectra, attached_text
from slipher.survey.spectra.flags import SpectrumFlag
from slipher.survey.spectra.specobj import encode
from slipher.survey.store import open_store
from slipher.verbs.spectra import data_spectra

PLATE, MJD, BOSS_MJD = 266, 51602, 57346
COUNT = 8


def file_of(fiber, mjd=MJD):
    return f"spec-{PLATE:04d}-{mjd}-{fiber:04d}.fits"


@pytest.fixture
def folder(tmp_path, write_spectrum):
    """Spectra of fibres 1 to 6, each in its own way, and of one that no galaxy has."""
    path = tmp_path / "spectra"
    path.mkdir()
    ramp = np.linspace(1, 20, 3840)
    write_spectrum(path / file_of(1), flux=ramp, ivar=np.where(ramp < 2, 0, 1 / ramp))
    write_spectrum(path / file_of(2), ZWARNING=4)
    write_spectrum(path / file_of(3), flux=np.zeros(3840), ivar=np.zeros(3840))
    write_spectrum(path / file_of(4), CLASS="QSO")
    write_spectrum(path / file_of(5), Z=0.3)
    write_spectrum(path / file_of(6))
    (path / file_of(6)).write_bytes((path / file_of(6)).read_bytes()[:30_000])
    write_spectrum(path / file_of(99))
    return path


@pytest.fixture
def store(spectrum_store):
    """Galaxies of fibres 1 to 8."""
    return spectrum_store(
        np.array([encode(PLATE, MJD, fiber, "26") for fiber in range(1, COUNT + 1)]), np.full(COUNT, 0.12)
    )


def test_every_galaxy_has_what_its_file_says(store, folder):
    document = attach_spectra(store, folder, workers=1)
    galaxies = open_store(store)
    assert galaxies.spectrum_have.tolist() == [True, True] + [False] * 6
    flags = [SpectrumFlag(value) for value in galaxies.column(FLAGS).tolist()]
    expected = ["", "ZWARNING", "EMPTY", "NOT_GALAXY", "REDSHIFT", "DAMAGED", "", ""]
    assert flags == [SpectrumFlag[name] if name else SpectrumFlag(0) for name in expected]
    assert document["flagged"] == dict.fromkeys(["zwarning", "empty", "not_galaxy", "redshift", "damaged"], 1) | {
        "repeated": 0
    }
    counts = {"galaxies": 8, "matched": 6, "without": 2, "usable": 2, "files": 7, "strangers": 1}
    assert {key: document[key] for key in counts} == counts
    assert [entry["file"] for entry in document["unusable"]] == [str(folder / file_of(6))]
    assert check(store)["ok"]


def test_other_files_are_counted_and_said(store, folder, capsys):
    for name in ("coadd-main-dark-10016.fits", "notes.txt"):
        (folder / name).touch()
    document = attach_spectra(store, folder, workers=1)
    assert document["ignored"] == 2
    assert "2 files that are not called as spectra are (coadd-main-dark-10016.fits, ...)" in capsys.readouterr().err


def test_pixels_are_not_moved(store, folder):
    attach_spectra(store, folder, workers=1)
    spectra = open_store(store).spectra()
    first = round((3.5798 - SDSS_GRID.loglam0) / 1e-4)
    ramp = np.linspace(1, 20, 3840).astype(np.float32)
    assert spectra.loglam0 == 3.57
    assert spectra.flux.shape == (COUNT, SDSS_GRID.pixels)
    assert np.array_equal(spectra.flux[0, first : first + 3840], ramp)
    assert np.array_equal(spectra.ivar[0] > 0, spectra.flux[0] >= 2)
    assert not spectra.flux[0, :first].any()
    assert not spectra.flux[2:].any()
    assert not spectra.ivar[2:].any()


def test_pixels_that_are_no_measurement_are_masked(store, folder, write_spectrum):
    flux, ivar = np.full(3840, 10.0), np.full(3840, 4.0)
    flux[[3, 4, 7, 9, 10]], ivar[[5, 6]] = [np.nan, np.inf, 1e30, -9999, -731.5], [np.nan, -1]
    (folder / file_of(1)).unlink()
    write_spectrum(folder / file_of(1), flux=flux, ivar=ivar)
    attach_spectra(store, folder, workers=1)
    spectra = open_store(store).spectra()
    first = round((3.5798 - SDSS_GRID.loglam0) / 1e-4)
    assert spectra.flux[0, first + 2 : first + 12].tolist() == [10, 0, 0, 0, 10, 0, 10, 0, 0, 10]
    assert spectra.ivar[0, first + 2 : first + 12].tolist() == [4, 0, 0, 0, 0, 0, 4, 0, 0, 4]


def test_the_grid_reaches_as_far_as_the_spectra(spectrum_store, folder, write_spectrum):
    loglam = (3.5529 + 1e-4 * np.arange(4637)).astype(np.float32)
    write_spectrum(folder / file_of(7, BOSS_MJD), loglam=loglam)
    ids = np.array([encode(PLATE, MJD, 1, "26"), encode(PLATE, BOSS_MJD, 7, "v5_13_0")])
    document = attach_spectra(spectrum_store(ids, [0.12, 0.12]), folder, workers=1)
    assert (document["loglam0"], document["pixels"]) == (3.54, BOSS_GRID.pixels)
    spectra = open_store(document["store"]).spectra()
    assert (spectra.ivar[1] > 0).sum() == 4637
    assert np.argmax(spectra.ivar[1] > 0) == 129


def test_a_spectrum_beyond_the_grid_is_cut(store, folder, write_spectrum):
    (folder / file_of(1)).unlink()
    write_spectrum(folder / file_of(1), loglam=(3.9650 + 1e-4 * np.arange(100)).astype(np.float32))
    (folder / file_of(2)).unlink()
    write_spectrum(folder / file_of(2), loglam=(4.1 + 1e-4 * np.arange(100)).astype(np.float32))
    attach_spectra(store, folder, workers=1)
    galaxies = open_store(store)
    assert (galaxies.spectra().ivar[:2] > 0).sum(axis=1).tolist() == [50, 0]
    assert galaxies.spectrum_have[:2].tolist() == [True, False]


def test_the_better_of_two_observations_is_taken(spectrum_store, folder, write_spectrum):
    place = {"PLUG_RA": 20.0, "PLUG_DEC": 5.0}
    write_spectrum(folder / file_of(7), ivar=np.full(3840, 1.0), **place)
    write_spectrum(folder / file_of(300, MJD + 28), ivar=np.full(3840, 9.0), **place)
    ids = np.array([encode(PLATE, MJD, 7, "26"), 5])
    store = spectrum_store(ids, [0.12, 0.12], ra=np.array([20.0, 50.0]), dec=np.array([5.0, 5.0]))
    document = attach_spectra(store, folder, workers=1)
    galaxies = open_store(store)
    assert galaxies.column(FLAGS).tolist() == [SpectrumFlag.REPEATED, 0]
    assert galaxies.spectra().ivar[0].max() == 9
    assert document["flagged"]["repeated"] == 1
    # Files of nobody are opened for their position, so that a damaged one is known too.
    assert [Path(entry["file"]).name for entry in document["unusable"]] == [file_of(6)]


def test_the_same_again_does_nothing(store, folder, write_spectrum, monkeypatch):
    first = attach_spectra(store, folder, workers=1)
    written = store.stat().st_mtime_ns
    again = attach_spectra(store, folder, workers=1)
    assert store.stat().st_mtime_ns == written
    assert first["seconds"] is not None
    assert again == {**first, "seconds": None}
    write_spectrum(folder / file_of(8))
    more = attach_spectra(store, folder, workers=1)
    assert (more["matched"], more["usable"]) == (7, 3)
    assert open_store(store).spectrum_have.tolist() == [True, True] + [False] * 5 + [True]
    (folder / file_of(8)).unlink()
    assert attach_spectra(store, folder, workers=1)["usable"] == 2


def test_a_run_that_was_stopped_continues_to_the_same_bytes(spectrum_store, folder, monkeypatch):
    count = 600
    ids = np.array([encode(PLATE, MJD, 1 + row % 8, "26") for row in range(count)])
    store = spectrum_store(ids, np.full(count, 0.12))
    before = store.read_bytes()
    placed, left = attach.PixelGrid.placed, [100]

    def failing(grid, spectrum):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return placed(grid, spectrum)

    monkeypatch.setattr(attach.PixelGrid, "placed", failing)
    with pytest.raises(KeyboardInterrupt):
        attach_spectra(store, folder, workers=1)
    assert store.read_bytes() == before
    monkeypatch.undo()
    attach_spectra(store, folder, workers=1)
    stopped = store.read_bytes()
    store.write_bytes(before)
    attach_spectra(store, folder, workers=2)
    assert store.read_bytes() == stopped


def test_spectra_of_other_galaxies_are_refused(spectrum_store, folder):
    store = spectrum_store(np.array([encode(PLATE, MJD, 500, "26")]), [0.12])
    before = store.read_bytes()
    with pytest.raises(InputError, match="none of the 7 spectra"):
        attach_spectra(store, folder, workers=1)
    assert store.read_bytes() == before
    assert sorted(path.name for path in store.parent.iterdir()) == ["spectra", "store.h5"]


def test_the_document_is_json_and_in_words(store, folder):
    document = attach_spectra(store, folder, workers=1)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["seconds"] > 0
    words = attached_text({**document, "seconds": 3.0})
    assert "6 of 8 galaxies have a file (2 have none), 2 a spectrum that the flux term can use." in words
    assert "7 files, 3.0 s; 1 are of none of these galaxies, 1 cannot be read." in words
    assert "zwarning 1" in words
    assert f"{file_of(6)} is truncated" in words
    assert words.endswith(str(store))
    many = {**document, "unusable": document["unusable"] * 25, "seconds": None}
    assert "... and 5 more" in attached_text(many)
    assert "nothing new" in attached_text(many)


def test_the_verb_answers_with_both(store, folder):
    answer = data_spectra(store, folder, workers=1)
    assert answer.status == 0
    assert answer.document["usable"] == 2
    assert answer.text == attached_text(answer.document)
