"""Options by name: the check that every configuration dataclass shares."""

from collections.abc import Collection
from typing import Any, Literal, get_args, get_origin, get_type_hints

from slipher.errors import InputError

__all__ = [
    "LARGEST",
    "MOST_EPOCHS",
    "check_choice",
    "check_choices",
    "check_most",
    "check_seed",
    "check_size",
    "choices",
]

LARGEST = 2**63 - 1
"""The largest whole number that any option takes: more does not go into 64 bits."""
MOST_EPOCHS = 1_000_000
"""More than any training ends in."""


def choices(options: type) -> dict[str, tuple[Any, ...]]:
    """The allowed values of every ``Literal`` field of a dataclass."""
    hints = get_type_hints(options)
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def check_choices(options: Any, where: str) -> None:
    """Check that every ``Literal`` field of a dataclass instance holds one of its values.

    Raises:
        InputError: names the key as ``where.key`` and what is allowed.
    """
    for name, allowed in choices(type(options)).items():
        check_choice(getattr(options, name), allowed, f"{where}.{name}")


def check_choice(value: Any, allowed: Collection[Any], where: str) -> None:
    """Check one value.

    Raises:
        InputError: names the key and what is allowed.
    """
    if value not in allowed:
        raise InputError(f"{where} is {value!r}, but must be one of {', '.join(str(choice) for choice in allowed)}.")


def check_most(value: int, most: int, where: str) -> None:
    """See that a number is none that no work would ever end with.

    Raises:
        InputError: if it is larger.
    """
    if value > most:
        raise InputError(f"{where} is {value:,}, but must be at most {most:,}.")


def check_size(value: int, where: str) -> None:
    """See that a whole number goes into 64 bits.

    Raises:
        InputError: if it does not.
    """
    if abs(value) > LARGEST:
        raise InputError(f"{where} is {value}, but no number goes beyond {LARGEST}.")


def check_seed(seed: int, where: str) -> None:
    """See that random numbers can be drawn from a seed.

    Raises:
        InputError: if it is negative, or larger than 64 bits hold.
    """
    if not 0 <= seed <= LARGEST:
        raise InputError(f"{where} is {seed}, but must be a whole number from 0 to {LARGEST}.")
