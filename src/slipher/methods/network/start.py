"""Weights to begin a training from: those of a model file that fit."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from slipher.errors import InputError
from slipher.methods.file import ModelFile, naming, read_model
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.networks.config import CONFIGURATIONS, NetworkConfig
from slipher.networks.heads import last_layers
from slipher.networks.released import is_pickle, read_released

__all__ = ["Start"]

CONFIGURED = ("extinction",)
"""Buffers that the configuration sets and no training changes."""
FIRST = "members.0."
"""What stands before the names of an ensemble's first member, which is the one to begin from."""
ENOUGH = 0.5
"""Part of the trunk's weights that must fit; the first layer may be of other bands."""
NAMED = 4
"""Tensors that are named when they are not in the file."""
TREATMENT = ("stem", "stretch", "deredden")
"""What may differ without any tensor changing its shape."""


class Start:
    """The tensors of a model file, of a pretrained trunk, or of a checkpoint that Hayat et al. published.

    Args:
        path: the file.

    Raises:
        InputError: if it is none of these.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = _read(Path(path))
        with naming(self._file.path):
            self._network: NetworkConfig | None = self._file.value("network", NetworkConfig, None)
        self._tensors = {name.removeprefix(FIRST): tensor for name, tensor in self._file.tensors.items()}

    def system(self, bands: tuple[str, ...]) -> MagnitudeSystem | None:
        """The magnitudes that the file's network was shown, if it was shown any, in these bands."""
        softening = self._file.header.get("softening")
        with naming(self._file.path):
            return MagnitudeSystem.stored(self._file) if softening and self._file.bands == bands else None

    def give(self, network: nn.Module, config: NetworkConfig) -> str:
        """Give a network every tensor of equal name and shape: weights, batch statistics, and the scale of its inputs.

        Args:
            network: of any state.
            config: what it is.

        Returns:
            What was taken and what was not, in words.

        Raises:
            InputError: if the file is of another architecture.
        """
        self.check(network, config)
        fitting = self._fitting(network.state_dict())
        network.load_state_dict(fitting, strict=False)
        return self._words(network, config, fitting)

    def check(self, network: nn.Module, config: NetworkConfig) -> None:
        """See that the file is of this architecture; the network may be on the meta device.

        Raises:
            InputError: if it is of another.
        """
        fitting = self._fitting(network.state_dict())
        other = config.name if self._network is None else self._network.name
        if other != config.name or _share(network, fitting) < ENOUGH:
            raise InputError(
                f"training.start: {self._path} holds a network {other}, whose layers do not fit those of the network "
                f"{config.name} that is to be trained; give a model of that architecture, or set network.name "
                f"to {other}."
            )

    def _fitting(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        given = {
            name: torch.from_numpy(np.array(self._tensors[name]))
            for name in own
            if name in self._tensors and name not in CONFIGURED and _may_fit(self._tensors[name], own[name])
        }
        # a model file keeps a single number as a row of one
        shaped = {
            name: value.reshape(()) if own[name].ndim == 0 and value.numel() == 1 else value
            for name, value in given.items()
        }
        return {name: value for name, value in shaped.items() if value.shape == own[name].shape}

    def _words(self, network: nn.Module, config: NetworkConfig, fitting: dict[str, Tensor]) -> str:
        names = [name for name in network.state_dict() if name not in CONFIGURED]
        drawn = [name for name in names if name not in fitting]
        more = f" and {len(drawn) - NAMED} more" if len(drawn) > NAMED else ""
        kept = f"; drawn anew: {', '.join(drawn[:NAMED])}{more}" if drawn else ""
        unused = len(set(self._tensors) - set(fitting) - set(CONFIGURED))
        left = f"; {unused} of the file are not used" if unused else ""
        theirs = self._network or config
        unlike = [key for key in TREATMENT if getattr(theirs, key) != getattr(config, key)]
        note = f"; its {' and '.join(unlike)} was another" if unlike else ""
        return f"beginning from {self._path}: {len(fitting)} of {len(names)} tensors taken{kept}{left}{note}"


def _may_fit(given: np.ndarray, own: Tensor) -> bool:
    """Whether a tensor has as many numbers as the network's; others are not copied, however many they claim to be."""
    return int(given.size) == own.numel()


def _read(path: Path) -> ModelFile:
    """A file of ours, or one that Hayat et al. published."""
    if is_pickle(path):
        published = {name: value.numpy() for name, value in read_released(path).items()}
        return ModelFile(path, {"network": asdict(CONFIGURATIONS["hayat"])}, published)
    return read_model(path)


def _share(network: nn.Module, fitting: dict[str, Tensor]) -> float:
    """The part of the trunk's weights that fit."""
    last = {id(parameter) for layer in last_layers(network) for parameter in layer.parameters()}
    trunk = {name: each.numel() for name, each in network.named_parameters() if id(each) not in last}
    return sum(size for name, size in trunk.items() if name in fitting) / max(sum(trunk.values()), 1)
