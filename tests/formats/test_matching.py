"""Rows are matched by exact identifiers, and it is always said how."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.cells import MISSING
from slipher.formats.column import Column
from slipher.formats.matching import match_columns, match_tables
from slipher.formats.tables import open_table, write_table

NEAR = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 1237648720693755918, 1237648720693755919]
"""In float64 neighbours of these are one number."""
TEXT = [
    "007",
    "7 a",
    "1_0",
    "0x10",
    "1e5",
    "1e6",
    "é",
    "NGC 4",
    "n",
    "10000_12_3",
    "10000_1_23",
    str(2**63),
    "+7",
    "-0",
]
words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
names = st.lists(
    st.one_of(st.sampled_from([*map(str, NEAR), *TEXT]), st.integers(-9, 9).map(str), words).filter(
        lambda name: name not in MISSING
    ),
    min_size=1,
)


def ids(values, name="id", where="a.csv", missing=None):
    return Column(name, where, np.asarray(values), missing)


def tables(tmp_path, own, other):
    for file, columns in (("own.parquet", own), ("other.parquet", other)):
        write_table(tmp_path / file, {name: np.asarray(values) for name, values in columns.items()})
    return open_table(tmp_path / "own.parquet"), open_table(tmp_path / "other.parquet")


def match(own, other):
    """The values of rows numbered from 0."""
    return match_columns(own, other, np.arange(len(other), dtype=np.float64)).rows.tolist()


@settings(max_examples=200, deadline=None)
@given(names, names)
def test_as_pandas_merges_text(own, other):
    other = list(dict.fromkeys(other))
    expected = pd.Series(range(len(other)), other).reindex(own).fillna(-1).astype(int).tolist()
    if any(row >= 0 for row in expected):
        assert match(ids(own), ids(other)) == expected
    else:
        with pytest.raises(InputError, match=r"no id of a\.csv stands in id of a\.csv"):
            match(ids(own), ids(other))


@pytest.mark.parametrize("kinds", [(np.int64, np.int64), (np.int64, str), (str, np.int64), (np.uint64, str)])
def test_long_numbers_as_numbers_and_as_text(kinds):
    long = [number for number in NEAR if number > 0]
    own, other = np.array(long, kinds[0]), np.array(long[::-1], kinds[1])
    assert match(ids(own), ids(other)) == [4, 3, 2, 1, 0]


def test_unsigned_beyond_int64():
    own = np.array([2**63, 2**63 + 1, 2**64 - 1], np.uint64)
    assert match(ids(own), ids(["9223372036854775809", "9223372036854775808"])) == [1, 0, -1]
    assert match(ids(own), ids(own[::-1])) == [2, 1, 0]


def test_whole_floats_are_numbers_only_while_they_are_exact():
    assert match(ids([7.0, np.nan, 9.0]), ids(["9", "7"])) == [1, -1, 0]
    for bad in (np.array([7.0, 2.0**53]), np.array([1.5]), np.array([2.0**24], np.float32), np.array([np.inf])):
        with pytest.raises(InputError, match="is no exact whole number; identifiers are whole numbers or text"):
            match(ids(bad), ids([7]))


def test_missing_names_match_nothing_and_leave_the_others_exact(capsys):
    gap = np.array([False, True, False])
    own = ids([NEAR[-2], 0, NEAR[-1]], missing=gap)
    other = ids([NEAR[-1], 0, 5], where="b.csv", missing=gap)
    assert match(own, other) == [-1, -1, 0]
    said = capsys.readouterr().err
    assert "1 of 3 galaxies of a.csv are matched with b.csv by id; 1 rows of a.csv have no id; 1 rows of b.csv" in said
    assert match(ids(["a", "", " "]), ids(["", "a"])) == [1, -1, -1]


@pytest.mark.parametrize(
    ("one", "two", "by"),
    [
        ("id", "id", "id"),
        ("id", "ID", "id = ID"),
        ("ObjID", "OBJID", "ObjID = OBJID"),
        ("object_id", "objectId", "object_id = objectId"),
        ("id", "object_id", "id = object_id"),
        ("specObjID", "targetid", "specObjID = targetid"),
        ("SOURCE_ID", "galaxy_id", "SOURCE_ID = galaxy_id"),
        ("photometry/id", "ID", "photometry/id = ID"),
        ("name", "NAME", "name = NAME"),
    ],
)
def test_names_of_columns(tmp_path, capsys, one, two, by):
    own, other = tables(tmp_path, {one: [3, 1, 2]}, {two: [1, 2, 3]})
    found = match_tables(own, 3, other, np.arange(3.0))
    assert found.rows.tolist() == [2, 0, 1]
    assert found.document() == {"by": by, "of": 3, "n": 3}
    assert f"3 of 3 galaxies of {own.path} are matched with {other.path} by {by}." in capsys.readouterr().err


def test_the_same_name_goes_before_another_and_then_the_one_that_matches_most(tmp_path):
    own, other = tables(tmp_path, {"id": [1, 2], "objid": [8, 9]}, {"targetid": [2, 1], "OBJID": [9, 8]})
    assert match_tables(own, 2, other, np.zeros(2)).by == "objid = OBJID"
    own, other = tables(tmp_path, {"id": [0, 1, 2], "objid": [7, 8, 9]}, {"id": [2, 3, 4], "objid": [9, 8, 7]})
    found = match_tables(own, 3, other, np.zeros(3))
    assert (found.by, found.rows.tolist()) == ("objid", [2, 1, 0])


def test_row_by_row_only_without_names_and_said(tmp_path, capsys):
    own, other = tables(tmp_path, {"id": [5, 6]}, {"name": [7, 8], "z": [0.1, 0.2]})
    found = match_tables(own, 2, other, np.zeros(2))
    assert (found.rows.tolist(), found.document()) == ([0, 1], {"by": "row", "of": 2, "n": 2})
    assert "row by row, since no column of ids is in both" in capsys.readouterr().err
    with pytest.raises(InputError, match="2 rows, but there are 3 galaxies"):
        match_tables(own, 3, other, np.zeros(2))
    own, other = tables(tmp_path, {"id": [5, 6]}, {"objid": [7, 8]})
    with pytest.raises(InputError, match=r"no id of .* stands in objid of .*; give the catalogue of these galaxies"):
        match_tables(own, 2, other, np.zeros(2))


@pytest.mark.parametrize(
    "name", ["CATAID", "uid", "IAUNAME", "diaObjectId", "recno", "galaxy", "ID_IN", "désigné", "#"]
)
@pytest.mark.parametrize("kind", [np.int64, str])
def test_any_column_of_both_that_tells_rows_apart(tmp_path, name, kind):
    values, order = (np.arange(20) + 1237648720142401611).astype(kind), np.random.default_rng(0).permutation(20)
    own, other = tables(tmp_path, {name: values, "plate": [5] * 20}, {name: values[order], "plate": [5] * 20})
    found = match_tables(own, 20, other, np.zeros(20))
    assert (found.by, found.rows.tolist()) == (name, np.argsort(order).tolist())


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (["E", "S", "E", "S"], ["S", "S", "E", "E"]),
        ([1, 2, 3, 3], [3, 2, 1, 3]),
        ([0.5, 0.6, 0.7, 0.8], [0.8, 0.7, 0.6, 0.5]),
        ([10, 20, 30, 40], [41, 31, 20, 11]),
    ],
    ids=["a class", "repeated", "numbers with a fraction", "alike by chance"],
)
def test_other_columns_of_both_are_no_identifiers(tmp_path, own, other):
    assert match_tables(*_sized(*tables(tmp_path, {"what": own}, {"what": other}))).by == "row"


def _sized(own, other):
    return own, own.count, other, np.zeros(other.count)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(("named", "there"), [("objid", "objid"), ("survey", "survey"), ("objid", "targetid")])
def test_row_numbers_give_way_to_names_that_contradict_them(tmp_path, first, named, there):
    numbers, values = np.arange(12) + first, np.arange(12) + 1237648720142401611
    order = np.random.default_rng(0).permutation(12)
    for kept in (np.arange(12), np.arange(3, 11)):
        found = match_tables(
            *_sized(
                *tables(
                    tmp_path,
                    {"id": numbers[kept], named: values[kept]},
                    {"id": numbers, there: values[order]},
                )
            )
        )
        assert found.rows.tolist() == np.argsort(order)[kept].tolist()
        assert found.by == (named if named == there else f"{named} = {there}")


def test_names_that_contradict_each_other_are_refused(tmp_path):
    own, other = {"id": [51, 52, 53], "objid": [71, 72, 73]}, {"id": [52, 53, 51], "objid": [71, 72, 73]}
    with pytest.raises(InputError, match=r"are matched by id and, otherwise, by objid; rename or drop the column"):
        match_tables(*_sized(*tables(tmp_path, own, other)))
    numbered = {"id": [0, 1, 2], "galid": [3, 1, 2]}, {"id": [0, 1, 2], "galid": [1, 2, 3]}
    with pytest.raises(InputError, match=r"by id and, otherwise, by galid"):
        match_tables(*_sized(*tables(tmp_path, *numbered)))


def test_repeated_names_of_one_galaxy_contradict_nothing(tmp_path):
    own = {"id": [51, 52], "objid": [71, 72]}
    other = {"id": [52, 51, 52], "objid": [72, 71, 72]}
    assert match_tables(*_sized(*tables(tmp_path, own, other))).rows.tolist() == [1, 0]


def test_mere_row_numbers_are_said(tmp_path, capsys):
    for numbers in ([0, 1, 2], [1, 2, 3]):
        assert match_tables(*_sized(*tables(tmp_path, {"NUMBER": numbers}, {"NUMBER": numbers}))).by == "NUMBER"
        assert "these are mere row numbers in both" in capsys.readouterr().err
    match_tables(*_sized(*tables(tmp_path, {"NUMBER": [1, 2, 3]}, {"NUMBER": [3, 1, 2]})))
    assert "row numbers" not in capsys.readouterr().err


def test_a_column_that_holds_no_identifiers_is_passed_over_where_another_does(tmp_path):
    own = {"id": [0.5, 1.5], "objid": [71, 72]}
    assert match_tables(*_sized(*tables(tmp_path, own, {"id": [1, 2], "objid": [72, 71]}))).by == "objid"
    with pytest.raises(InputError, match="is no exact whole number"):
        match_tables(*_sized(*tables(tmp_path, {"id": [0.5, 1.5]}, {"id": [1, 2]})))


def test_repeats(capsys):
    own = ids(["b", "a", "b"])
    other = ids(["a", "b", "c", "b", "c"], where="b.csv")
    assert match_columns(own, other, np.array([1, 2, 3, 2, 4.0])).rows.tolist() == [1, 0, 1]
    said = capsys.readouterr().err
    assert "in a.csv 1 identifier stands several times (b 2 times)" in said
    assert "in b.csv 1 identifier stands several times (b 2 times), all as long as the longest, 1" in said
    assert match_columns(own, other, np.array([1, np.nan, 3, np.nan, 4])).rows.tolist() == [1, 0, 1]
    for different in (2.5, np.nan):
        with pytest.raises(InputError, match=r"b\.csv: 1 identifier stands several times \(b 2 times\).*different"):
            match_columns(own, other, np.array([1, 2, 3, different, 4]))


def test_row_numbers_that_only_half_match_are_doubted(capsys):
    match(ids([0, 1, 2]), ids([1, 2, 3], where="b.csv"))
    assert "the identifiers of a.csv are row numbers, which may be no id" in capsys.readouterr().err
