"""Values of a JSON document as the types that they must have: the schema is the type, and this is all that checks."""

import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from reprlib import repr as shortened
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from slipher.errors import InputError
from slipher.options import check_choice, choices

__all__ = ["parsed"]

MOST = {int: 2**63 - 1, float: sys.float_info.max}
"""The largest whole number and the largest number that are taken."""
NAMES = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}
"""What the plain types are called."""


def parsed(kind: Any, value: Any, where: str) -> Any:
    """A value as a type.

    Args:
        kind: bool, int, float, str, ``X | None``, ``tuple[X, ...]``, ``tuple[X, Y]``, ``Mapping[str, Any]``, or a
            dataclass of fields of such types or of a Literal.
        value: as JSON gives it.
        where: its key, for the error.

    Raises:
        InputError: names the key and what it must hold.
    """
    inner = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return None if value is None else parsed(next(one for one in inner if one is not NoneType), value, where)
    if get_origin(kind) is tuple:
        return _row(inner, value, where)
    if is_dataclass(kind):
        return _record(kind, value, where)
    if get_origin(kind) is Mapping:
        return _table(value, where)
    return _plain(kind, value, where)


def _plain(kind: Any, value: Any, where: str) -> Any:
    """A truth value, a number or text; true is no number, and a whole number is one."""
    accepted = (int, float) if kind is float else (kind,)
    # NaN is not within any limits, and neither is a number that no float can hold
    if type(value) not in accepted or (kind in MOST and not -MOST[kind] <= value <= MOST[kind]):
        raise _wrong(where, value, NAMES[kind])
    return kind(value)


def _row(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    """A list, of any length if the last of its types is ``...``."""
    if not isinstance(value, list | tuple):
        raise _wrong(where, value, "a list")
    each = kinds[:1] * len(value) if kinds[-1] is ... else kinds
    if len(each) != len(value):
        raise _wrong(where, value, f"a list of {len(each)}")
    return tuple(
        parsed(kind, one, f"{where}[{place}]") for place, (kind, one) in enumerate(zip(each, value, strict=True))
    )


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(where, value, "a table of keys and values")
    return value


def _record(kind: Any, value: Any, where: str) -> Any:
    """A dataclass."""
    hints, own, limited = get_type_hints(kind), fields(kind), choices(kind)
    given = _table(value, where)
    unknown = [key for key in given if key not in hints]
    if unknown:
        raise InputError(
            f"{where} has a key {shortened(unknown[0])}, which this slipher does not know; it knows {', '.join(hints)}."
        )
    lacking = [field.name for field in own if field.name not in given and field.default is MISSING]
    if lacking:
        raise InputError(f"{where}.{lacking[0]} is missing.")
    found = {}
    for key, one in given.items():
        if key in limited:
            check_choice(one, limited[key], f"{where}.{key}")
        found[key] = one if key in limited else parsed(hints[key], one, f"{where}.{key}")
    return kind(**found)


def _wrong(where: str, value: Any, must: str) -> InputError:
    return InputError(f"{where} is {shortened(value)}, but must be {must}.")
