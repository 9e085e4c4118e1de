"""The part of a split that a row is in, in words or numbers."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.parts import parts


def column(values, missing=None):
    return Column("split", "a.csv", np.asarray(values), missing)


@pytest.mark.parametrize(
    "values",
    [
        ["train", "validation", "test"],
        ["Training", "VAL", " Testing "],
        ["trn", "valid", "tst"],
        ["TRAIN", "dev", "test"],
        [b"train", b"val", b"test"],
        ["0", "1", "2"],
        np.array([0, 1, 2], np.uint8),
        np.array([0.0, 1.0, 2.0]),
    ],
)
def test_spellings(values):
    found = parts(column(values))
    assert found.tolist() == [0, 1, 2]
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    ("values", "missing", "message"),
    [
        (["train", "learn", "fit"], None, "in 2 of 3 rows, row 1 is 'learn'"),
        (["train", ""], None, "in 1 of 2 rows, row 1 is ''"),
        (["train", "test"], [False, True], "row 1 is empty"),
        ([0, 3], None, "row 1 is '3'"),
        ([0.0, np.nan], None, "row 1 is 'nan'"),
        ([0.5], None, "row 0 is '0.5'"),
        ([True], None, "row 0 is 'True'"),
    ],
)
def test_what_is_no_part(values, missing, message):
    with pytest.raises(InputError, match=message):
        parts(column(values, missing if missing is None else np.array(missing)))


def test_no_rows():
    assert parts(column(np.zeros(0, "U1"))).tolist() == []
