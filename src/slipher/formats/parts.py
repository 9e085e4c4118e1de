"""Which part of a split a row belongs to, however a file writes it."""

import re

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from slipher.errors import InputError
from slipher.formats.cells import MISSING
from slipher.formats.column import Column
from slipher.formats.table import Table

__all__ = ["PARTS", "TEST", "TRAIN", "VALIDATION", "check_parts", "partless", "parts", "table_parts"]

TRAIN, VALIDATION, TEST = 0, 1, 2
PARTS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
"""The parts of a split by name."""
PIECE = 1 << 16
"""Rows whose words are read at once."""
_WORDS = PARTS | {
    "training": TRAIN,
    "trn": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validate": VALIDATION,
    "validating": VALIDATION,
    "dev": VALIDATION,
    "development": VALIDATION,
    "testing": TEST,
    "tst": TEST,
    "0": TRAIN,
    "1": VALIDATION,
    "2": TEST,
    "0.0": TRAIN,
    "1.0": VALIDATION,
    "2.0": TEST,
}
"""How files write them."""
_FLAG = re.compile(
    r"(?:is|in|for|use)?(?:(train)(?:ing)?|(val)(?:id|idation)?|(test)(?:ing)?)(?:set|sample|flag|mask)?"
)
"""A column's name, in plain letters, that says what 1, yes or true means in it; the other galaxies train, or test."""
_YES, _NO = ("1", "1.0", "true", "yes", "t", "y"), ("0", "0.0", "false", "no", "f", "n")


def parts(column: Column, needless: Bool[np.ndarray, "rows"] | bool = False) -> UInt8[np.ndarray, "rows"]:
    """0 train, 1 validation, 2 test for every row of a column that says so in words or in these numbers.

    In a column such as ``is_test`` 1, yes and true are the galaxies that test, and the others train; the others of
    ``is_train`` test.

    Args:
        column: which part each row is in.
        needless: rows that need no part, for they can neither train nor test: where they have none, they count as 0.

    Raises:
        InputError: if another row says nothing, or a row something else; names the first.
    """
    words = np.char.strip(_text(column))
    empty = partless(column)
    each, place = np.unique(np.char.lower(words), return_inverse=True)
    meant = _words(column)
    known = np.array([meant.get(word, -1) for word in each.tolist()], np.int64).reshape(-1)[place.reshape(-1)]
    found = np.where(empty, np.where(needless, TRAIN, -1), known)
    if (found < 0).any():
        row = int(np.argmin(found))
        cell = "empty" if empty[row] else repr(str(column.values[row]))
        raise InputError(
            f"{column.where}: column {column.name!r} names no part of a split in row {column.first + row}, which is "
            f"{cell}; write train, validation or test (or 0, 1, 2) in every row."
        )
    return found.astype(np.uint8)


def check_parts(some: Column, galaxies: Int64[np.ndarray, "parts"]) -> None:
    """See that numbers say which part is which.

    Args:
        some: rows of the column of parts that show how it writes them.
        galaxies: how many of all rows are in each part.

    Raises:
        InputError: if they are 0 and 1 alone, which are train and validation, or rather say who tests or trains.
    """
    numbers = np.isin(np.char.strip(_text(some)), ["1", "1.0", "0", "0.0"]) & ~some.lacking
    if galaxies[VALIDATION] and not galaxies[TEST] and numbers.any() and not _flag(some):
        raise InputError(
            f"{some.where}: column {some.name!r} holds 0 and 1 alone, which may say who trains, validates or tests; "
            "write train, validation and test instead, or call the column is_test or is_train."
        )


def partless(column: Column) -> Bool[np.ndarray, "rows"]:
    """Which rows are in no part."""
    return np.asarray(column.lacking | np.isin(np.char.strip(_text(column)), list(MISSING)))


def table_parts(table: Table, name: str) -> UInt8[np.ndarray, "rows"]:
    """The same of a column of a table, which is read a block at a time.

    Raises:
        InputError: if there is no such column, or as `parts`.
    """
    starts = range(0, max(table.length(name), 1), PIECE)
    return np.concatenate([parts(table.read([name], start, start + PIECE)[name]) for start in starts])


def _words(column: Column) -> dict[str, int]:
    """What words and numbers mean in a column."""
    part = _flag(column)
    if not part:
        return _WORDS
    other = TEST if part == "train" else TRAIN
    return _WORDS | {"2": -1, "2.0": -1} | dict.fromkeys(_NO, other) | dict.fromkeys(_YES, _WORDS[part])


def _flag(column: Column) -> str:
    """The part that a column's name says its rows are in or not; nothing if it says none."""
    plain = "".join(letter for letter in column.name.rpartition("/")[2].lower() if letter.isalnum())
    found = _FLAG.fullmatch(plain)
    return next(filter(None, found.groups())) if found else ""


def _text(column: Column) -> np.ndarray:
    values = column.values
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values.astype(np.str_)
