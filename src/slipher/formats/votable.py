"""Tables of the Virtual Observatory's XML, by astropy, whole in memory."""

import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import Column, as_column
from slipher.formats.opened import damaged, opened
from slipher.formats.table import Held

__all__ = ["open_votable"]

KIND = "vot"
MOST_VALUES = 50_000
"""In a row: astropy makes room for hundreds of rows before it has read one."""
BITS = 8
"""Of a byte, each of which may be a value."""


def open_votable(path: Path) -> Held:
    """The first table of a VOTable.

    Raises:
        InputError: if it cannot be read, or text would be cut to one letter, as the standard wants it of a field
            without arraysize.
    """
    votable = require("astropy.io.votable", "catalog")
    exceptions = require("astropy.io.votable.exceptions", "catalog")
    with damaged(path, KIND), warnings.catch_warnings():
        # archives write VOTables that break the standard in small things; astropy says so and reads them
        warnings.simplefilter("ignore", exceptions.VOTableSpecWarning)
        try:
            _check_whole(path)
            with opened(path) as stream:
                table = votable.parse(stream).get_first_table()
        except exceptions.VOWarning as error:
            raise ValueError(str(error)) from error
        letters = [
            field.datatype in ("char", "unicodeChar") and field.arraysize in (None, "1") for field in table.fields
        ]
        if any(letters):
            _check_letters(path, [field.name for field in table.fields], letters)
        return Held(path, [_column(path, field, table.array[field.ID]) for field in table.fields])


def _check_whole(path: Path) -> None:
    """See that a file holds its data itself, and as much as it says, before astropy reads what it leads to.

    Raises:
        InputError: if it leads elsewhere, at whatever address, defines text to be put in again and again, or is said to
            hold more than it has bytes for.
    """
    extent = _Extent(path)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EntityDeclHandler = extent.element, extent.entity
    with opened(path) as stream:
        parser.ParseFile(stream)
    if extent.most > BITS * parser.CurrentByteIndex:
        raise InputError(f"{path} is said to hold {extent.most:,} values, more than it has room for; correct nrows.")


class _Extent:
    """What the elements of a VOTable say of its extent.

    Args:
        path: the file, for messages.
    """

    def __init__(self, path: Path) -> None:
        self.most = 0
        """Values in the largest of its tables, as far as they are told beforehand."""
        self._path = path
        self._rows = 0
        self._width = 0

    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take down one element."""
        match name.rpartition(" ")[2]:
            case "STREAM":
                self._refuse_address(attributes)
            case "TABLE":
                self._rows, self._width = _whole(attributes.get("nrows", "0")), 0
            case "FIELD":
                self._widen(attributes.get("arraysize", "1"))

    def entity(self, name: str, *_: Any) -> None:
        """Refuse a definition."""
        raise InputError(
            f"{self._path} defines the entity {name!r}, which no table needs; write out what it stands for."
        )

    def _refuse_address(self, attributes: Mapping[str, str]) -> None:
        for name, address in attributes.items():
            if name.rpartition(" ")[2] == "href":
                raise InputError(
                    f"{self._path} leaves its data at {address!r}, and nothing is fetched from there; give a VOTable "
                    "that holds its data."
                )

    def _widen(self, size: str) -> None:
        """Take down a field; how long one of variable length (``*``) is, its rows tell."""
        self._width += 0 if size.endswith("*") else math.prod(map(_whole, size.split("x")))
        if self._width > MOST_VALUES:
            raise InputError(f"{self._path} is said to hold {self._width:,} values a row; give a table of fewer.")
        self.most = max(self.most, self._rows * self._width)


def _whole(text: str) -> int:
    """A number of rows or values; what is none is left to astropy to complain of."""
    return int(text) if text.strip().isdecimal() else 1


def _column(path: Path, field: Any, values: np.ndarray) -> Column:
    """A column; variable arrays must be of one length."""
    name = field.name or field.ID
    if values.dtype == object and len(values) and isinstance(np.ma.getdata(values)[0], np.ndarray):
        if len({each.shape for each in values}) > 1:
            raise InputError(f"{path}: column {name!r} holds arrays of different lengths; one length is needed.")
        values = np.ma.stack(list(values))
    return as_column(name, str(path), values, None if field.unit is None else str(field.unit), empty=True)


def _check_letters(path: Path, names: list[str], letters: list[bool]) -> None:
    """See that no field of one letter has more of them.

    Raises:
        InputError: if one has.
    """
    with opened(path) as stream:
        row = 0
        for _, element in ElementTree.iterparse(stream):
            if element.tag.rpartition("}")[2] == "TR":
                for name, letter, cell in zip(names, letters, element, strict=False):
                    if letter and len((cell.text or "").strip()) > 1:
                        raise InputError(
                            f"{path}: field {name!r} has no arraysize, so that its text, such as "
                            f'{(cell.text or "").strip()!r} in row {row}, counts as one letter; write arraysize="*" '
                            "into the field."
                        )
                row += 1
                element.clear()
            elif element.tag.rpartition("}")[2] == "TABLEDATA":
                return
