"""Options by name: the check that every configuration dataclass shares."""

from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from slipher.errors import InputError

__all__ = ["check_choices", "choices"]


def choices(options: type) -> dict[str, tuple[Any, ...]]:
    """The allowed values of every ``Literal`` field of a dataclass."""
    hints = get_type_hints(options)
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def check_choices(options: Any, where: str) -> None:
    """Check that every ``Literal`` field of a dataclass instance holds one of its values.

    Raises:
        InputError: names the key as ``where.key`` and what is allowed.
    """
    allowed = choices(type(options))
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name in allowed and value not in allowed[field.name]:
            names = ", ".join(str(choice) for choice in allowed[field.name])
            raise InputError(f"{where}.{field.name} is {value!r}, but must be one of {names}.")
