"""Files that are whole, and files that are not."""

import gzip

import h5py
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.survey.fetch.structure import flaw


@pytest.fixture(scope="module")
def body(act):
    return act.fits_bytes(rows=700)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("structure")


def test_a_whole_file(body, folder):
    (folder / "a.fits").write_bytes(body)
    assert flaw(folder / "a.fits", "fits") is None
    assert flaw(folder / "a.fits", "fits", (8, 9)) is None
    assert flaw(folder / "a.fits", "fits", (9, 8)) == "its image is 8 x 9, not 9 x 8"


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 10_000))
def test_any_truncation_is_found(body, folder, cut):
    (folder / "b.fits").write_bytes(body[: cut % len(body)])
    assert flaw(folder / "b.fits", "fits")


@settings(max_examples=20, deadline=None)
@given(more=st.binary(min_size=1, max_size=6000))
def test_anything_appended_is_found(body, folder, more):
    (folder / "c.fits").write_bytes(body + more)
    assert flaw(folder / "c.fits", "fits")


@settings(max_examples=20, deadline=None)
@given(
    shape=st.lists(st.integers(0, 40), max_size=3), kind=st.sampled_from(["u1", "i2", "i4", "f4", "f8"]), rows=st.integers(0, 900)
)  # fmt: skip
def test_any_file_of_astropy_is_whole(folder, shape, kind, rows):
    """Variable-length columns and empty units too."""
    heap = fits.Column("heap", "PE()", array=np.array([np.ones(n % 5, "f4") for n in range(rows)], object))
    image = fits.ImageHDU(np.zeros(shape, kind) if shape else None)
    hdus = fits.HDUList(
        [fits.PrimaryHDU(), image, fits.BinTableHDU.from_columns([heap]), fits.ImageHDU(np.zeros((3, 3)))]
    )
    hdus.writeto(folder / "d.fits", overwrite=True)
    assert flaw(folder / "d.fits", "fits") is None


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "fits", "it has 0 bytes, but 0"),
        (b"\n <!doctype html>", "fits", "it is a web page, not fits"),
        (b"<HTML>", "npz", "it is a web page, not npz"),
        (b'<?xml version="1.0"?><Error>', "hdf5", "it is a web page, not hdf5"),
        (b"SIMPLE  = T".ljust(2880), "fits", "a header without END"),
        (b"no such file", "fits", "no SIMPLE"),
        (gzip.compress(b"whatever", mtime=0), "fits", "bytes that are no text"),
        (b"PK but no zip", "npz", "it is not npz"),
        (b"\x89HDF\r\n\x1a\n and no more", "hdf5", "it is not hdf5"),
    ],
)
def test_what_is_something_else(folder, content, kind, message):
    (folder / "e").write_bytes(content)
    assert message in flaw(folder / "e", kind)


def test_a_header_that_does_not_say_its_size(folder):
    cards = [
        b"SIMPLE  =                    T",
        b"BITPIX  =                    8",
        b"NAXIS   =                    1",
        b"END",
    ]
    (folder / "f.fits").write_bytes(b"".join(card.ljust(80) for card in cards).ljust(2880))
    assert "a header without 'NAXIS1'" in flaw(folder / "f.fits", "fits")


@pytest.mark.parametrize("compressed", [False, True])
def test_npz(folder, compressed):
    path = folder / "a.npz"
    (np.savez_compressed if compressed else np.savez)(path, cube=np.zeros((20, 8, 8, 5), "f4"), labels=np.arange(20))
    assert flaw(path, "npz") is None
    whole = path.read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:cut])
        assert flaw(path, "npz")


def test_hdf5(folder):
    path = folder / "a.h5"
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((10, 5, 8, 8), "f4")
    assert flaw(path, "hdf5") is None
    path.write_bytes(path.read_bytes()[:-100])
    assert "truncated" in flaw(path, "hdf5")


@pytest.mark.parametrize("cards", [
    {"NAXIS": 1, "NAXIS1": -2880}, {"NAXIS": 1, "NAXIS1": 1, "PCOUNT": -2881}, {"NAXIS": 1, "NAXIS1": 2880, "GCOUNT": -1},
    {"NAXIS": -1}, {"NAXIS": 10**9}, {"NAXIS": 1, "NAXIS1": 10**60}, {"NAXIS": 2, "NAXIS1": 10**60, "NAXIS2": -(10**60)},
])  # fmt: skip
def test_sizes_that_lead_nowhere(folder, cards):
    header = [b"SIMPLE  =                    T", b"BITPIX  =                    8"]
    header += [f"{key:8}= {value:20}".encode() for key, value in cards.items()]
    path = folder / "g.fits"
    path.write_bytes(b"".join(card.ljust(80) for card in [*header, b"END"]).ljust(2880) * 3)
    assert flaw(path, "fits")


@settings(max_examples=50, deadline=None)
@given(
    kind=st.sampled_from(["fits", "npz", "hdf5"]),
    at=st.integers(0, 10**6),
    new=st.binary(max_size=40),
    cut=st.booleans(),
)
def test_any_damage_is_said_or_harmless(whole, folder, kind, at, new, cut):
    body = bytearray(whole[kind])
    at %= len(body)
    body[at : at + len(new)] = new
    path = folder / "h"
    path.write_bytes(body[:at] if cut else body)
    assert flaw(path, kind) is None or flaw(path, kind).isprintable()


@pytest.fixture(scope="module")
def whole(body, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    np.savez(folder / "a.npz", cube=np.zeros((5, 4)))
    with h5py.File(folder / "a.h5", "w") as file:
        file["images"] = np.zeros((10, 5))
    return {"fits": body, "npz": (folder / "a.npz").read_bytes(), "hdf5": (folder / "a.h5").read_bytes()}
