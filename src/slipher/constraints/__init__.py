"""Soft constraints: the paper's P terms, one file each, and the algebra that weights and adds them.

``0.1 * Flux() + 0.1 * Invariance() + 0.1 * CDELoss()``
"""

import importlib
from typing import Any

from slipher.constraints.config import CONSTRAINTS, from_config

__all__ = ["CONSTRAINTS", "Batch", "CDELoss", "Constraint", "Flux", "Invariance", "Terms", "Views", "from_config"]

_HOMES = {
    "Batch": "batch",
    "CDELoss": "cde",
    "Constraint": "base",
    "Flux": "flux",
    "Invariance": "invariance",
    "Terms": "terms",
    "Views": "batch",
}


def __getattr__(name: str) -> Any:
    """Import a class when it is first asked for, so that reading a study file needs no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
