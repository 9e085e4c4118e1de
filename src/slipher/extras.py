"""Heavy or rare libraries, imported where they are used."""

import importlib
from types import ModuleType

from slipher.errors import InputError

__all__ = ["require"]


def require(module: str, extra: str) -> ModuleType:
    """Import a library that belongs to an optional extra.

    Raises:
        InputError: if the library is not installed; names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"{module} is not installed (or does not import: {error}); pip install 'slipher[{extra}]' brings it."
        ) from error
