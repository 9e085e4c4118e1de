"""Fewer labels: a part of the galaxies that only their identifiers decide, and smaller parts inside larger ones."""

import hashlib

import numpy as np
from jaxtyping import Bool, Shaped

__all__ = ["chosen_labels"]

LEAST = 2
"""Galaxies that are always kept: batch normalisation cannot be trained on one."""
SALT = b"labels:"
"""Makes the digest another than that which splits a survey, in which the training galaxies are not evenly spread."""


def chosen_labels(identifiers: Shaped[np.ndarray, "galaxies"], fraction: float) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies keep their label: that fraction of them, those whose identifiers have the lowest digests.

    The order of the galaxies plays no role.

    Args:
        identifiers: numbers or text.
        fraction: above 0 and at most 1; at least two galaxies are kept.
    """
    digests = np.array([_digest(identifier) for identifier in identifiers.tolist()], np.uint64)
    ranked = np.lexsort((identifiers, digests))
    kept = np.zeros(len(identifiers), bool)
    kept[ranked[: max(LEAST, round(fraction * len(identifiers)))]] = True
    return kept


def _digest(identifier: int | str | bytes) -> int:
    text = identifier if isinstance(identifier, bytes) else str(identifier).encode()
    return int.from_bytes(hashlib.blake2b(SALT + text, digest_size=8).digest(), "big")
