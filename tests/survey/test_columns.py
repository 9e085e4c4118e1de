"""The identifiers that come with cutouts."""

import h5py
import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from slipher.errors import InputError
from slipher.formats.arrays import ArrayTable
from slipher.formats.column import Column
from slipher.formats.containers import open_container
from slipher.formats.table import Held
from slipher.survey.columns import identifiers, positions, redshifts, splits
from slipher.survey.split import split_by_id


@pytest.fixture
def taken(tmp_path):
    def take(values, **options):
        np.savez(tmp_path / "cutouts.npz", name=np.asarray(values))
        with open_container(tmp_path / "cutouts.npz") as container:
            return identifiers(ArrayTable(container, len(values)), "name", len(values), **options)

    return take


def test_without_a_name_the_rows_are_numbered(tmp_path):
    np.savez(tmp_path / "cutouts.npz", name=[1, 2])
    with open_container(tmp_path / "cutouts.npz") as container:
        table = ArrayTable(container, 2)
        assert identifiers(table, None, 2).tolist() == [0, 1]
        with pytest.raises(InputError, match=r"'name' has shape \(2,\), but there are 3 cutouts"):
            identifiers(table, "name", 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 2**63 - 1], [3, 2**63 - 1]),
        (np.array([[5], [4]]), [5, 4]),
        (np.array([2**63, 1], np.uint64), [b"9223372036854775808", b"1"]),
        (["10", "9"], [10, 9]),
        (["007", "7"], [b"007", b"7"]),
        (["é ", "e"], ["é".encode(), b"e"]),
        (np.array([b"10000_12_3", b"10000_1_23"]), [b"10000_12_3", b"10000_1_23"]),
    ],
)
def test_exact_numbers_or_text(taken, values, expected):
    assert taken(values).tolist() == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([4, 5, 4, 4], r"1 identifier stands several times \(4 3 times\) in column 'name'; name a column .*--id"),
        (["a", "", "b"], "names no galaxy in 1 of 3 rows, first in row 1"),
        ([1.0, 2.5], "which is no exact whole number"),
        ([True, False], "holds yes or no"),
    ],
)
def test_what_tells_no_galaxies_apart(taken, values, message):
    with pytest.raises(InputError, match=message):
        taken(values)


def test_repeated_ones_are_said_where_they_may_be(taken, capsys):
    assert taken([4, 5, 4], repeated=True).tolist() == [4, 5, 4]
    assert "1 identifier stands several times (4 2 times) in column 'name', and are kept" in capsys.readouterr().err


def test_masked_ones_are_missing(tmp_path):
    columns = {"name": MaskedColumn([2**53 + 1, 7, 9], mask=[False, True, False])}
    Table(columns).write(tmp_path / "cutouts.hdf5", path="data", serialize_meta=True)
    with h5py.File(tmp_path / "cutouts.hdf5") as file:
        assert "name.mask" in file["data"].dtype.names
    with (
        open_container(tmp_path / "cutouts.hdf5") as container,
        pytest.raises(InputError, match="names no galaxy in 1 of 3 rows, first in row 1"),
    ):
        identifiers(ArrayTable(container, 3), "data/name", 3)


def of(tmp_path, **columns):
    """A table."""
    return Held.of(tmp_path / "columns.npz", columns)


def test_redshifts_and_what_stands_for_none(tmp_path, capsys):
    table = of(tmp_path, z=np.array([0.4, -99, np.nan, 0.1], np.float32), flag=np.array([True] * 4))
    np.testing.assert_array_equal(redshifts(table, "z", 4), [0.4, np.nan, np.nan, 0.1])
    assert "1 of 4 values, such as -99, say that there is none" in capsys.readouterr().err
    assert np.isnan(redshifts(table, None, 4)).all()
    with pytest.raises(InputError, match=r"'flag' of .* holds yes or no, not numbers"):
        redshifts(table, "flag", 4)


def test_positions(tmp_path):
    table = of(tmp_path, ra=np.array([-0.1, 10.0]), dec=np.array([5.0, -5.0]))
    sky = positions(table, "ra", "dec", 2)
    np.testing.assert_allclose(sky["ra"], [359.9, 10.0])
    assert positions(table, None, None, 2) == {}
    with pytest.raises(InputError, match="only dec is named; name both or none"):
        positions(table, None, "dec", 2)


@pytest.mark.parametrize(("unit", "worth"), [("hourangle", 15), ("h", 15), ("rad", 180 / np.pi), ("arcsec", 1 / 3600)])
def test_positions_in_other_units(tmp_path, capsys, unit, worth):
    ra, dec = np.array([0.5, 1.0, -99.0]), np.array([0.25, -0.25, -99.0])
    table = Held(tmp_path, [Column("ra", "f", ra, unit=unit), Column("dec", "f", dec, unit="deg")])
    sky = positions(table, "ra", "dec", 3)
    np.testing.assert_allclose(sky["ra"], [0.5 * worth, worth, np.nan])
    np.testing.assert_array_equal(sky["dec"], [0.25, -0.25, np.nan])
    assert f"column 'ra' is in {unit}, and converted to degrees" in capsys.readouterr().err
    with pytest.raises(InputError, match="'ra' is in km, which is no unit of an angle"):
        positions(Held(tmp_path, [Column("ra", "f", ra, unit="km"), Column("dec", "f", dec)]), "ra", "dec", 3)


def test_parts_as_a_column_says_or_by_the_identifier(tmp_path, capsys):
    names, redshift = np.arange(6) + 40, np.array([0.1, 0.2, 0.3, 0.4, 0.5, np.nan])
    table = Held(tmp_path, [Column("part", "f", np.array([*"abcdef"]))])
    assert splits(table, None, names, redshift).tolist() == split_by_id(names).tolist()
    with pytest.raises(InputError, match="names no part of a split in row 0, which is 'a'"):
        splits(table, "part", names, redshift)
    words = np.array(["train", "Val", "TEST", "2", "0", ""])
    for missing in (None, np.array([False] * 5 + [True])):
        table = Held(tmp_path, [Column("part", "f", words, missing)])
        assert splits(table, "part", names, redshift).tolist() == [0, 1, 2, 2, 0, 0]
        assert "1 galaxies have neither a redshift nor a part, and are put with" in capsys.readouterr().err
        with pytest.raises(InputError, match="in row 5, which is empty"):
            splits(table, "part", names, np.full(6, 0.1))
