"""Which part of a split a row belongs to, however a file writes it."""

import numpy as np
from jaxtyping import UInt8

from slipher.errors import InputError
from slipher.formats.column import Column

__all__ = ["PARTS", "TEST", "TRAIN", "VALIDATION", "parts"]

TRAIN, VALIDATION, TEST = 0, 1, 2
PARTS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
"""The parts of a split by name."""
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


def parts(column: Column) -> UInt8[np.ndarray, "rows"]:
    """0 train, 1 validation, 2 test for every row of a column that says so in words or in these numbers.

    Raises:
        InputError: if a row says something else, or nothing; names the first.
    """
    words = np.char.lower(np.char.strip(_text(column)))
    each, place = np.unique(words, return_inverse=True)
    found = np.array([_WORDS.get(word, -1) for word in each.tolist()], np.int64).reshape(-1)[place.reshape(-1)]
    wrong = (found < 0) | column.lacking
    if wrong.any():
        row = int(np.argmax(wrong))
        cell = "empty" if column.lacking[row] else repr(str(column.values[row]))
        raise InputError(
            f"{column.where}: column {column.name!r} names no part in {int(wrong.sum()):,} of {len(column):,} rows, "
            f"row {row} is {cell}; write train, validation or test (or 0, 1, 2) in every row."
        )
    return found.astype(np.uint8)


def _text(column: Column) -> np.ndarray:
    values = column.values
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values.astype(np.str_)
