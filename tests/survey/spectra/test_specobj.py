"""specObjIDs are taken apart and put together as SDSS does it."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.survey.spectra.specobj import SpectrumNames, decode, encode, name_of_file, run2d_name, run2d_number

RUN2D = ["26", "103", "104", "v5_4_45", "v5_7_0", "v5_7_2", "v5_10_0", "v5_13_0", "v6_0_4"]

names = st.tuples(st.integers(1, 16383), st.integers(51001, 59999), st.integers(1, 1000), st.sampled_from(RUN2D))


@given(names)
@settings(max_examples=50, deadline=None)
def test_what_is_put_together_is_taken_apart(name):
    packed = np.array([encode(*name)], np.uint64)
    for ids in (packed, packed.view(np.int64), packed.astype("U20")):
        found = decode(ids)
        apart = (found.plate[0], found.mjd[0], found.fiber[0], run2d_name(int(found.run2d[0])))
        assert apart == name
        assert found.plausible.tolist() == [True]


def test_ids_are_sdss_own():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sdss = pytest.importorskip("pydl.pydlutils.sdss")
    for plate, mjd, fiber, run2d in [
        (266, 51602, 162, "26"),
        (4055, 55359, 408, "v5_7_0"),
        (10000, 57346, 1, "v5_13_0"),
    ]:
        assert encode(plate, mjd, fiber, run2d) == int(sdss.sdss_specobjid(plate, fiber, mjd, run2d)[0])


@pytest.mark.parametrize(("name", "number"), [("26", 26), ("v5_7_0", 700), ("v5_10_0", 1000), ("v6_0_4", 10004)])
def test_reductions_have_numbers(name, number):
    assert run2d_number(name) == number
    assert run2d_name(number) == name


def test_other_names_of_reductions_are_errors():
    with pytest.raises(ValueError, match="master"):
        run2d_number("master")


def test_other_identifiers_are_no_names_of_spectra():
    assert decode(np.array([0, 1, 12345, -1])).plausible.tolist() == [False] * 4
    texts = np.array(["J1234+56", "", "-5", "9" * 19, "9" * 30, "299533932318189568"])
    assert decode(texts).plausible.tolist() == [False] * 5 + [True]
    assert (decode(texts).key >= 0).tolist() == [False] * 5 + [True]


def test_keys_tell_spectra_apart():
    columns = [np.array(values) for values in ([266, 266, 266, 267], [51602, 51602, 51630, 51602], [1, 2, 1, 1])]
    keys = SpectrumNames(*columns, np.full(4, -1)).key
    assert len(set(keys.tolist())) == 4
    assert (keys > 0).all()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("spec-0266-51602-0162.fits", (266, 51602, 162)),
        ("spec-10000-57346-0001.fits.gz", (10000, 57346, 1)),
        ("spec-lite-4055-55359-0408.fits", (4055, 55359, 408)),
        ("spec-0266-51602-0162.fits.bz2", (266, 51602, 162)),
        ("spec-015000-59146-4375786564.fits", (15000, 59146, 4375786564)),
        ("spec-101077-59845-27021598054114233.fits.gz", (101077, 59845, 27021598054114233)),
        ("spec-allepoch-60191-27021598054114233.fits", (0, 60191, 27021598054114233)),
        ("coadd-main-dark-10016.fits", None),
        ("spec-266-51602-162.fits", None),
        ("spec-0266-51602-0162.png", None),
        (".partial-spec-0266-51602-0162.fits", None),
    ],
)
def test_files_are_known_by_their_names(file, name):
    assert name_of_file(Path("26/0266", file)) == name


def test_a_catalogid_is_no_fibre():
    columns = [np.array(values) for values in ([266, 101077], [51602, 59845], [162, 27021598054114233])]
    found = SpectrumNames(*columns, np.full(2, -1))
    assert (found.key > 0).tolist() == [True, False]
    assert found.catalogid.tolist() == [-1, 27021598054114233]
