"""Cells of text as values: what a column of them holds, and the numbers that they spell.

A type is a lattice: what fits all cells of a column is found block by block, and joined. Whole numbers that might be
names, such as 007 or more digits than int64 holds, stay text, since nothing brings back what a number has lost.
"""

import re
from collections.abc import Sequence
from functools import reduce
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Shaped

__all__ = ["MISSING", "Kind", "as_floats", "as_wholes", "kind_of", "meet", "typed"]

Kind = Literal["nothing", "truth", "count", "whole", "unsigned", "digits", "real", "text"]
"""No value at all; yes or no; int64 from 0 on; int64; uint64; whole numbers that may be names; float64; text."""

MISSING = frozenset(
    [
        "",
        "-",
        "--",
        "---",
        "...",
        "\\N",
        "null",
        "NULL",
        "Null",
        "N/A",
        "n/a",
        "NA",
        "<NA>",
        "#N/A",
        "None",
        "none",
        "NONE",
        "nan",
        "NaN",
        "NAN",
        "-nan",
        "NaT",
        # IRAF, R and Stata, MySQL, astropy
        *("INDEF", ".", "?", "N.A.", "n.a.", "NIL", "nil", "masked", "missing"),
        # C on Windows
        *("1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND", "-1.#IND00", "1.#QNAN0"),
        # Fortran, where a number does not fit
        *("*" * width for width in range(3, 41)),
    ]
)
"""What stands in a cell that has no value."""
TRUTH = {"True": True, "true": True, "TRUE": True, "False": False, "false": False, "FALSE": False}
LARGEST = {"int64": 2**63 - 1, "uint64": 2**64 - 1}
DIGITS = re.compile(r"[+-]?\d+([eE]\d+)?")
"""A whole number as it may stand in a name; no program writes a float so."""
FORTRAN = re.compile(r"([+-]?(?:\d+\.\d*|\.\d+))[dD]([+-]?\d+)")
"""A number of double precision; without a point it may be the name 12d4."""

_JOINS: dict[frozenset[Kind], Kind] = {
    frozenset(("count", "whole")): "whole",
    frozenset(("count", "unsigned")): "unsigned",
    frozenset(("count", "digits")): "digits",
    frozenset(("whole", "unsigned")): "digits",
    frozenset(("whole", "digits")): "digits",
    frozenset(("unsigned", "digits")): "digits",
    frozenset(("count", "real")): "real",
    frozenset(("whole", "real")): "real",
    frozenset(("unsigned", "real")): "real",
    frozenset(("digits", "real")): "real",
}


def kind_of(cells: Sequence[str]) -> Kind:
    """What the narrowest type that keeps every cell exactly is; the cells have no space around them."""
    known = cells if MISSING.isdisjoint(cells) else [cell for cell in cells if cell not in MISSING]
    if not known:
        return "nothing"
    whole = as_wholes(known)
    if whole is not None:
        return _kind_of_whole(known, whole)
    if as_floats(known) is not None:
        return "digits" if all(map(DIGITS.fullmatch, known)) else "real"
    return "truth" if TRUTH.keys() >= set(known) else "text"


def meet(kinds: Sequence[Kind]) -> Kind:
    """The type that keeps what each of some types keeps."""
    return reduce(_meet, kinds, "nothing")


def typed(cells: Sequence[str], kind: Kind) -> tuple[Shaped[np.ndarray, "rows"], Bool[np.ndarray, "rows"] | None]:
    """Cells, without space around them, as values of a type that fits them, and which of them are missing."""
    if MISSING.isdisjoint(cells):
        return _values(cells, kind), None
    missing = np.array([cell in MISSING for cell in cells], bool)
    filled = [_FILL[kind] if gap else cell for cell, gap in zip(cells, missing, strict=True)]
    return _values(filled, kind), missing


def as_floats(cells: Sequence[str]) -> Float64[np.ndarray, "rows"] | None:
    """Cells as float64; None if one is no number, or only Python, not a file, would take it for one."""
    if not _plain(cells):
        return None
    try:
        return np.array(list(map(float, cells)), np.float64)
    except ValueError:
        return _from_fortran(cells)


def _from_fortran(cells: Sequence[str]) -> Float64[np.ndarray, "rows"] | None:
    """Cells as float64 where some have the exponents of Fortran's double precision."""
    try:
        return np.array([float(FORTRAN.sub(r"\1e\2", cell)) for cell in cells], np.float64)
    except ValueError:
        return None


def _meet(first: Kind, second: Kind) -> Kind:
    if first == second or second == "nothing":
        return first
    return second if first == "nothing" else _JOINS.get(frozenset((first, second)), "text")


def as_wholes(cells: Sequence[str]) -> list[int] | None:
    """Cells as whole numbers, if all are."""
    if not _plain(cells):
        return None
    try:
        return list(map(int, cells))
    except ValueError:
        return None


def _plain(cells: Sequence[str]) -> bool:
    """Whether cells have neither the underscores nor the digits of other scripts that Python allows in a number."""
    text = "".join(cells)
    return text.isascii() and "_" not in text


def _kind_of_whole(cells: Sequence[str], whole: list[int]) -> Kind:
    low, high = min(whole), max(whole)
    if list(map(str, whole)) != list(cells) or high > LARGEST["uint64"] or low < -LARGEST["int64"] - 1:
        return "digits"
    if high > LARGEST["int64"]:
        return "unsigned" if low >= 0 else "digits"
    return "count" if low >= 0 else "whole"


_FILL: dict[Kind, str] = {
    "nothing": "nan",
    "truth": "False",
    "count": "0",
    "whole": "0",
    "unsigned": "0",
    "digits": "",
    "real": "nan",
    "text": "",
}
"""What takes the place of a missing value, which is marked as such."""


def _values(cells: Sequence[str], kind: Kind) -> Shaped[np.ndarray, "rows"]:
    """Cells that all have a value."""
    if kind == "truth":
        return np.array([TRUTH[cell] for cell in cells], bool)
    if kind in ("count", "whole", "unsigned"):
        return np.array(list(map(int, cells)), np.uint64 if kind == "unsigned" else np.int64)
    if kind in ("text", "digits"):
        return np.array(cells, np.str_)
    floats = as_floats(cells)
    if floats is None:
        raise ValueError("it has changed while it was read")
    return floats
