"""Files of the same columns, one behind the other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.identifiers import identifiers
from slipher.formats.stacked import Stacked
from slipher.formats.table import Held
from slipher.formats.tables import open_table


def held(tmp_path, name, **columns):
    return Held(tmp_path / name, [Column(key, name, np.asarray(each)) for key, each in columns.items()])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 12), st.integers(0, 12))
def test_any_rows_are_those_of_pandas(tmp_path_factory, first, second, start, stop):
    folder = tmp_path_factory.mktemp("stacked")
    frames = [
        pd.DataFrame({"a": np.arange(n) + 10 * at, "b": np.arange(n) / 4}) for at, n in enumerate((first, second))
    ]
    for at, frame in enumerate(frames):
        frame.to_csv(folder / f"{at}.csv", index=False)
    table = Stacked([open_table(folder / f"{at}.csv") for at in (0, 1)])
    assert table.count == first + second
    expected = pd.concat(frames, ignore_index=True).iloc[start:stop]
    found = table.read(["b", "a"], start, stop)
    for name in ("a", "b"):
        assert found[name].numbers().tolist() == expected[name].tolist()


def test_only_columns_of_all(tmp_path):
    table = Stacked([held(tmp_path, "a", x=[1], y=[2]), held(tmp_path, "b", y=[3], z=[4])])
    assert list(table) == ["y"]
    with pytest.raises(InputError, match=r"a with b has no column 'x'; it has y, the columns of all these files"):
        table.read(["x"])


LONG = 2**63 - 1


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ([LONG], np.array([2**64 - 1], np.uint64), [str(LONG), str(2**64 - 1)]),
        ([LONG], np.array([5], np.uint64), [LONG, 5]),
        ([LONG], ["NGC 4"], [str(LONG), "NGC 4"]),
        ([LONG], ["7"], [LONG, 7]),
        (np.array([3], np.int16), np.array([2**40]), [3, 2**40]),
        ([3], np.array([4], np.uint8), [3, 4]),
    ],
)
def test_names_of_two_types_stay_exact(tmp_path, one, two, expected):
    table = Stacked([held(tmp_path, "a", id=one), held(tmp_path, "b", id=two)])
    assert identifiers(table["id"]).values.tolist() == expected
    assert table.describe("id").values.dtype.kind == table["id"].values.dtype.kind


def test_names_that_floats_would_confuse_are_refused(tmp_path):
    table = Stacked([held(tmp_path, "a", id=[LONG]), held(tmp_path, "b", id=[5.0])])
    with pytest.raises(InputError, match="is no exact whole number"):
        identifiers(table["id"])


def test_numbers_of_two_types(tmp_path):
    table = Stacked([held(tmp_path, "a", z=np.array([0.4], np.float32)), held(tmp_path, "b", z=[0.1])])
    assert table["z"].numbers().tolist() == [0.4, 0.1]
    table = Stacked([held(tmp_path, "a", z=[0]), held(tmp_path, "b", z=["0.5"])])
    assert table["z"].numbers().tolist() == [0, 0.5]


def test_masks_and_units(tmp_path):
    one = Held(tmp_path / "a", [Column("f", "a", np.array([1.0, 2.0]), np.array([True, False]), "nJy")])
    two = held(tmp_path, "b", f=[3.0])
    found = Stacked([one, two])["f"]
    assert found.unit == "nJy"
    np.testing.assert_array_equal(found.numbers(), [np.nan, 2, 3])
    other = Held(tmp_path / "c", [Column("f", "c", np.array([1.0]), None, "uJy")])
    with pytest.raises(InputError, match="column 'f' is in nJy and uJy; give it one unit"):
        Stacked([one, other])["f"]


def test_what_does_not_fit(tmp_path):
    wide = held(tmp_path, "a", f=np.zeros((2, 5)))
    with pytest.raises(InputError, match=r"entries of the shapes \[\(3,\), \(5,\)\]; give one"):
        Stacked([wide, held(tmp_path, "b", f=np.zeros((1, 3)))])["f"]
    with pytest.raises(InputError, match="column 'g' has 2 rows, but others have 3"):
        Stacked([held(tmp_path, "a", f=[1, 2, 3], g=[1, 2]), held(tmp_path, "b", f=[1], g=[1])])["g"]
