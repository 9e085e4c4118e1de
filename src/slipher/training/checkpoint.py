"""Checkpoints: weights, batch statistics and the optimiser's memory as safetensors, the rest as JSON in its header.

One file, renamed into place, so that its parts can never be of different epochs.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from torch.optim import Optimizer

from slipher.errors import InputError
from slipher.files import replacing

__all__ = ["read_state", "read_weights", "restore", "save", "save_weights"]

KEY = "slipher"


def save(path: Path, network: nn.Module, optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Write all that training needs to continue, whole or not at all; ``state`` is anything JSON can say."""
    memory = {
        f"optimizer.{index}.{name}": value
        for index, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
        if value is not None
    }
    weights = {f"network.{name}": value for name, value in network.state_dict().items()}
    _write(path, weights | memory, {KEY: json.dumps(state, allow_nan=False)})


def restore(path: Path, network: nn.Module, optimizer: Optimizer) -> dict[str, Any]:
    """Bring network and optimiser back to where a checkpoint was written, and give its state.

    Raises:
        InputError: if the file is damaged.
    """
    tensors = read_weights(path)
    network.load_state_dict(_below(tensors, "network."))
    _restore_memory(optimizer, _below(tensors, "optimizer."))
    return read_state(path)


def read_state(path: Path) -> dict[str, Any]:
    """The state of a checkpoint, without its tensors.

    Raises:
        InputError: if the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            state: dict[str, Any] = json.loads((file.metadata() or {})[KEY])
    except (SafetensorError, KeyError) as error:
        raise _damaged(path, error) from error
    return state


def save_weights(path: Path, network: nn.Module) -> None:
    """Write weights and batch statistics alone."""
    _write(path, dict(network.state_dict()), None)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor of a file.

    Raises:
        InputError: if the file is absent or damaged.
    """
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def _restore_memory(optimizer: Optimizer, memory: dict[str, Tensor]) -> None:
    """Give Adam its moments back, or SGD its momentum, each in the memory format of its parameter.

    A fused step relies on that.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in memory.items():
        index, _, key = name.partition(".")
        parameter = parameters[int(index)]
        like = torch.empty_like(parameter) if value.shape == parameter.shape else torch.empty_like(value)
        state.setdefault(int(index), {})[key] = like.detach().copy_(value)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None) -> None:
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as temporary:
        temporary.write_bytes(to_bytes(plain, metadata))


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is a damaged checkpoint ({error}); remove its folder to train anew.")
