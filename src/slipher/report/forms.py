"""What the JSON files of a study must look like, so that a damaged one is told before anything is drawn."""

import math
from collections.abc import Callable, Mapping
from reprlib import repr as shortened
from typing import Any

from slipher.errors import InputError

__all__ = ["ENVIRONMENT", "TABLE", "TIMINGS", "Form"]

Form = Callable[[Any, str], None]
"""Raises InputError if a value is of another form; the text says where it stands."""


def _plain(kinds: type | tuple[type, ...], name: str) -> Form:
    def check(value: Any, where: str) -> None:
        true, infinite = isinstance(value, bool), isinstance(value, float) and not math.isfinite(value)
        if not isinstance(value, kinds) or infinite or (true and kinds is not bool):
            raise _wrong(value, where, name)

    return check


def _maybe(form: Form) -> Form:
    return lambda value, where: None if value is None else form(value, where)


def _list(form: Form) -> Form:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise _wrong(value, where, "a list")
        for place, each in enumerate(value):
            form(each, f"{where}[{place}]")

    return check


def _values(form: Form) -> Form:
    """A mapping, whatever its keys."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _wrong(value, where, "a mapping of keys to values")
        for name, each in value.items():
            form(each, f"{where}.{name}")

    return check


def _record(required: Mapping[str, Form], allowed: Mapping[str, Form]) -> Form:
    """A mapping of some keys, which may have others too."""

    def check(value: Any, where: str) -> None:
        _values(lambda *_: None)(value, where)
        for name in required:
            if name not in value:
                raise InputError(f"{where} lacks {name}")
        for name, form in {**required, **{name: _maybe(form) for name, form in allowed.items()}}.items():
            if name in value:
                form(value[name], f"{where}.{name}")

    return check


def _wrong(value: Any, where: str, must: str) -> InputError:
    return InputError(f"{where} is {shortened(value)}, but must be {must}")


_TEXT, _TRUTH = _plain(str, "text"), _plain(bool, "true or false")
_NUMBER, _COUNT = _plain((int, float), "a finite number"), _plain(int, "a whole number")
_SCORE = _record({}, dict.fromkeys(("mean", "spread", "low", "high", "expected_low", "expected_high"), _NUMBER))
_ROW = _record(
    {"group": _TEXT, "metrics": _values(_maybe(_SCORE))},
    {"method": _TEXT, "seeds": _COUNT, "published": _TRUTH, "beside": _TEXT, "source": _TEXT}
    | {"train_seconds": _NUMBER, "images_per_second": _NUMBER},
)
_PAIR = {"group": _TEXT, "against": _TEXT}
_COMPARISON = _record({**_PAIR, "metric": _TEXT}, dict.fromkeys(("difference", "low", "high", "p"), _NUMBER))
_SENTENCE = _record({**_PAIR, "sentence": _TEXT}, {"metric": _TEXT})

TABLE = _record(
    {"rows": _list(_ROW)},
    {"comparisons": _list(_COMPARISON), "sentences": _list(_SENTENCE), "published_left_out": _TEXT},
)
TIMINGS = _record(
    {},
    {
        "stages": _values(_NUMBER),
        "runs": _values(_record({}, {"train_seconds": _NUMBER, "images_per_second": _NUMBER})),
    },
)
ENVIRONMENT = _record({}, {"store": _TEXT, "fingerprint": _TEXT, "simulated": _TRUTH, "source": _TEXT})
