"""Constraints by name, as a study file gives them; no torch until one is made."""

import importlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.options import check_choice, choices

if TYPE_CHECKING:
    from slipher.constraints.base import Constraint
    from slipher.constraints.terms import Terms

__all__ = ["CONSTRAINTS", "constraint_class", "constraint_options", "from_config"]

CONSTRAINTS: dict[str, tuple[str, str]] = {
    "flux": ("slipher.constraints.flux", "Flux"),
    "invariance": ("slipher.constraints.invariance", "Invariance"),
    "cde": ("slipher.constraints.cde", "CDELoss"),
}
"""Name of each constraint, its module and its class."""


def from_config(config: Mapping[str, Any], base: Path | None = None) -> "Terms":
    """The weighted sum that a study file describes.

    Args:
        config: a constraint's name, or ``file.py:Class``, to its weight or to ``{"weight": 0.1, option: value}``.
        base: folder that ``file.py`` is looked up from; None is the current one.

    Raises:
        InputError: names the key and what is allowed.
    """
    from slipher.constraints.terms import Terms

    return sum((_weighted(name, entry, base or Path()) for name, entry in config.items()), start=Terms())


def constraint_class(name: str, base: Path) -> "type[Constraint]":
    """The class of a constraint by its name or by ``file.py:Class``.

    Raises:
        InputError: if there is no such constraint, file or class.
    """
    if name in CONSTRAINTS:
        module, attribute = CONSTRAINTS[name]
        found: type[Constraint] = getattr(importlib.import_module(module), attribute)
        return found
    if ".py:" in name:
        return _from_file(name, base)
    raise InputError(
        f"constraints.{name} is not known; there are {', '.join(CONSTRAINTS)}, or one of your own as file.py:Class."
    )


def constraint_options(cls: "type[Constraint]") -> dict[str, Any]:
    """The options of a constraint and their defaults (None where there is none)."""
    return {field.name: None if field.default is MISSING else field.default for field in fields(cls)}


def _weighted(name: str, entry: Any, base: Path) -> "Terms":
    """One entry of the configuration."""
    options = dict(entry) if isinstance(entry, Mapping) else {"weight": entry}
    weight = options.pop("weight", None)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
        raise InputError(f"constraints.{name}.weight is {weight!r}, but must be a number of at least 0, such as 0.1.")
    cls = constraint_class(name, base)
    allowed = constraint_options(cls)
    for key, value in options.items():
        _check_option(f"constraints.{name}.{key}", value, key, allowed)
        if key in choices(cls):
            check_choice(value, choices(cls)[key], f"constraints.{name}.{key}")
    try:
        return float(weight) * cls(**options)
    except (TypeError, ValueError) as error:
        # a class of the user's own may want options that it is not given, or refuse those that it is
        raise InputError(f"constraints.{name}: {cls.__name__} cannot be made with {options}: {error}.") from error


def _check_option(where: str, value: Any, key: str, allowed: Mapping[str, Any]) -> None:
    """Check an option's name, and that its value is of the kind of the default."""
    if key not in allowed:
        raise InputError(f"{where} is not known; allowed are {', '.join(['weight', *allowed])}.")
    default = allowed[key]
    kind = float if isinstance(default, float) else type(default)
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if default is not None and (not fits or isinstance(value, bool) != isinstance(default, bool)):
        raise InputError(f"{where} is {value!r}, but must be of type {kind.__name__}, such as {default!r}.")


def _from_file(name: str, base: Path) -> "type[Constraint]":
    """A user's own class, from a file of theirs."""
    from slipher.constraints.base import Constraint

    file, _, attribute = name.rpartition(":")
    path = (base / file).resolve()
    if why := unreadable(path):
        raise InputError(f"constraints.{name}: {path} {why}; give its path from the study file's folder.")
    cls = getattr(_module(name, path), attribute, None)
    if not (inspect.isclass(cls) and issubclass(cls, Constraint)):
        raise InputError(f"constraints.{name}: {path} has no subclass of slipher's Constraint called {attribute!r}.")
    if inspect.isabstract(cls):
        raise InputError(f"constraints.{name}: {attribute} in {path} defines no penalty(p, batch).")
    return cls


def _module(name: str, path: Path) -> Any:
    """Run a user's file as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"slipher_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"constraints.{name}: {path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(f"constraints.{name}: {path} does not run: {type(error).__name__}: {error}.") from error
    return module
