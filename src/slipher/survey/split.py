"""Which galaxies train, validate and test: decided by a digest of the identifier alone, unless a survey says it."""

import filecmp
import hashlib
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64, Shaped, UInt8

from slipher.errors import InputError
from slipher.formats.parts import PARTS, TEST, TRAIN, VALIDATION
from slipher.formats.tables import file_of
from slipher.progress import say

__all__ = [
    "TEST",
    "TEST_SHARE",
    "TRAIN",
    "VALIDATION",
    "VALIDATION_SHARE",
    "check_two_files",
    "split_as_given",
    "split_by_id",
    "split_by_rank",
    "tell_partless",
    "tell_split",
    "with_validation",
]

TEST_SHARE = 0.20
VALIDATION_SHARE = 0.05
PIECE = 4096
"""Identifiers that are Python objects at once: each takes as much memory as nine numbers of an array."""


def check_two_files(train: str | Path, test: str | Path) -> None:
    """See that the galaxies that test are not those that train.

    Raises:
        InputError: if both are one file or folder, under whatever name, or one file is a copy of the other.
    """
    one, two = file_of(train), file_of(test)
    if not (one.exists() and two.exists()) or str(train)[len(str(one)) :] != str(test)[len(str(two)) :]:
        return
    if one.samefile(two) or (one.is_file() and two.is_file() and filecmp.cmp(one, two, shallow=False)):
        raise InputError(
            f"{train} and {test} hold the same galaxies, but those that test must not train; "
            "name another file (--test)."
        )


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
    place = _places(identifiers)
    part = np.full(len(place), TRAIN, np.uint8)
    part[place < test + validation] = VALIDATION
    part[place < test] = TEST
    return part


def split_by_rank(
    identifiers: Shaped[np.ndarray, "galaxies"], validation: int, test: int
) -> UInt8[np.ndarray, "galaxies"]:
    """0 train, 1 validation, 2 test, with given numbers of galaxies in the parts, for a sample as a whole.

    The identifiers are ranked by the digest that `split_by_id` goes by: the first are test galaxies, the next
    validate, the others train. The order in the file plays no role; another sample moves the limits a little. A galaxy
    that stands several times on a limit is not parted: it belongs to the part before, which is so much larger.

    Args:
        identifiers: numbers or text of all galaxies of the sample.
        validation: number of galaxies that choose the checkpoint.
        test: number of galaxies that no training sees.

    Raises:
        InputError: if no galaxy is left to train on.
    """
    if len(identifiers) <= test + validation:
        raise InputError(
            f"the sample has {len(identifiers):,} galaxies, but {test:,} must test, {validation:,} validate and some "
            "train; take a larger sample or a split by shares (--split hash)."
        )
    ranked = np.lexsort((identifiers, _places(identifiers)))
    names = identifiers[ranked]
    test, others = _past_twins(names, test), _past_twins(names, test + validation)
    part = np.full(len(ranked), TRAIN, np.uint8)
    part[ranked[test:others]] = VALIDATION
    part[ranked[:test]] = TEST
    return part


def split_as_given(
    parts: UInt8[np.ndarray, "galaxies"], identifiers: Shaped[np.ndarray, "galaxies"], source: str
) -> UInt8[np.ndarray, "galaxies"]:
    """A survey's own split, said; where it lets no galaxy validate, some of those that train do (`with_validation`).

    Args:
        parts: 0 train, 1 validation, 2 test, as a file says.
        identifiers: numbers or text.
        source: who says so, to begin a sentence with.
    """
    split = parts if (parts == VALIDATION).any() else with_validation(parts, identifiers)
    tell_split(np.bincount(parts, minlength=len(PARTS)), int((split != parts).sum()), source)
    return split


def tell_split(galaxies: Int64[np.ndarray, "parts"], drawn: int, source: str) -> None:
    """Say what a survey's own split is.

    Args:
        galaxies: how many train, validate and test, as a file says.
        drawn: how many of those that train validate instead.
        source: who says so, to begin a sentence with.
    """
    given = ", ".join(f"{galaxies[number]:,} {name}" for name, number in PARTS.items())
    more = f"; {drawn:,} of those that train, drawn by a digest of their identifiers, validate" if drawn else ""
    say(f"{source}: {given}{more}.")


def tell_partless(count: int, source: str) -> None:
    """Say how many galaxies without a redshift are in no part of a survey's own split."""
    if count:
        say(f"{source}: {count:,} galaxies have neither a redshift nor a part, and are put with those that train.")


def with_validation(
    parts: UInt8[np.ndarray, "galaxies"], identifiers: Shaped[np.ndarray, "galaxies"]
) -> UInt8[np.ndarray, "galaxies"]:
    """Parts of which a share of the galaxies that train validates instead, row by row and in any order the same.

    The digest is another than that of `split_by_id`, by which the parts may have been drawn already.
    """
    drawn = _places(identifiers, b"validation") < VALIDATION_SHARE
    return np.where((parts == TRAIN) & drawn, np.uint8(VALIDATION), parts)


def _past_twins(names: Shaped[np.ndarray, "galaxies"], limit: int) -> int:
    """The first place from a limit on where another name begins."""
    while 0 < limit < len(names) and names[limit] == names[limit - 1]:
        limit += 1
    return limit


def _places(identifiers: Shaped[np.ndarray, "galaxies"], person: bytes = b"") -> Float64[np.ndarray, "galaxies"]:
    """A number in [0, 1) for every identifier."""
    place = np.empty(len(identifiers), np.float64)
    for start in range(0, len(place), PIECE):
        some = identifiers[start : start + PIECE].tolist()
        place[start : start + PIECE] = [_place(identifier, person) for identifier in some]
    return place


def _place(identifier: int | str | bytes, person: bytes) -> float:
    """A number in [0, 1) that only the identifier, and whom the digest is for, decide."""
    text = identifier if isinstance(identifier, bytes) else str(identifier).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=6, person=person).digest(), "big") / 2**48
