"""A column's values, what is missing among them, and its numbers."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.column import Column, as_column, decimal, joined


def test_missing_numbers_are_nan_and_short_floats_keep_their_decimals():
    column = Column("z", "t", np.array([0.4, 99.0], np.float32), np.array([False, True]))
    np.testing.assert_array_equal(column.numbers(), [0.4, np.nan])
    assert column.lacking.tolist() == [False, True]
    assert column[1:].lacking.tolist() == [True]
    np.testing.assert_array_equal(decimal(np.array([0.1, np.inf], np.float32)), [0.1, np.inf])


def test_text_counts_as_numbers_where_all_of_it_is():
    text = Column("z", "t", np.array(["007", " 1e5", "18446744073709551616", "null"]))
    np.testing.assert_array_equal(text.numbers(), [7, 1e5, 2.0**64, np.nan])


def test_the_row_of_a_word_among_numbers_is_that_of_the_file():
    column = Column("z", "t.csv", np.array([["1", "2"], ["x", "3"]]), first=100)
    with pytest.raises(InputError, match=r"column 'z' of t.csv holds text, not numbers; row 101 is 'x': correct"):
        column.numbers()


@pytest.mark.parametrize(("values", "kind"), [(np.array([True]), "yes or no"), (np.array([1j]), "complex numbers")])
def test_what_is_no_number(values, kind):
    with pytest.raises(InputError, match=f"column 'z' of t holds {kind}, not numbers"):
        Column("z", "t", values).numbers()


def test_what_libraries_give():
    big = as_column("x", "t", np.array([1, 2], ">i4"))
    assert big.values.dtype == np.int32
    assert as_column("x", "t", np.array(["Ö".encode()])).values.tolist() == ["Ö"]
    assert as_column("x", "t", np.array([b"a", None, "b"], object)).values.tolist() == ["a", "", "b"]
    assert as_column("x", "t", np.ma.MaskedArray([1, 2], [False, True])).lacking.tolist() == [False, True]
    assert as_column("x", "t", np.array(["a", ""]), empty=True).lacking.tolist() == [False, True]


def test_parts_are_joined_with_what_is_missing():
    whole = Column("x", "t", np.array([1, 2]))
    gappy = Column("x", "t", np.array([3, 4]), np.array([True, False]))
    assert joined([whole, whole]).missing is None
    assert joined([whole, gappy]).lacking.tolist() == [False, False, True, False]
    assert joined([whole, gappy]).values.tolist() == [1, 2, 3, 4]
