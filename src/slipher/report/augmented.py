"""Densities of the same galaxies, turned, flipped, and with their sky drawn anew."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from slipher.density.histogram import Density
from slipher.methods.base import load
from slipher.methods.neural import NeuralModel
from slipher.report.folder import Group
from slipher.survey.rgb import pictures
from slipher.survey.store import Galaxies
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.examples import Recipe, pixels

__all__ = ["Sight", "augmented_masses", "see"]


class Sight(NamedTuple):
    """How a group sees some galaxies."""

    mass: Float[np.ndarray, "galaxies views bins"]
    pictures: list[UInt8[np.ndarray, "y x 3"]] | None
    """What the network was shown; None where nothing was."""
    reason: str
    """Why there is one view only, where that is so."""


def see(group: Group, density: Density, store: Galaxies | None, training: TrainingConfig) -> Sight:
    """Show galaxies to the first model of a group under many views, or say why that cannot be.

    Args:
        group: Whose model.
        density: The galaxies, with the densities the study left.
        store: Where their images are, if anywhere.
        training: The group's, which says how a background is drawn.
    """
    alone = density.mass[:, None]
    if group.method != "neural":
        return Sight(alone, None, f"{group.method} sees no images that could be turned.")
    if store is None or not group.runs[0].model.exists():
        return Sight(alone, None, "the galaxies or the model are no longer where the study left them.")
    model = load(group.runs[0].model)
    if not isinstance(model, NeuralModel) or model.network.inputs != "images" or not store.has("images"):
        return Sight(alone, None, "the network sees measured photometry, no images that could be turned.")
    rows = _places(density, store)
    if rows is None:
        return Sight(alone, None, "the store no longer holds these galaxies.")
    galaxies = store[rows]
    return Sight(augmented_masses(model, galaxies, training), list(pictures(galaxies)), "")


def augmented_masses(
    model: NeuralModel, galaxies: Galaxies, training: TrainingConfig, views: int = 20
) -> Float[np.ndarray, "galaxies views bins"]:
    """Probability per bin of each galaxy under random symmetries and backgrounds, the same at every call.

    Args:
        model: A network on images.
        galaxies: Some labelled galaxies of a store with images.
        training: Says which background operator; where the store lacks the measured sky only the symmetry is drawn.
        views: How many views of each.
    """
    robust = training.sky == "robust"
    measured = galaxies.has("sky") and galaxies.has("sources")
    operations = ("symmetry", "background") if measured or not robust else ("symmetry",)
    examples = Recipe(model.grid, pixels, sky=robust and measured).read(galaxies)
    repeated = examples[torch.arange(len(galaxies)).repeat_interleave(views)]
    correlation = torch.from_numpy(galaxies.sky_correlation) if galaxies.has("correlation") else None
    augment = Augmenter(training.sky, training.clips, correlation, model.size)
    images = augment(repeated, operations, torch.Generator().manual_seed(0))
    model.network.eval()
    with torch.inference_mode():
        mass = model.network(images, repeated.ebv).float().softmax(dim=1)
    return np.asarray(mass.double()).reshape(len(galaxies), views, model.grid.bins)


def _places(density: Density, store: Galaxies) -> Int[np.ndarray, "galaxies"] | None:
    """Positions of the galaxies in the store by their ids, or None if one is not there."""
    if density.id is None:
        return None
    ids, wanted = store.id.astype(str), density.id.astype(str)
    order = np.argsort(ids, kind="stable")
    found = order[np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)]
    return found if np.array_equal(ids[found], wanted) else None
