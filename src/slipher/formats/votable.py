"""Tables of the Virtual Observatory's XML, by astropy, whole in memory."""

import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import Column, as_column
from slipher.formats.opened import damaged, opened
from slipher.formats.table import Held

__all__ = ["open_votable"]

KIND = "vot"


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
