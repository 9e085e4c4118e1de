"""The header of astropy's ECSV: YAML in comments, with the type and the unit of every column."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from slipher.formats.cells import MISSING, TRUTH, as_floats, as_wholes

__all__ = ["HEAD", "Header", "declared", "read_columns", "read_header"]

HEAD = "%ECSV"
READABLE = re.compile(r"string|bool|(?:u?int(?:8|16|32|64)|float(?:16|32|64|128))(?:\[\d{1,9}(?:,\d{1,9})*])?")
"""Types that are taken as declared; columns of others are read as they look."""
MOST_VALUES = 1_000_000
"""In an array of a cell."""


@dataclass(frozen=True)
class Header:
    """What the header of an ECSV file says."""

    separator: str
    types: Mapping[str, str]
    """Types by column, such as ``float32``, or ``float64[5]`` for an array in each cell."""
    units: Mapping[str, str]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML whose unknown tags, which are astropy's classes, are passed over."""


_Loader.add_multi_constructor("!", lambda loader, tag, node: None)


def read_header(comments: Sequence[str]) -> Header:
    """The header of a file whose comments these are.

    Raises:
        ValueError: if it is not one of ECSV.
    """
    text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in comments if HEAD not in line)
    try:
        document = yaml.load(text.removeprefix("---"), _Loader)
        return Header(document.get("delimiter", " "), *read_columns(document))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"its ECSV header cannot be read: {error}") from error


def read_columns(document: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The types and the units of a header's columns."""
    columns = document["datatype"]
    types = {each["name"]: each.get("subtype") or each["datatype"] for each in columns}
    # a unit that is no text may be a list that holds itself over and over, which has no end when written out
    units = {each["name"]: each["unit"] for each in columns if isinstance(each.get("unit"), str) and each["unit"]}
    return {name: kind for name, kind in types.items() if READABLE.fullmatch(kind)}, units


def declared(cells: Sequence[str], kind: str) -> np.ndarray:
    """Cells as values of a declared type, masked where there is none.

    Args:
        cells: without space around them.
        kind: the type as ECSV names it.

    Raises:
        ValueError: if a cell is not of that type.
    """
    if kind.endswith("]"):
        return _arrays(cells, kind)
    if kind == "string":
        return np.ma.MaskedArray(np.array(cells, np.str_), [cell == "" for cell in cells])
    missing = [cell in MISSING for cell in cells]
    if kind == "bool":
        truth = [not gap and TRUTH[cell] for cell, gap in zip(cells, missing, strict=True)]
        return np.ma.MaskedArray(np.array(truth, bool), missing)
    dtype = np.dtype(kind)
    read, fill = (as_wholes, "0") if dtype.kind in "iu" else (as_floats, "nan")
    values = read([fill if gap else cell for cell, gap in zip(cells, missing, strict=True)])
    if values is None:
        raise ValueError(f"a cell is no {kind}")
    return np.ma.MaskedArray(np.array(values, dtype), missing)


def _arrays(cells: Sequence[str], kind: str) -> np.ndarray:
    """Cells that hold a JSON list each, all of one shape."""
    base, _, shape = kind.removesuffix("]").partition("[")
    sizes = tuple(int(size) for size in shape.split(",") if size)
    if math.prod(sizes) > MOST_VALUES:
        raise ValueError(f"it would hold {math.prod(sizes):,} values a row")
    empty = np.ma.MaskedArray(np.zeros(sizes, np.dtype(base)), True)
    rows = [empty if cell in MISSING else _array(cell, empty) for cell in cells]
    return np.ma.stack(rows) if rows else np.ma.MaskedArray(np.zeros((0, *sizes), np.dtype(base)))


def _array(cell: str, empty: np.ndarray) -> np.ndarray:
    values = np.array(json.loads(cell), object)
    if values.shape != empty.shape:
        raise ValueError(f"it has the shape {values.shape}, not {empty.shape}")
    missing = values == None  # noqa: E711 - elementwise
    return np.ma.MaskedArray(np.where(missing, 0, values).astype(empty.dtype), missing)
