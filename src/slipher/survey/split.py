"""Which galaxies train, validate and test: decided by a digest of the identifier alone."""

import hashlib

import numpy as np
from jaxtyping import Shaped, UInt8

__all__ = ["TEST", "TEST_SHARE", "TRAIN", "VALIDATION", "VALIDATION_SHARE", "split_by_id"]

TRAIN, VALIDATION, TEST = 0, 1, 2
TEST_SHARE = 0.20
VALIDATION_SHARE = 0.05


def split_by_id(
    identifiers: Shaped[np.ndarray, "galaxies"], validation: float = VALIDATION_SHARE, test: float = TEST_SHARE
) -> UInt8[np.ndarray, "galaxies"]:
    """0 train, 1 validation, 2 test for every identifier, by its BLAKE2b digest read as a number in [0, 1).

    The same galaxy falls into the same part whatever else is in the survey and in whatever order.

    Args:
        identifiers: numbers or text.
        validation: share of all galaxies that choose the checkpoint.
        test: share of all galaxies that no training sees.
    """
    place = np.array([_place(identifier) for identifier in identifiers.tolist()], np.float64)
    part = np.full(len(place), TRAIN, np.uint8)
    part[place < test + validation] = VALIDATION
    part[place < test] = TEST
    return part


def _place(identifier: int | str | bytes) -> float:
    """A number in [0, 1) that only the identifier decides."""
    text = identifier if isinstance(identifier, bytes) else str(identifier).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=6).digest(), "big") / 2**48
