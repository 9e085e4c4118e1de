"""The model file: safetensors, its configuration as JSON in the header, the same bytes for the same model."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from slipher.errors import InputError
from slipher.files import replacing

__all__ = ["read_model", "write_model"]

KEY = "slipher"  # one key only: the order of several would change from run to run
FORMAT = "slipher-model"
VERSION = 1


def write_model(path: Path, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> None:
    """Write a model file, whole or not at all.

    Args:
        path: where to.
        header: anything JSON can say; must hold "method", which names who can restore it.
        tensors: name to array.
    """
    document = {"format": FORMAT, "format_version": VERSION, **header}
    text = json.dumps(document, sort_keys=True, allow_nan=False)
    with replacing(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, temporary, {KEY: text})


def read_model(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a model file: its header and its arrays.

    Raises:
        InputError: if it is absent, a pickle, truncated, or not one of ours.
    """
    _refuse_pickles(path)
    try:
        with safe_open(path, framework="numpy") as file:
            header = _header(path, file.metadata())
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(
            f"{path} is damaged or no safetensors file ({error}); copy or train the model again."
        ) from error


def _refuse_pickles(path: Path) -> None:
    """Say so when a file looks like a pickle or an archive made by torch.save."""
    if not path.is_file():
        raise InputError(f"{path} is not there; give the path of a model file, such as model.safetensors.")
    with path.open("rb") as file:
        start = file.read(9)
    # a safetensors file opens with the length of its header, then the brace of the JSON
    if start[8:] != b"{" and (start.startswith(b"PK") or start[:1] == b"\x80"):
        raise InputError(
            f"{path} is a pickle, and a pickle is never loaded, since it can run any program; "
            "give a model.safetensors written by slipher."
        )


def _header(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """The JSON of the header, checked."""
    header = json.loads((metadata or {}).get(KEY, "{}"))
    if header.get("format") != FORMAT:
        raise InputError(f"{path} is a safetensors file but no slipher model; give one that slipher wrote.")
    if header.get("format_version") != VERSION:
        raise InputError(
            f"{path} has model format {header.get('format_version')}, but this slipher reads {VERSION}; "
            "install the slipher that wrote it, or train it again."
        )
    return dict(header)
