"""Files find their galaxies."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.spectra.folder import look_into
from slipher.survey.spectra.match import RADIUS, match
from slipher.survey.spectra.specobj import encode
from slipher.survey.store import open_store

NAMES = [(266, 51602, 162), (266, 51630, 174), (4055, 55359, 408), (10000, 57346, 1)]


def file_of(plate, mjd, fiber):
    return f"spec-{plate:04d}-{mjd}-{fiber:04d}.fits"


@pytest.fixture
def folder(tmp_path):
    """Files that are only names: matching by names opens none."""
    for name in NAMES:
        (tmp_path / "spectra" / str(name[0])).mkdir(parents=True, exist_ok=True)
        (tmp_path / "spectra" / str(name[0]) / file_of(*name)).touch()
    (tmp_path / "spectra" / "readme.txt").touch()
    return tmp_path / "spectra"


def matched(store, folder):
    """Names of files by row of the store."""
    found = look_into(folder)
    matches = match(open_store(store), found)
    count = len(open_store(store))
    return [[found.files[number].name for number in own] for own in matches.files_of(0, count)], matches


IDS = np.array([encode(*NAMES[2], "v5_7_0"), encode(*NAMES[3], "v5_13_0"), encode(*NAMES[0], "26"), 5], np.uint64)


@pytest.mark.parametrize("ids", [IDS.view(np.int64), IDS.astype("S20")])
def test_ids_that_are_specobjids_match(spectrum_store, folder, ids):
    files, matches = matched(spectrum_store(ids, np.zeros(4)), folder)
    assert files == [[file_of(*NAMES[2])], [file_of(*NAMES[3])], [file_of(*NAMES[0])], []]
    assert matches.strangers == 1
    assert matches.files_of(1, 3) == matches.files_of(0, 4)[1:3]


@pytest.mark.parametrize("column", [True, False])
def test_catalogids_match(spectrum_store, folder, column):
    catalogid = 27021598054114233
    name = f"spec-101077-59845-{catalogid}.fits"
    (folder / name).touch()
    ids = np.array([5, catalogid, catalogid + 1])
    store = spectrum_store(np.arange(3), np.zeros(3), catalogid=ids) if column else spectrum_store(ids, np.zeros(3))
    assert matched(store, folder)[0] == [[], [name], []]


@pytest.mark.parametrize("fiber", ["fiber", "fiberid"])
def test_columns_of_a_catalogue_match(spectrum_store, folder, fiber):
    plate, mjd, number = np.array([NAMES[1], (0, 0, 0), NAMES[0]], np.int32).T
    ids = np.array([1, IDS[1].view(np.int64), 3])
    files, _ = matched(spectrum_store(ids, np.zeros(3), plate=plate, mjd=mjd, **{fiber: number}), folder)
    assert files == [[file_of(*NAMES[1])], [file_of(*NAMES[3])], [file_of(*NAMES[0])]]


def test_two_galaxies_and_two_files_of_one_name_all_match(spectrum_store, folder):
    (folder / "again").mkdir()
    (folder / "again" / (file_of(*NAMES[0]) + ".gz")).touch()
    ids = IDS.view(np.int64)[[2, 2]]
    files, matches = matched(spectrum_store(ids, np.zeros(2)), folder)
    assert files[0] == files[1]
    assert len(files[0]) == 2
    assert matches.strangers == 3


def test_another_observation_matches_by_position(spectrum_store, write_spectrum, tmp_path):
    folder = tmp_path / "spectra"
    folder.mkdir()
    ra, dec = np.array([359.9999, 20.0]), np.array([60.0, -5.0])
    # Across the meridian, where a degree of right ascension is half a degree on the sky.
    near = {"PLUG_RA": (ra[0] + 1.9 * RADIUS / 3600) % 360, "PLUG_DEC": dec[0]}
    far = {"PLUG_RA": ra[1], "PLUG_DEC": dec[1] + 1.1 * RADIUS / 3600}
    for name, place in zip(NAMES, ({"PLUG_RA": 0.0, "PLUG_DEC": 0.0}, near, far, {}), strict=True):
        write_spectrum(folder / file_of(*name), **place)
    (folder / file_of(5, 55555, 5)).write_text("no spectrum")
    ids = np.array([encode(*NAMES[0], "26"), 2])
    files, matches = matched(spectrum_store(ids, np.zeros(2), ra=ra, dec=dec), folder)
    assert files == [[file_of(*NAMES[0]), file_of(*NAMES[1])], []]
    assert matches.strangers == 2
    assert [path.name for path, _ in matches.unusable] == [file_of(5, 55555, 5)]


def test_a_store_without_positions_of_its_galaxies_matches_by_name(spectrum_store, write_spectrum, folder):
    nowhere = np.full(4, np.nan)
    (other,) = folder.rglob(file_of(*NAMES[1]))
    other.unlink()
    write_spectrum(other, PLUG_RA=20.0, PLUG_DEC=5.0)
    files, _ = matched(spectrum_store(IDS.view(np.int64), np.zeros(4), ra=nowhere, dec=nowhere), folder)
    assert sum(map(len, files)) == 3


def test_a_store_that_cannot_tell_is_named(spectrum_store, folder):
    with pytest.raises(InputError, match="its ids are no specObjIDs, and it has neither plate"):
        matched(spectrum_store(np.arange(3), np.zeros(3)), folder)
