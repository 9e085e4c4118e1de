"""The part of a split that a row is in, in words or numbers."""

from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats import parts as module
from slipher.formats.column import Column
from slipher.formats.parts import check_parts, partless, parts, table_parts
from slipher.formats.table import Held


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
        (["train", "learn", "fit"], None, "names no part of a split in row 1, which is 'learn'; write train"),
        (["train", ""], None, "in row 1, which is empty"),
        (["train", "test"], [False, True], "in row 1, which is empty"),
        ([0, 3], None, "in row 1, which is '3'"),
        ([0.0, np.nan], None, "in row 1, which is empty"),
        ([0.5], None, "in row 0, which is '0.5'"),
        ([True], None, "in row 0, which is 'True'"),
    ],
)
def test_what_is_no_part(values, missing, message):
    with pytest.raises(InputError, match=message):
        parts(column(values, missing if missing is None else np.array(missing)))


def test_no_rows():
    assert parts(column(np.zeros(0, "U1"))).tolist() == []


def test_a_table_is_read_in_blocks(monkeypatch):
    monkeypatch.setattr(module, "PIECE", 2)
    words = np.array(["train", "dev", "test", "train", "learn"])
    assert table_parts(Held(Path("a.csv"), [column(words[:4])]), "split").tolist() == [0, 1, 2, 0]
    with pytest.raises(InputError, match="in row 4, which is 'learn'"):
        table_parts(Held(Path("a.csv"), [column(words)]), "split")
    assert table_parts(Held(Path("a.csv"), [column(words[:0])]), "split").tolist() == []


def test_rows_that_need_no_part():
    words = column(["test", "", "val", "NaN"], np.array([False, False, True, False]))
    assert partless(words).tolist() == [False, True, True, True]
    assert parts(words, np.array([True, True, True, True])).tolist() == [2, 0, 0, 0]
    with pytest.raises(InputError, match="in row 2, which is empty"):
        parts(words, np.array([False, True, False, True]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("is_test", [0, 2]),
        ("test", [0, 2]),
        ("isTestSet", [0, 2]),
        ("table/in_test_sample", [0, 2]),
        ("is_train", [2, 0]),
        ("TRAINING", [2, 0]),
        ("train_flag", [2, 0]),
        ("is_validation", [0, 1]),
    ],
)
@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], [False, True], ["no", "YES"], ["f", "t"], [b"0", b"1"]])
def test_flags_mean_what_their_names_say(name, expected, values):
    flags = Column(name, "a.csv", np.array(values))
    assert parts(flags).tolist() == expected
    check_parts(flags, np.bincount(expected, minlength=3))


def test_a_flag_that_holds_something_else():
    with pytest.raises(InputError, match="names no part of a split in row 1, which is '2'"):
        parts(Column("is_test", "a.csv", np.array([0, 2])))


@pytest.mark.parametrize("name", ["split", "sample", "train_test", "latest"])
@pytest.mark.parametrize("values", [[0, 1], ["0", "1"], [1.0, 1.0]])
def test_0_and_1_alone_may_mean_anything(name, values):
    said = Column(name, "a.csv", np.array(values))
    with pytest.raises(InputError, match="holds 0 and 1 alone, which may say who trains, validates or tests"):
        check_parts(said, np.bincount(parts(said), minlength=3))


@pytest.mark.parametrize("values", [[0, 1, 2], [0, 0], [0, 2], ["train", "val"], ["train", "train"]])
def test_other_parts_are_clear(values):
    check_parts(column(values), np.bincount(parts(column(values)), minlength=3))
