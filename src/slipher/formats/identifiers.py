"""The names that a catalogue gives its galaxies."""

import numpy as np
from jaxtyping import Shaped

from slipher.errors import InputError
from slipher.formats.tables import Table, column

__all__ = ["table_identifiers"]


def table_identifiers(table: Table, name: str | None, count: int) -> Shaped[np.ndarray, "galaxies"]:
    """Identifiers as int64 where they are whole numbers, be it as text, and as UTF-8 bytes otherwise.

    Args:
        table: the catalogue.
        name: the column; None numbers the rows.
        count: number of rows.

    Raises:
        InputError: if there is no such column, or it holds fractions.
    """
    if name is None:
        return np.arange(count, dtype=np.int64)
    found = column(table, name)
    values = found.values
    if found.lacking.any():
        raise InputError(
            f"{table.path}: column {name!r} names no galaxy in row {int(found.lacking.argmax())}; give every row an "
            "identifier, or another column."
        )
    if values.dtype.kind == "f":
        raise InputError(f"{table.path}: column {name!r} holds {values.dtype}; identifiers are whole numbers or text.")
    if values.dtype.kind in "bi":
        return values.astype(np.int64)
    text = np.char.strip(values.astype(np.str_))
    try:
        whole = text.astype(np.int64)
    except (ValueError, OverflowError):
        return np.char.encode(text, "utf-8")
    return whole if (whole.astype(np.str_) == text).all() else np.char.encode(text, "utf-8")
