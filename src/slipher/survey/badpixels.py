"""Bad pixels: which are, and when a galaxy has too many of them."""

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from slipher.errors import InputError

__all__ = ["keep_rows", "spoiled"]

MOST_BAD = 0.5
"""A galaxy with this share of its pixels bad, or more, is unusable."""
LISTED = 10


def spoiled(images: Float[np.ndarray, "galaxies bands y x"]) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies have a bad pixel (not finite) at their centre in some band, or half of all pixels bad.

    The centre is the middle pixel, or the two or four in the middle of an even width. A band without one good pixel is
    missing, not bad: galaxies are judged by the bands that they have, and unusable if they have none.
    """
    bad = ~np.isfinite(images)
    there = ~bad.all(axis=(2, 3))
    rows, columns = images.shape[-2:]
    centre = bad[..., (rows - 1) // 2 : rows // 2 + 1, (columns - 1) // 2 : columns // 2 + 1].any(axis=(2, 3))
    share = np.where(there, bad.mean(axis=(2, 3)), 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return np.asarray((centre & there).any(axis=1) | (share >= MOST_BAD) | ~there.any(axis=1))


def keep_rows(
    bad: Bool[np.ndarray, "galaxies"], identifiers: Shaped[np.ndarray, "galaxies"], skip_bad: bool, where: str
) -> Int[np.ndarray, "kept"]:
    """The rows of the galaxies to keep.

    Args:
        bad: which galaxies are spoiled.
        identifiers: their names.
        skip_bad: whether spoiled ones may be dropped.
        where: the file, for the message.

    Raises:
        InputError: if galaxies are spoiled and may not be dropped, or none is left.
    """
    count = int(bad.sum())
    if count and not skip_bad:
        names = ", ".join(str(name) for name in identifiers[bad][:LISTED]) + (", ..." if count > LISTED else "")
        raise InputError(
            f"{where}: the centre or half of the pixels of {count} of {len(bad)} galaxies are bad (id {names}); "
            "mend them or drop them (--skip-bad)."
        )
    if bad.all():
        raise InputError(f"{where}: the centre or half of the pixels of every galaxy are bad; nothing can be imported.")
    return np.flatnonzero(~bad)
