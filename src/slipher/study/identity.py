"""What a model or densities depend on, as one digest, by which a finished or half-finished work is known again.

Files that are read count by their content, wherever they lie. What does not change the outcome, such as how many
threads compute it, does not count.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slipher.files import content_of
from slipher.methods.base import NETWORKS, Model
from slipher.study.config import Catalogue, Simulate, StudyConfig
from slipher.study.folder import Run
from slipher.study.jobs import seeded
from slipher.survey.store import Galaxies, open_store

__all__ = ["galaxies_of", "identity_of_densities", "identity_of_model"]


def identity_of_model(config: StudyConfig, run: Run, galaxies: Any) -> str:
    """Of what a run of a study trains.

    Args:
        config: the study, normalised.
        run: of which group and seed count.
        galaxies: which galaxies they are, in anything JSON can say, such as the store's fingerprint.
    """
    group = config.groups[run.group]
    document = {
        "galaxies": galaxies,
        "drop_outside": config.drop_outside,
        "grid": asdict(config.grid),
        "seed": run.seed if seeded(group.method) else None,
        "method": group.method,
        "options": _contents(group.options),
    }
    if group.method in NETWORKS:
        document |= {
            "network": asdict(config.network_of(run.group)),
            "training": _contents(asdict(config.training_of(run.group))),
            "augment": group.augment,
            "constraints": [[_content(name), term] for name, term in sorted(group.constraints.items())],
        }
    return _digest(document)


def identity_of_densities(model: Model, galaxies: Galaxies) -> str:
    """Of what a model says of galaxies."""
    rows = hashlib.sha256(galaxies.rows.tobytes()).hexdigest()
    engine = getattr(model, "engine", None)
    return _digest({"model": _saved(model), "engine": engine, "store": galaxies.fingerprint, "rows": rows})


def galaxies_of(data: Simulate | Catalogue | str) -> Any:
    """Which galaxies a study has, before they are made.

    Raises:
        InputError: if they are to be a store's, and it cannot be opened.
    """
    match data:
        case str(path):
            return open_store(path).fingerprint
        case Simulate():
            return asdict(data)
        case Catalogue(file, columns):
            return [_content(file), columns and _contents(asdict(columns))]


def _saved(model: Model) -> str:
    """The digest of a model's file, be it from one or trained just now."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        model.save(path)
        return content_of(path)


def _contents(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _content(value) for name, value in options.items()}


def _content(value: Any) -> Any:
    """What is in the file that a value names, as FILE or FILE:NAME; any other value as it is."""
    if not isinstance(value, str | Path):
        return value
    file, _, name = str(value).rpartition(":")
    # all paths in a study are absolute
    for path, rest in ((Path(value), ""), (Path(file), name)):
        if path.is_absolute() and path.is_file():
            return [content_of(path), rest]
    return str(value)


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()
