"""FITS images and columns as astropy reads them, but masked where they hold no value."""

import bz2
import gzip

import numpy as np
import pytest
from astropy.io import fits

from slipher.errors import InputError
from slipher.formats.containers import open_container

RAW = np.arange(-30, 30, dtype=np.int16).reshape(5, 3, 4)


def image(kind, compressed):
    """An image whose stored number −7 is BLANK."""
    data = (
        RAW.astype(np.float32)
        if kind == "float"
        else RAW.astype({"int32": np.int32, "byte": np.uint8}.get(kind, np.int16))
    )
    unit = (fits.CompImageHDU if compressed else fits.ImageHDU)(data, name="SCI")
    if kind == "scaled":
        unit.header["BSCALE"], unit.header["BZERO"] = 0.25, 100.0
    if kind == "unsigned":
        unit.header["BSCALE"], unit.header["BZERO"] = 1, 1 << 15
    if kind != "float":
        unit.header["BLANK"] = 7 if kind == "byte" else -7
    return unit


def value(kind):
    """What the numbers mean."""
    stored = RAW.astype(np.uint8).astype(float) if kind == "byte" else RAW.astype(float)
    return {"scaled": 100 + 0.25 * stored, "unsigned": stored + (1 << 15)}.get(kind, stored)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["int16", "int32", "byte", "scaled", "unsigned", "float"])
@pytest.mark.parametrize("axis", [0, 2])
def test_integers_and_their_blanks(tmp_path, compressed, kind, axis):
    fits.HDUList([fits.PrimaryHDU(), image(kind, compressed)]).writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits", do_not_scale_image_data=True) as file:
        np.testing.assert_array_equal(file[1].data.astype(np.int16), RAW.astype(np.uint8) if kind == "byte" else RAW)
    with open_container(tmp_path / "a.fits") as container:
        found = container.column("SCI", 1, 3, axis)
        assert container.describe("SCI")[0].newbyteorder("=") == found.values.dtype
    cut = np.take(RAW, [1, 2], axis)
    blank = (
        np.zeros(cut.shape, bool) if kind == "float" else (cut.astype(np.uint8) == 7 if kind == "byte" else cut == -7)
    )
    np.testing.assert_array_equal(found.lacking, blank)
    np.testing.assert_allclose(found.values[~blank], np.take(value(kind), [1, 2], axis)[~blank])


def test_unsigned_integers_keep_their_range(tmp_path):
    values = np.array([[0, 1, 65535], [32768, 32767, 7]], np.uint16)
    fits.PrimaryHDU(values).writeto(tmp_path / "a.fits")
    with open_container(tmp_path / "a.fits") as container:
        found = container.read("PRIMARY")
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, values)


def test_extensions_by_number_and_in_any_case(tmp_path):
    units = [
        fits.PrimaryHDU(),
        *(fits.ImageHDU(np.full((2, 2), n), name=name) for n, name in enumerate(("", "SCI", "SCI"), 1)),
    ]
    fits.HDUList(units).writeto(tmp_path / "a.fits")
    with open_container(tmp_path / "a.fits") as container:
        assert list(container.arrays) == ["1", "SCI", "3"]
        for name, number in (("1", 1), ("sci", 2), ("SCI", 2), ("2", 2), ("3", 3)):
            assert container.read(name)[0, 0] == number
        with pytest.raises(InputError, match="no array '4'"):
            container.read("4")


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress, bz2.compress])
def test_columns_of_a_table(tmp_path, pack):
    columns = [
        fits.Column("stamp", "12E", dim="(2,3,2)", array=np.arange(60.0).reshape(5, 12)),
        fits.Column("n", "J", null=-99, array=np.array([1, -99, 3, 4, 5], np.int32)),
        fits.Column("u", "K", bzero=1 << 63, array=np.array([1, 2, 3, 1 << 63, (1 << 64) - 1], np.uint64)),
        fits.Column("name", "4A", array=np.array(["a", "bc", "def", "ghij", ""])),
        fits.Column("flux", "E", unit="nanomaggy", array=np.arange(5)),
        fits.Column("list", "PE()", array=np.array([np.arange(n + 1.0) for n in range(5)], object)),
    ]
    path = tmp_path / "a.fits"
    fits.BinTableHDU.from_columns(columns).writeto(path)
    path.write_bytes(pack(path.read_bytes()))
    with open_container(path) as container:
        np.testing.assert_array_equal(container.read("stamp", 1, 3), np.arange(12.0, 36).reshape(2, 2, 3, 2))
        np.testing.assert_array_equal(container.column("n").numbers(), [1, np.nan, 3, 4, 5])
        assert container.column("u").values.tolist() == [1, 2, 3, 1 << 63, (1 << 64) - 1]
        assert container.column("name").values.tolist() == ["a", "bc", "def", "ghij", ""]
        assert container.column("flux").unit == "nanomaggy"
        with pytest.raises(InputError, match="'list' holds Python objects"):
            container.read("list")


def test_headers(tmp_path):
    unit = fits.ImageHDU(np.zeros((2, 2)), name="IMAGE")
    unit.header["BUNIT"], unit.header["FILTER"] = "nanomaggy", "g"
    primary = fits.PrimaryHDU()
    primary.header["FLUXMAG0"] = 63095734448.0194
    fits.HDUList([primary, unit]).writeto(tmp_path / "a.fits")
    with open_container(tmp_path / "a.fits") as container:
        assert container.unit("IMAGE") == "nanomaggy"
        notes = container.notes("1")
    assert (notes["FILTER"], notes["FLUXMAG0"]) == ("g", 63095734448.0194)
