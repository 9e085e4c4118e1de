"""What FlexCode regresses on: measured photometry, or what a trained network sees in the galaxies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from slipher.errors import InputError
from slipher.methods.expansion.embedding import embedding
from slipher.methods.file import read_model
from slipher.methods.photometry.completion import Completion
from slipher.methods.photometry.features import reference_band
from slipher.methods.photometry.measured import completion_of, measured
from slipher.physics.magnitudes import colours
from slipher.survey.store import Galaxies

__all__ = ["Embedding", "Photometry", "restored_features"]

NETWORK = "network/"
"""What comes before the names of a network's tensors in the file."""

Seen = tuple[Float32[np.ndarray, "galaxies features"], Bool[np.ndarray, "galaxies"]]


@dataclass(frozen=True, eq=False)
class Photometry:
    """The reference magnitude, the adjacent colours, and whitened magnitudes; gaps filled in."""

    bands: tuple[str, ...]
    completion: Completion

    @classmethod
    def of(cls, train: Galaxies) -> "Photometry":
        """As the training galaxies have them."""
        return cls(train.bands, completion_of(train, "flexcode"))

    def __call__(self, galaxies: Galaxies) -> Seen:
        """The features, and whether anything is known of each galaxy."""
        found = measured(galaxies, self.bands, self.completion, "flexcode")
        reference = found.magnitudes[:, reference_band(self.bands)]
        columns = [reference, colours(found.magnitudes), self.completion.whitened(found.magnitudes)]
        return np.column_stack(columns).astype(np.float32), found.known

    @property
    def header(self) -> dict[str, Any]:
        """For a model file."""
        return {"bands": list(self.bands)}

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """For a model file."""
        return {"mean": self.completion.mean, "covariance": self.completion.covariance}


@dataclass(frozen=True, eq=False)
class Embedding:
    """The input of a network's last layer; the network goes along."""

    network: Mapping[str, Any]
    """The header of its file."""
    weights: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, path: Path) -> "Embedding":
        """Of the file of a neural model.

        Raises:
            InputError: if it is the file of something else.
        """
        header, tensors = read_model(path)
        if header["method"] != "neural":
            raise InputError(f"{path} is a model of method {header['method']}, which has no layers; name a network's.")
        return cls(header, tensors)

    def __call__(self, galaxies: Galaxies) -> Seen:
        """The features; something is known of every galaxy that a network takes."""
        found = embedding(self.network, self.weights, galaxies).astype(np.float32)
        return found, np.ones(len(galaxies), bool)

    @property
    def header(self) -> dict[str, Any]:
        """For a model file."""
        return {"network": dict(self.network)}

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """For a model file."""
        return {NETWORK + name: array for name, array in self.weights.items()}


def restored_features(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Photometry | Embedding:
    """The features that a model file tells of."""
    if "network" in header:
        own = {name.removeprefix(NETWORK): each for name, each in tensors.items() if name.startswith(NETWORK)}
        return Embedding(header["network"], own)
    completion = Completion(np.asarray(tensors["mean"]), np.asarray(tensors["covariance"]))
    return Photometry(tuple(header["bands"]), completion)
