"""Binary tables are read as astropy reads them, and nothing but a sentence comes of damage."""

import bz2
import gzip

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.spectra.bintable import MOST_BLOCKS, read_tables

NAMES = ("a", "text", "many", "short", "unsigned", "scaled", "flag")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A file with columns of all kinds in two extensions, behind an image."""
    rng = np.random.default_rng(0)
    variable = np.empty(5, object)
    variable[:] = [np.arange(n, dtype=np.int32) for n in (1, 2, 3, 4, 5)]
    columns = [
        fits.Column("A", "E", array=rng.normal(size=5)),
        fits.Column("text", "8A", array=["it's", "GALAXY", "", " x", "12345678"]),
        fits.Column("bits", "11X", array=rng.integers(0, 2, (5, 11)).astype(bool)),
        fits.Column("many", "3D", array=rng.normal(size=(5, 3))),
        fits.Column("short", "I", array=np.arange(5) - 2),
        fits.Column("unsigned", "J", bzero=2**31, array=np.arange(5, dtype=np.uint32) + 2**31),
        fits.Column("variable", "PJ()", array=variable),
        fits.Column("scaled", "E", bscale=0.5, bzero=3, array=np.arange(5) / 2),
        fits.Column("flag", "L", array=[True, False, True, True, False]),
    ]
    primary = fits.PrimaryHDU(
        np.ones((30, 40), np.int16), fits.Header([("OBSERVER", "O'Hara"), ("MJD", 51602, "days")])
    )
    hdus = [primary, fits.BinTableHDU.from_columns(columns), fits.BinTableHDU.from_columns(columns[:2])]
    path = tmp_path_factory.mktemp("tables") / "tables.fits"
    fits.HDUList(hdus).writeto(path)
    return path


def test_columns_are_astropys(tables):
    primary, (first, second) = read_tables(
        tables, (("A", "Text", "MANY", "short", "unsigned", "scaled", "none"), ["a"])
    )
    assert (primary["OBSERVER"], primary["MJD"]) == ("O'Hara", "51602")
    assert sorted(first.columns) == ["a", "many", "scaled", "short", "text", "unsigned"]
    with fits.open(tables) as file:
        expected = file[1].data
        for name, values in first.columns.items():
            wanted = np.char.encode(np.array(expected[name])) if name == "text" else np.array(expected[name])
            assert np.array_equal(values, wanted), name
        assert np.array_equal(second.columns["a"], np.array(file[2].data["A"]))
    assert all(values.flags.owndata and values.dtype.isnative for values in first.columns.values())


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_a_packed_file_is_the_same(tables, tmp_path, suffix, pack):
    packed = tmp_path / f"tables.fits.{suffix}"
    packed.write_bytes(pack(tables.read_bytes()))
    plain, same = (read_tables(path, (NAMES,))[1][0] for path in (tables, packed))
    assert plain.header == same.header
    assert all(np.array_equal(plain.columns[name], same.columns[name]) for name in plain.columns)
    packed.write_bytes(packed.read_bytes()[:200])
    with pytest.raises(InputError, match="damaged"):
        read_tables(packed, (NAMES,))


def test_what_comes_behind_is_not_read(tables, tmp_path):
    cut = tmp_path / "cut.fits"
    cut.write_bytes(tables.read_bytes()[:-2880])
    assert len(read_tables(cut, (NAMES,))[1]) == 1
    with pytest.raises(InputError, match=r"cut\.fits is truncated in extension 2"):
        read_tables(cut, (NAMES, NAMES))


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_one_sentence(tables, tmp_path, data):
    content = bytearray(tables.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b"\0 19'=-/AEPX\xff"))
    damaged = tmp_path / "damaged.fits"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert complaint(damaged).startswith(str(damaged))


def complaint(path):
    """What reading says of a file; its name if it finds nothing wrong."""
    try:
        read_tables(path, (NAMES, NAMES))
    except InputError as error:
        return str(error)
    return str(path)


def test_an_extension_that_is_no_table_is_named(tmp_path):
    path = tmp_path / "image.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((3, 3)))]).writeto(path)
    with pytest.raises(InputError, match="no table in extension 1"):
        read_tables(path, (NAMES,))


@pytest.mark.parametrize(
    ("there", "instead", "message"),
    [
        (b"TFORM1  = 'E ", b"TFORM1  = 'S ", "column 1 has format S"),
        (b"TFORM2  = '8A", b"TFORM2  = '9A", "bytes a row"),
        (b"NAXIS2  =                    5", b"NAXIS2  =                   -5", "its axes are"),
        (b"NAXIS2  =                    5", b"NAXIS2  =  9999999999999999999", "its axes are"),
        (b"END      ", b"ENDE     ", "is damaged"),
        (b"XTENSION= 'BINTABLE'", b"XTENSION= 'TABLE   '", "no table in extension 1"),
    ],
)
def test_a_header_that_contradicts_itself_is_named(tables, tmp_path, there, instead, message):
    path = tmp_path / "odd.fits"
    content = tables.read_bytes()
    assert there in content
    path.write_bytes(content.replace(there, instead))
    with pytest.raises(InputError, match=rf"odd\.fits .*({message})"):
        read_tables(path, (NAMES,))


def test_a_header_goes_on_for_so_long_only(tmp_path):
    path = tmp_path / "endless.fits"
    path.write_bytes(b"SIMPLE  =                    T".ljust(2880) + b" " * 2880 * MOST_BLOCKS)
    with pytest.raises(InputError, match="header without end"):
        read_tables(path, (NAMES,))
