"""Whether the identifiers of a store are all different, without holding them all."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Shaped, UInt64

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.identifiers import repeats

__all__ = ["check_unique"]

PIECE = 65536
"""Identifiers that are read at once."""
HELD = 1 << 16
"""Identifiers, about, that are compared at once."""

Names = Shaped[np.ndarray, "galaxies"]


def check_unique(read: Callable[[int, int], Names], count: int, where: str, name: str) -> None:
    """See that no identifier stands several times.

    They are compared share by share, a share being those whose digests leave the same remainder.

    Args:
        read: identifiers, int64 or UTF-8, from a first to a past-the-last.
        count: how many there are.
        where: the file, for messages.
        name: the column, for messages.

    Raises:
        InputError: if one does; names the first of its share.
    """
    shares = -(-count // HELD)
    for share in range(shares):
        pieces = (read(start, min(start + PIECE, count)) for start in range(0, count, PIECE))
        held = np.concatenate([piece[_digests(piece) % np.uint64(shares) == share] for piece in pieces])
        values = np.char.decode(held, "utf-8") if held.dtype.kind == "S" else held
        if again := repeats(Column(name, where, values)):
            raise InputError(f"{where}: {again} in column {name!r}; name a column that tells galaxies apart (--id).")


def _digests(names: Names) -> UInt64[np.ndarray, "galaxies"]:
    """A number for each identifier that the same ones share."""
    words = np.ascontiguousarray(names).view(np.uint8).reshape(len(names), -1).astype(np.uint64)
    digests = np.zeros(len(names), np.uint64)
    for column in words.T:
        digests = (digests ^ column) * np.uint64(0x100000001B3)
    return np.asarray(digests >> np.uint64(20))
