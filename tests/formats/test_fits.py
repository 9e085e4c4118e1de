"""Tables of FITS against astropy's own reader."""

import bz2
import gzip
import lzma

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipher.errors import InputError
from slipher.formats import fits as fits_tables
from slipher.formats.fits import open_fits

FORMATS = {"int16": "I", "int32": "J", "int64": "K", "uint8": "B", "float32": "E", "float64": "D", "bool": "L"}


def write(path, *columns, **header):
    unit = fits.BinTableHDU.from_columns(columns)
    unit.header.update(header)
    unit.writeto(path, overwrite=True)
    return open_fits(path)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(sorted(FORMATS)), st.sampled_from(["", "3", "2x2"]))
def test_values_of_every_type_and_shape(tmp_path_factory, data, kind, shape):
    entry = {"": (), "3": (3,), "2x2": (2, 2)}[shape]
    rows = data.draw(st.integers(1, 5))
    values = data.draw(arrays.arrays(kind, (rows, *entry)))
    form = f"{int(np.prod(entry))}{FORMATS[kind]}"
    column = fits.Column(
        "a", form, dim=f"({','.join(map(str, entry[::-1]))})" if shape == "2x2" else None, array=values
    )
    table = write(tmp_path_factory.mktemp("fits") / "t.fits", fits.Column("z", "D", array=np.zeros(rows)), column)
    found = table["a"]
    np.testing.assert_array_equal(found.values, values)
    assert found.values.dtype == np.dtype(kind)
    start = data.draw(st.integers(0, rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fits_tables, "PIECE", 2)
        np.testing.assert_array_equal(table["a"].values, values)
    np.testing.assert_array_equal(table.read(["a"], start, rows)["a"].values, values[start:])


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(">i4", st.integers(1, 6), elements=st.integers(-5, 5)),
    st.sampled_from([None, -5, 0, 3]),
    st.sampled_from([(1, 0), (1, 2**31), (0.5, 0), (2, 10), (1, 7), (1, 0.5)]),
)
def test_what_marks_a_missing_number_is_none_whatever_the_scaling(tmp_path_factory, raw, null, scaling):
    """TNULL is compared with the numbers in the file, TSCAL and TZERO come after (FITS standard 4.0, 7.3.2)."""
    path = tmp_path_factory.mktemp("fits") / "t.fits"
    unit = fits.BinTableHDU.from_columns([fits.Column("a", "J", array=raw, null=null)])
    unit.header.update({"TSCAL1": scaling[0], "TZERO1": scaling[1]})
    unit.writeto(path)
    found = open_fits(path)["a"]
    gaps = np.zeros(len(raw), bool) if null is None else raw == null
    np.testing.assert_array_equal(found.lacking, gaps)
    expected = raw.astype(np.float64) * scaling[0] + scaling[1]
    np.testing.assert_array_equal(found.numbers(), np.where(gaps, np.nan, expected))
    assert found.values.dtype.kind == ("f" if scaling in ((0.5, 0), (2, 10), (1, 0.5)) else "i")


@pytest.mark.parametrize("kind", ["uint16", "uint32", "uint64"])
def test_unsigned_numbers_are_exact(tmp_path, kind):
    info = np.iinfo(kind)
    values = np.array([info.min, info.max, info.max - 1, 7], kind)
    Table({"a": values}).write(tmp_path / "t.fits")
    assert open_fits(tmp_path / "t.fits")["a"].values.tolist() == values.tolist()


def test_signed_bytes(tmp_path):
    raw = np.array([0, 127, 255], np.uint8)
    unit = fits.BinTableHDU.from_columns([fits.Column("a", "B", array=raw)])
    unit.header["TZERO1"] = -128
    unit.writeto(tmp_path / "t.fits")
    assert open_fits(tmp_path / "t.fits")["a"].values.tolist() == [-128, -1, 127]


def test_text_truth_and_units(tmp_path):
    words = fits.Column("name", "8A", array=["NGC 1", "", "M 31"])
    good = fits.Column("good", "L", array=[True, False, True])
    flux = fits.Column("flux", "E", unit="uJy", array=[1, 2, 3])
    table = write(tmp_path / "t.fits", words, good, flux)
    assert table["name"].values.tolist() == ["NGC 1", "", "M 31"]
    assert table["name"].lacking.tolist() == [False, True, False]
    assert table["good"].values.tolist() == [True, False, True]
    assert table.describe("flux").unit == "uJy"


def test_truth_values_that_are_not_set(tmp_path):
    table = write(tmp_path / "t.fits", fits.Column("good", "L", array=[True, False, True]))
    content = (tmp_path / "t.fits").read_bytes()
    (tmp_path / "t.fits").write_bytes(content.replace(b"TFT", b"TF\0"))
    assert open_fits(tmp_path / "t.fits")["good"].lacking.tolist() == [False, False, True]
    assert table.count == 3


@pytest.mark.parametrize(("form", "kind"), [("PE()", np.float32), ("QK()", np.int64)])
def test_arrays_behind_the_table(tmp_path, form, kind):
    values = np.arange(6).reshape(3, 2).astype(kind)
    table = write(tmp_path / "t.fits", fits.Column("a", form, array=np.array([*values, None], object)[:3]))
    np.testing.assert_array_equal(table["a"].values, values)
    assert table.describe("a").values.shape == (0, 2)
    np.testing.assert_array_equal(table.read(["a"], 1, 2)["a"].values, values[1:2])
    ragged = np.array([np.zeros(2, kind), np.zeros(3, kind)], object)
    table = write(tmp_path / "t.fits", fits.Column("a", form, array=ragged))
    with pytest.raises(InputError, match=r"column 'a' holds arrays of different lengths \(2, 3\)"):
        table["a"]


def test_tables_of_text(tmp_path):
    columns = [
        fits.Column("id", "I20", array=[1237648720693755918, 2], ascii=True),
        fits.Column("z", "D25.17", array=[0.1, -1e-7], ascii=True),
        fits.Column("name", "A8", array=["NGC 1", "x"], ascii=True),
        fits.Column("n", "I5", array=[5, -9], null="-9", ascii=True),
    ]
    fits.TableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    table, expected = open_fits(tmp_path / "t.fits"), fits.getdata(tmp_path / "t.fits")
    assert table["id"].values.tolist() == [1237648720693755918, 2]
    np.testing.assert_array_equal(table["z"].values, expected["z"])
    assert table["name"].values.tolist() == ["NGC 1", "x"]
    np.testing.assert_array_equal(table["n"].numbers(), [5, np.nan])


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_packed(tmp_path, suffix, pack):
    write(tmp_path / "t.fits", fits.Column("a", "K", array=np.arange(1000)))
    (tmp_path / f"t.fits.{suffix}").write_bytes(pack.compress((tmp_path / "t.fits").read_bytes()))
    table = open_fits(tmp_path / f"t.fits.{suffix}")
    assert table.read(["a"], 500, 502)["a"].values.tolist() == [500, 501]
    assert table["a"].values.tolist() == list(range(1000))


def several(path, *tables):
    fits.HDUList([fits.PrimaryHDU(), *(fits.BinTableHDU(Table(each), name=name) for name, each in tables)]).writeto(
        path
    )
    return path


IDS = 2**60 + np.arange(3)


def test_tables_of_the_same_galaxies_stand_side_by_side(tmp_path, capsys):
    path = several(
        tmp_path / "t.fits",
        ("REDSHIFTS", {"TARGETID": IDS, "Z": [0.1, 0.2, 0.3], "FLAG": [1, 2, 3]}),
        ("FIBERMAP", {"TARGETID": IDS, "FLUX": [1.0, 2.0, 3.0], "FLAG": [1, 2, 4]}),
        ("EXP", {"TARGETID": np.repeat(IDS, 2), "NIGHT": np.arange(6)}),
    )
    table = open_fits(path)
    assert (
        "reading the tables REDSHIFTS (3 rows) and FIBERMAP (3 rows) and EXP (6 rows) together"
        in capsys.readouterr().err
    )
    assert table.count == 3
    found = table.read(["TARGETID", "Z", "FLUX", "FIBERMAP/FLAG"])
    assert found["TARGETID"].values.tolist() == IDS.tolist()
    assert found["FLUX"].values.tolist() == [1, 2, 3]
    assert found["FIBERMAP/FLAG"].values.tolist() == [1, 2, 4]
    assert found["FIBERMAP/FLAG"].name == "FIBERMAP/FLAG"
    assert "FLAG" not in table
    assert table.length("NIGHT") == 6
    assert table["EXP/TARGETID"].values.tolist() == np.repeat(IDS, 2).tolist()
    assert open_fits(path, "FIBERMAP").names == open_fits(path, "2").names == ["TARGETID", "FLUX", "FLAG"]
    with pytest.raises(InputError, match=r"has no table 'X'; it has REDSHIFTS \(number 1\), FIBERMAP \(number 2\)"):
        open_fits(path, "X")


def test_tables_of_other_galaxies_are_never_joined(tmp_path):
    path = several(tmp_path / "t.fits", ("A", {"TARGETID": IDS, "Z": IDS}), ("B", {"TARGETID": IDS[::-1], "F": IDS}))
    with pytest.raises(InputError, match=r"the tables A and B have as many rows, .* differ in TARGETID; choose one as"):
        open_fits(path)
    assert open_fits(path, "A")["Z"].values.tolist() == IDS.tolist()


def test_a_file_without_a_table(tmp_path):
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "t.fits")
    with pytest.raises(InputError, match="holds no table, only images"):
        open_fits(tmp_path / "t.fits")


def test_what_holds_no_values(tmp_path):
    table = write(tmp_path / "t.fits", fits.Column("bits", "8X", array=np.ones((2, 8), bool)))
    with pytest.raises(InputError, match="column 'bits' holds bits, which are no values"):
        table["bits"]
    packed = write(tmp_path / "u.fits", fits.Column("a", "K", array=[1]), ZTABLE=True)
    with pytest.raises(InputError, match="holds a table packed by fpack; unpack it"):
        packed["a"]
