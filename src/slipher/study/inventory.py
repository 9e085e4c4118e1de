"""Everything that has a name: networks, methods, constraints, presets."""

from pathlib import Path
from typing import Any

from slipher.constraints.config import CONSTRAINTS, constraint_class, constraint_options
from slipher.methods.base import METHODS
from slipher.networks.build import parameters
from slipher.networks.config import CONFIGURATIONS
from slipher.study.config import preset_names

__all__ = ["inventory"]


def inventory() -> dict[str, list[Any]]:
    """What ``slipher list --json`` prints; parameters are counted at five bands and 180 bins."""
    return {
        "networks": [{"name": name, "parameters": parameters(config)} for name, config in CONFIGURATIONS.items()],
        "methods": list(METHODS),
        "constraints": [
            {"name": name, "options": constraint_options(constraint_class(name, Path()))} for name in CONSTRAINTS
        ],
        "presets": preset_names(),
    }
