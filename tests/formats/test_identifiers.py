"""Identifiers of a catalogue are numbers where they can be, however they are written, and never floats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.cells import MISSING
from slipher.formats.column import Column
from slipher.formats.identifiers import as_stored, identifiers, repeats, table_identifiers, unique_identifiers
from slipher.formats.tables import open_table


def ids(values, missing=None):
    return Column("name", "a.npz", np.asarray(values), missing)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([3, 299489676975171584]), np.array([3, 299489676975171584])),
        (np.array([" 299489676975171584", "12 "]), np.array([299489676975171584, 12])),
        (np.array(["007", "12"]), np.array([b"007", b"12"])),
        (np.array(["10000_12_3", "10000_1_23"]), np.array([b"10000_12_3", b"10000_1_23"])),
        (np.array(["1e5", "100000"]), np.array([b"1e5", b"100000"])),
        (np.array(["SDSS J1", "é"]), np.array([b"SDSS J1", "é".encode()])),
        (np.array(["é".encode(), b"e"]), np.array(["é".encode(), b"e"])),
        (np.array([2**63 + 5, 1], np.uint64), np.array([b"9223372036854775813", b"1"])),
        (np.array([2**63 - 1, 1], np.uint64), np.array([2**63 - 1, 1])),
    ],
)
def test_numbers_text_and_numbers_as_text(tmp_path, values, expected):
    np.savez(tmp_path / "a.npz", name=values)
    found = table_identifiers(open_table(tmp_path / "a.npz"), "name", 2)
    assert found.dtype.kind == expected.dtype.kind
    assert found.tolist() == expected.tolist()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(-(2**63), 2**64 - 1).map(str),
            st.text("0123456789_+-xeE. ", min_size=1).map(str.strip),
            st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=6),
        ).filter(lambda name: name not in MISSING),
        min_size=1,
    )
)
def test_nothing_is_lost_or_confused(written):
    found = identifiers(ids(written))
    assert found.values.astype(np.str_).tolist() == written
    assert (found.values.dtype.kind == "i") == all(_reads_back(name) for name in written)
    stored = as_stored(found)
    back = np.char.decode(stored, "utf-8") if stored.dtype.kind == "S" else stored.astype(np.str_)
    assert back.tolist() == written


def _reads_back(name):
    try:
        return str(int(name)) == name and -(2**63) <= int(name) < 2**63
    except ValueError:
        return False


def test_rows_are_numbered_without_a_column_and_fractions_refused(tmp_path):
    np.savez(tmp_path / "a.npz", name=np.array([1.5, 2.0]), flag=np.array([True, False]))
    table = open_table(tmp_path / "a.npz")
    assert table_identifiers(table, None, 2).tolist() == [0, 1]
    with pytest.raises(InputError, match=r"'name' holds float64, in row 0 1\.5, which is no exact whole number"):
        table_identifiers(table, "name", 2)
    with pytest.raises(InputError, match="holds yes or no; identifiers are whole numbers or text"):
        table_identifiers(table, "flag", 2)


def test_a_gap_leaves_the_others_exact():
    found = identifiers(ids([2**53 + 1, 0], np.array([False, True])))
    assert found.values[0] == 2**53 + 1
    assert found.lacking.tolist() == [False, True]
    assert identifiers(ids(["9007199254740993", " "])).values[0] == 2**53 + 1


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (ids(["a", "", "b", "nan"]), "names no galaxy in 2 of 4 rows, first in row 1; fill them, or .*--id"),
        (ids([1, 2], np.array([False, True])), "names no galaxy in 1 of 2 rows, first in row 1"),
        (ids([4, 3, 3, 4, 3, 9]), r"2 identifiers stand several times \(4 2 times, 3 3 times\) in column 'name'"),
        (
            ids(["o"] * 60),
            r"1 identifier stands several times \(o 60 times\), all as long as the longest, 1, so perhaps",
        ),
        (ids(np.array([b"\xe9", b"a"])), "which is no UTF-8"),
    ],
)
def test_what_names_no_galaxies(names, message):
    with pytest.raises(InputError, match=message):
        unique_identifiers(names)


def test_no_doubt_where_longer_names_are_there():
    assert repeats(ids(["a", "a", "bb"])) == "1 identifier stands several times (a 2 times)"
    assert repeats(ids(["a", "b"])) == ""
