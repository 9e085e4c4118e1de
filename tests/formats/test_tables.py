import bz2
import gzip
import lzma
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn
from astropy.table import Table as Catalogue

from slipher.errors import InputError
from slipher.formats.identifiers import identifiers
from slipher.formats.tables import Held, column, file_of, listed, numbers, open_table, read_table, write_table

COLUMNS = {
    "id": np.array([1237648720693755918, 2, 3]),
    "z_mean": np.array([0.1, 1 / 3, np.nan]),
    "name": np.array(["NGC 1", "M 31", "Ö"]),
}


def plain(columns):
    return {name: values for name, values in columns.items() if name != "name"}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "fits"])
def test_round_trip(tmp_path, suffix):
    columns = {**plain(COLUMNS), "name": np.array(["NGC 1", "M 31", "x"])}
    write_table(tmp_path / f"t.{suffix}", columns)
    back = read_table(tmp_path / f"t.{suffix}")
    assert list(back) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(back[name].values, values)
        assert back[name].values.dtype.isnative
    assert [each.name for each in tmp_path.iterdir()] == [f"t.{suffix}"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_any_text(tmp_path, suffix):
    write_table(tmp_path / f"t.{suffix}", COLUMNS)
    assert read_table(tmp_path / f"t.{suffix}")["name"].values.tolist() == ["NGC 1", "M 31", "Ö"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "fits"])
def test_same_columns_give_the_same_bytes(tmp_path, suffix):
    for name in ("a", "b"):
        write_table(tmp_path / f"{name}.{suffix}", plain(COLUMNS))
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_npz(tmp_path):
    np.savez(tmp_path / "t.npz", **plain(COLUMNS), cube=np.zeros((3, 4)), scalar=1.0)
    table = open_table(tmp_path / "t.npz")
    assert list(table) == ["id", "z_mean", "cube"]
    assert list(read_table(tmp_path / "t.npz")) == ["id", "z_mean"]
    np.testing.assert_array_equal(table["z_mean"].values, COLUMNS["z_mean"])
    with pytest.raises(InputError, match=r"shape \(3, 4\)"):
        column(table, "cube")


def test_pickled_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "t.npz", z=np.array([{}, None], dtype=object))
    with pytest.raises(InputError, match="holds Python objects, which are never loaded"):
        column(tmp_path / "t.npz", "z")


def test_hdf5(tmp_path):
    with h5py.File(tmp_path / "t.hdf5", "w") as file:
        file["z"] = COLUMNS["z_mean"]
        file["photometry/name"] = ["a", "b", "Ö"]
        file["images"] = np.zeros((3, 2))
        file["table"] = np.array([(1, 0.5), (2, 0.6), (3, 0.7)], dtype=[("id", "i8"), ("r", "f4")])
    table = open_table(tmp_path / "t.hdf5")
    assert sorted(table) == ["images", "photometry/name", "table/id", "table/r", "z"]
    assert column(table, "photometry/name").values.tolist() == ["a", "b", "Ö"]
    assert numbers(table, "table/r").tolist() == [0.5, 0.6, 0.7]


def test_fits_of_every_byte_order_and_shape(tmp_path):
    columns = [
        fits.Column("z", "D", array=np.array([0.1, 0.2])),
        fits.Column("maggies", "8E", array=np.zeros((2, 8))),
        fits.Column("name", "3A", array=["a", "b"]),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    assert list(read_table(tmp_path / "t.fits")) == ["z", "name"]
    assert numbers(tmp_path / "t.fits", "z").tolist() == [0.1, 0.2]


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
@pytest.mark.parametrize("suffix", ["vot", "votable", "xml"])
def test_votable(tmp_path, form, suffix):
    source = Catalogue({**plain(COLUMNS), "name": ["NGC 1", "M 31", "Ö"], "extinction": np.ones((3, 5), np.float32)})
    source["r"] = MaskedColumn([17.0, 18.0, 19.0], mask=[False, False, True])
    source.write(tmp_path / "t", format="votable", tabledata_format=form)
    (tmp_path / "t").rename(tmp_path / f"t.{suffix}")
    table = open_table(tmp_path / f"t.{suffix}")
    assert list(table) == ["id", "z_mean", "name", "extinction", "r"]
    assert column(table, "id").values.tolist() == COLUMNS["id"].tolist()
    assert column(table, "name").values.tolist() == ["NGC 1", "M 31", "Ö"]
    assert table["extinction"].values.shape == (3, 5)
    np.testing.assert_array_equal(numbers(table, "r"), [17, 18, np.nan])
    np.testing.assert_array_equal(numbers(table, "z_mean"), COLUMNS["z_mean"])


def test_votable_that_is_cut_off(tmp_path):
    Catalogue(plain(COLUMNS)).write(tmp_path / "t.vot", format="votable")
    whole = (tmp_path / "t.vot").read_bytes()
    (tmp_path / "t.vot").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged or not vot"):
        read_table(tmp_path / "t.vot")


def test_parquet_with_gaps_and_categories(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {
            "z": arrow.array([0.1, None]),
            "n": arrow.array([1, None]),
            "kind": arrow.array(["a", "b"]).dictionary_encode(),
            "text": arrow.array(["a", None]),
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet")
    np.testing.assert_array_equal(back["z"].numbers(), [0.1, np.nan])
    np.testing.assert_array_equal(back["n"].numbers(), [1, np.nan])
    assert back["kind"].values.tolist() == ["a", "b"]
    assert back["text"].values[0] == "a"
    assert back["text"].lacking.tolist() == [False, True]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2"], np.int64, [1, -2]),
        (["18446744073709551615", "1"], np.uint64, [2**64 - 1, 1]),
        (["1e-3", " 2 "], np.float64, [1e-3, 2]),
        (["0.5", ""], np.float64, [0.5, np.nan]),
        (["nan", "inf"], np.float64, [np.nan, np.inf]),
    ],
)
def test_csv_types(tmp_path, cells, kind, values):
    (tmp_path / "t.csv").write_text("\ufeffid,x\n" + "".join(f"{k},{cell}\n" for k, cell in enumerate(cells)))
    found = column(tmp_path / "t.csv", "x").values
    assert found.dtype == kind
    np.testing.assert_array_equal(found, values)


def test_csv_without_rows(tmp_path):
    (tmp_path / "t.csv").write_text("id,x\n")
    assert {name: len(values) for name, values in read_table(tmp_path / "t.csv").items()} == {"id": 0, "x": 0}


def test_float32_keeps_its_decimals():
    values = numbers(Held.of(Path("t"), {"z": np.array([0.4, 0.1, np.nan], dtype=np.float32)}), "z")
    np.testing.assert_array_equal(values, [0.4, 0.1, np.nan])
    assert values.dtype == np.float64


def test_missing_column_lists_those_there_are(tmp_path):
    write_table(tmp_path / "t.csv", plain(COLUMNS))
    with pytest.raises(InputError, match=r"t.csv has no column 'zz'; it has id, z_mean\."):
        column(tmp_path / "t.csv", "zz")
    with pytest.raises(InputError, match="t has no column 'zz'; it has none"):
        column(Held.of(Path("t"), {}), "zz")
    with pytest.raises(InputError, match="has no column 'zz'"):
        open_table(tmp_path / "t.csv")["zz"]
    assert listed(str(k) for k in range(50)).endswith("39 and 10 more")


def test_text_is_no_number(tmp_path):
    write_table(tmp_path / "t.csv", COLUMNS)
    with pytest.raises(InputError, match="not numbers"):
        numbers(tmp_path / "t.csv", "name")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xls", b"z\n1\n", "allowed are .csv, .tsv"),
        ("t.csv", b"", "it is empty"),
        ("t.csv", b"a,b\n1\n", "line 2 has 1 values for 2 columns"),
        ("t.csv", b"a,a\n1,2\n", "same name"),
        ("t.csv", b"a\n\xff\xfe\x00", "line 2 is no UTF-8"),
        ("t.fits", b"SIMPLE nonsense", "damaged or not fits"),
        ("t.vot", b"<html><body>Not found</body></html>", "is a web page by its content, not votable"),
        ("t.xml", b"", "damaged or not xml"),
        ("t.npz", b"PK\x03\x04 no", "is damaged or truncated"),
        ("t.npz", b"", "damaged or not npz"),
        ("t.parquet", b"PAR1", "damaged or not parquet"),
        ("t.hdf5", b"\x89HDF", "damaged or not hdf5"),
    ],
)
def test_bad_files(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / name)


@pytest.mark.parametrize("suffix", ["parquet", "fits", "npz", "hdf5"])
def test_truncated_files(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    z = np.random.default_rng(0).random(3000)
    if suffix == "npz":
        np.savez(path, z=z)
    elif suffix == "hdf5":
        with h5py.File(path, "w") as file:
            file["z"] = z
    else:
        write_table(path, {"z": z})
    path.write_bytes(path.read_bytes()[:15_000])
    with pytest.raises(InputError, match="is damaged or"):
        read_table(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        open_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        open_table(tmp_path / "folder.csv")


def test_fits_without_a_table(tmp_path):
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "t.fits")
    with pytest.raises(InputError, match="no table, only images"):
        open_table(tmp_path / "t.fits")


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"allowed suffixes are \.parquet, \.fits, \.csv"):
        write_table(tmp_path / "t.xyz", COLUMNS)
    with pytest.raises(InputError, match="different lengths"):
        write_table(tmp_path / "t.csv", {"a": np.zeros(2), "b": np.zeros(3)})
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        write_table(tmp_path / "file" / "t.csv", plain(COLUMNS))
    with pytest.raises(InputError, match="no text but ASCII"):
        write_table(tmp_path / "t.fits", COLUMNS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_columns_are_described_where_the_format_can(tmp_path):
    columns = {"id": np.arange(3), "flags": np.array([1, 2, 3])}
    words = "sum of 1 beyond, 2 edge, 4 bad_pixels, 8 wide, 16 peaks, 32 missing_band, 64 far"
    for suffix in ("parquet", "fits", "csv"):
        path = tmp_path / f"a.{suffix}"
        write_table(path, columns, {"flags": words})
        assert read_table(path)["flags"].values.tolist() == [1, 2, 3]
    schema = pyarrow.parquet.read_schema(tmp_path / "a.parquet")
    assert schema.field("flags").metadata == {b"description": words.encode()}
    assert schema.field("id").metadata is None
    header = fits.getheader(tmp_path / "a.fits", 1)
    assert header["TCOMM2"] == words
    assert "TCOMM1" not in header


@pytest.mark.parametrize(
    ("suffix", "made_as", "said"),
    [
        (".csv", ".parquet", "is a file of parquet by its content, not text as its suffix says"),
        (".parquet", ".csv", "damaged or not parquet"),
        (".fits", ".parquet", "is a file of parquet by its content, not fits"),
        (".h5", ".fits", "is a file of fits by its content, not hdf5"),
        (".txt", ".fits", "is a file of fits by its content, not text"),
        (".npz", ".csv", "is damaged or"),
        (".vot", ".csv", "damaged or not vot"),
    ],
)
def test_a_suffix_that_does_not_fit_the_content_is_told(tmp_path, suffix, made_as, said):
    write_table(tmp_path / f"t{made_as}", plain(COLUMNS))
    (tmp_path / f"t{made_as}").rename(tmp_path / f"u{suffix}")
    with pytest.raises(InputError, match=said) as caught:
        open_table(tmp_path / f"u{suffix}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".csv", ".fits", ".tsv", ".dat"])
@pytest.mark.parametrize(("packed", "pack"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
def test_packed_files(tmp_path, suffix, packed, pack):
    columns = {"id": COLUMNS["id"], "z": np.arange(3.0)}
    path = tmp_path / f"t{suffix}{packed}"
    if suffix == ".fits":
        write_table(tmp_path / "t.fits", columns)
        content = (tmp_path / "t.fits").read_bytes()
    else:
        mark = {".csv": ",", ".tsv": "\t", ".dat": "  "}[suffix]
        rows = [columns, *zip(columns["id"].tolist(), columns["z"].tolist(), strict=True)]
        content = "".join(mark.join(map(str, row)) + "\n" for row in rows).encode()
    path.write_bytes(pack.compress(content))
    assert column(path, "id").values.tolist() == COLUMNS["id"].tolist()


def test_one_table_of_a_file_is_one_of_fits_alone(tmp_path):
    write_table(tmp_path / "t.csv", plain(COLUMNS))
    with pytest.raises(InputError, match=r"t.csv\[2\] names a table of a FITS file, but t.csv is none"):
        open_table(tmp_path / "t.csv[2]")
    (tmp_path / "t[2].csv").write_text("id\n1\n")
    assert open_table(tmp_path / "t[2].csv").count == 1
    (tmp_path / "t.fits[2]").mkdir()
    assert file_of(tmp_path / "t.fits[2]") == tmp_path / "t.fits[2]"
    assert file_of("a/t.fits[GALAXIES]") == Path("a/t.fits")


NAMES = [2**60 + 1, 2**60 + 2, 5]


def written(path, name, values, missing):
    """A table by somebody else's program, the missing value hidden behind another."""
    if path.suffix in (".csv", ".txt"):
        cells = ["null" if gap else str(value) for value, gap in zip(values, missing, strict=True)]
        path.write_text(
            f"{name} n\n".replace(" ", "," if path.suffix == ".csv" else " ")
            + "".join(f"{cell}{',' if path.suffix == '.csv' else ' '}1\n" for cell in cells)
        )
    elif path.suffix == ".parquet":
        Catalogue({name: MaskedColumn(values, mask=missing)}).to_pandas().to_parquet(path)
    else:
        options = {".hdf5": {"path": "t", "serialize_meta": True}, ".vot": {"format": "votable"}}.get(path.suffix, {})
        Catalogue({name: MaskedColumn(values, mask=missing), "n": np.ones(len(values))}).write(path, **options)


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".ecsv", ".fits", ".vot", ".parquet", ".hdf5"])
@pytest.mark.parametrize("values", [NAMES, ["007", "7", "a_1"], ["10000_12_3", "10000_1_23", "5e3"]])
def test_identifiers_are_exact_in_every_format(tmp_path, suffix, values):
    """Also beside one that is missing: what stands in its place is nobody's name."""
    missing = [False, False, False, True]
    path = tmp_path / f"t{suffix}"
    written(path, "id", [*values, values[0]], missing)
    found = identifiers(open_table(path)["id"])
    assert found.values[:3].tolist() == values
    assert found.lacking.tolist() == missing
    assert found.values.dtype.kind == ("i" if values is NAMES else "U")


@pytest.mark.parametrize("room", [0, 100, 5000])
@pytest.mark.parametrize("suffix", ["csv", "fits", "parquet"])
def test_a_full_disk_is_said_in_one_sentence(tmp_path, files_of_at_most, suffix, room):
    columns = {"a": np.random.default_rng(0).normal(size=4000)}
    path = tmp_path / f"t.{suffix}"
    with (
        files_of_at_most(room),
        pytest.raises(InputError, match=rf"t.{suffix} cannot be written: File too large; make"),
    ):
        write_table(path, columns)
    assert not list(tmp_path.iterdir())
