"""SDSS's frames are found, placed and calibrated; what is wrong with one is said."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from slipher.errors import InputError
from slipher.survey.frames.frame import DamagedFrameError, find_fields, read_frame, read_geometry

spec = importlib.util.spec_from_file_location("sdss_frames", Path(__file__).with_name("sdss_frames.py"))
sdss = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sdss)

IMAGE = np.random.default_rng(1).normal(0, 0.5, (40, 30)) + 3
WCS = sdss.projection(shape=IMAGE.shape)


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2"])
@pytest.mark.parametrize("write", [sdss.write_frame, sdss.write_fpc])
def test_pixels_are_nanomaggies(tmp_path, write, suffix):
    path = write(tmp_path, "r", IMAGE, WCS, suffix=suffix)
    frame = read_frame(path)
    assert frame.image.dtype == np.float32
    rounding = 0 if write is sdss.write_frame else 0.5 * 10 / 2703.57
    np.testing.assert_allclose(frame.image, IMAGE, rtol=1e-6, atol=rounding + 1e-6)
    assert read_geometry(path) == frame.geometry
    assert frame.geometry.shape == IMAGE.shape


@pytest.mark.parametrize("dec_first", [False, True])
def test_positions_are_those_of_the_projection(tmp_path, dec_first):
    """Whatever the order of the axes; against astropy's reading of a plain projection."""
    wcs = sdss.projection(angle=33, dec_first=dec_first)
    geometry = read_geometry(sdss.write_frame(tmp_path, "i", IMAGE, wcs))
    x, y = np.array([[0.0, 3.5], [29.0, -200.0]]), np.array([[0.0, 7.25], [39.0, 1000.0]])
    ra, dec = geometry.sky(x, y)
    expected = sdss.projection(angle=33).wcs_pix2world(x.ravel(), y.ravel(), 0)
    np.testing.assert_allclose([ra.ravel(), dec.ravel()], expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(geometry.pixels(ra, dec), [x, y], atol=1e-6)


def test_counts_of_nothing_are_bad(tmp_path):
    path = sdss.write_fpc(tmp_path, "g", np.where(IMAGE > 3.5, -1e4, IMAGE).clip(-1095.4 * 10 / 2703.57), WCS)
    np.testing.assert_array_equal(np.isnan(read_frame(path).image), IMAGE > 3.5)


@pytest.mark.parametrize("write", [sdss.write_frame, sdss.write_fpc])
def test_an_edge_of_one_value_is_no_sky(tmp_path, write):
    image = IMAGE.copy()
    image[-12:] = image[:, :9] = 0
    found = read_frame(write(tmp_path, "r", image, WCS)).image
    np.testing.assert_array_equal(np.isnan(found), image == 0)


def test_fields_are_found_in_folders_below(tmp_path):
    for run, below in ((2583, "a/b"), (94, "c")):
        (tmp_path / below).mkdir(parents=True)
        for band in "gri":
            sdss.write_frame(tmp_path / below, band, IMAGE, WCS, run=run, suffix=".gz" if band == "g" else "")
    sdss.write_fpc(tmp_path, "u", IMAGE, WCS, run=94, camcol=2, field=136)
    sdss.write_fpc(tmp_path, "z", IMAGE, WCS, run=94, camcol=2, field=137)
    (tmp_path / "frame-r-002583-2-0136.jpg").write_bytes(b"")
    fields = find_fields(tmp_path)
    assert [(each.run, each.camcol, each.field) for each in fields] == [(94, 2, 136), (94, 2, 137), (2583, 2, 136)]
    assert [set(each.paths) for each in fields] == [set("gri"), {"z"}, set("gri")], "a later reduction replaces fpC"
    assert [each.reference for each in fields] == ["r", "z", "r"]


def test_no_frames(tmp_path):
    with pytest.raises(InputError, match="does not exist; give the one that holds the SDSS frames"):
        find_fields(tmp_path / "none")
    (tmp_path / "other.fits").write_bytes(b"")
    with pytest.raises(InputError, match="holds no SDSS frames; they are called frame-r-002583-2-0136"):
        find_fields(tmp_path)


def test_a_frame_that_is_there_twice(tmp_path):
    sdss.write_frame(tmp_path, "r", IMAGE, WCS)
    (tmp_path / "copy").mkdir()
    sdss.write_frame(tmp_path / "copy", "r", IMAGE, WCS)
    with pytest.raises(InputError, match="are the same frame; leave one"):
        find_fields(tmp_path)


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.99])
def test_a_file_that_is_cut_off(tmp_path, suffix, share):
    path = sdss.write_frame(tmp_path, "r", np.random.default_rng(0).normal(size=(200, 300)), WCS, suffix=suffix)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    needed = share < 0.98 or suffix
    if not needed:
        read_geometry(path)  # the pixels are all there; what follows them is not read
        return
    for read in (read_geometry, read_frame):
        with pytest.raises(DamagedFrameError, match=r"frame-r-002583.* cannot be used \(.+\); get it again"):
            read(path)


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
def test_a_bit_that_flipped(tmp_path, suffix):
    """The header may be sound, but the checksum of the pixels is not."""
    path = sdss.write_frame(tmp_path, "r", np.random.default_rng(0).normal(size=(200, 300)), WCS, suffix=suffix)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)
    with pytest.raises(DamagedFrameError, match="cannot be used"):
        read_frame(path)


@pytest.mark.parametrize(
    ("write", "keys", "message"),
    [
        (sdss.write_frame, {"BUNIT": "count"}, "its pixels are in count, not nanomaggy"),
        (sdss.write_frame, {"FILTER": "g"}, "its header says that it is the g band"),
        (sdss.write_frame, {"CTYPE1": "RA---SIN"}, "its projection is RA---SIN DEC--TAN"),
        (sdss.write_frame, {"CD1_1": 0.0, "CD1_2": 0.0}, "its coordinates are not a projection"),
        (sdss.write_fpc, {"FLUX20": -9999.0}, "it is not calibrated"),
    ],
)
def test_a_header_that_does_not_fit(tmp_path, write, keys, message):
    path = write(tmp_path, "r", IMAGE, WCS)
    with fits.open(path, mode="update") as file:
        file[0].header.update(keys)
    with pytest.raises(DamagedFrameError, match=message):
        read_geometry(path)


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>" * 500, b"SIMPLE  =" + b" " * 4000])
def test_what_is_no_frame(tmp_path, content):
    path = tmp_path / "frame-r-002583-2-0136.fits"
    path.write_bytes(content)
    with pytest.raises(DamagedFrameError, match=r"cannot be used \(it (has no FITS header|is cut off)\)"):
        read_geometry(path)


def test_a_frame_without_coordinates(tmp_path):
    path = tmp_path / "frame-r-002583-2-0136.fits"
    fits.PrimaryHDU(IMAGE.astype(np.float32)).writeto(path)
    with pytest.raises(DamagedFrameError, match="its header has no CTYPE1"):
        read_geometry(path)
