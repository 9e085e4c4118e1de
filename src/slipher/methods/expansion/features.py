"""What FlexCode regresses on: measured photometry, or what a trained network sees in the galaxies."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from slipher.errors import InputError
from slipher.methods.expansion.embedding import embedding, width
from slipher.methods.file import ModelFile, naming, read_model
from slipher.methods.network import model as neural_model
from slipher.methods.network.model import NeuralModel
from slipher.methods.photometry.completion import Completion
from slipher.methods.photometry.features import magnitude_and_colours
from slipher.methods.photometry.measured import USE, completion_of, measured
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply

__all__ = ["Embedding", "Photometry", "restored_features"]

Seen = tuple[Float32[np.ndarray, "galaxies features"], Bool[np.ndarray, "galaxies"]]


@dataclass(frozen=True, eq=False)
class Photometry:
    """The reference magnitude, the adjacent colours, and whitened magnitudes; gaps filled in."""

    system: MagnitudeSystem
    completion: Completion

    @classmethod
    def of(cls, train: Galaxies) -> "Photometry":
        """As the training galaxies have them."""
        system = MagnitudeSystem.of(train, USE.format("flexcode"))
        return cls(system, completion_of(train, system, "flexcode"))

    def __call__(self, galaxies: Galaxies) -> Seen:
        """The features, and whether anything is known of each galaxy."""
        found = measured(galaxies, self.system, self.completion, "flexcode")
        plain = magnitude_and_colours(found.magnitudes, self.system.bands)
        return np.column_stack([plain, self.completion.whitened(found.magnitudes)]).astype(np.float32), found.known

    @property
    def count(self) -> int:
        """Number of features."""
        return 2 * len(self.system.bands)

    @property
    def header(self) -> dict[str, Any]:
        """For a model file."""
        return asdict(self.system)

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """For a model file."""
        return {"mean": self.completion.mean, "covariance": self.completion.covariance}


@dataclass(frozen=True, eq=False)
class Embedding:
    """The input of a network's last layer; the network goes along."""

    file: ModelFile
    """That of the network."""

    @cached_property
    def model(self) -> NeuralModel:
        """The network.

        Raises:
            InputError: if the file holds none.
        """
        return neural_model.restore(self.file)

    @classmethod
    def of(cls, path: Path) -> "Embedding":
        """Of the file of a neural model.

        Raises:
            InputError: if it is the file of something else.
        """
        file = read_model(path)
        with naming(path):
            method = file.value("method", str)
            if method != "neural":
                raise InputError(f"this is a model of method {method}, which has no layers; name a network's.")
            return cls(file)

    def check(self, galaxies: Supply) -> None:
        """See that the galaxies suit the network.

        Raises:
            InputError: says in what they do not.
        """
        self.model.check(galaxies)

    def __call__(self, galaxies: Galaxies) -> Seen:
        """The features; something is known of every galaxy that a network takes."""
        return embedding(self.model, galaxies).astype(np.float32), np.ones(len(galaxies), bool)

    @property
    def count(self) -> int:
        """Number of features."""
        return width(self.model)

    @property
    def header(self) -> dict[str, Any]:
        """For a model file."""
        return {"network": dict(self.file.header)}

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """For a model file."""
        return {f"network/{name}": array for name, array in self.file.tensors.items()}


def restored_features(file: ModelFile) -> Photometry | Embedding:
    """The features that a model file tells of.

    Raises:
        InputError: if it tells of none that can be.
    """
    if "network" in file.header:
        return Embedding(file.part("network"))
    return Photometry(MagnitudeSystem.stored(file), Completion.stored(file))
