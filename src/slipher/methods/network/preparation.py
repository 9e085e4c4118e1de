"""From a job and its galaxies to what the training loop is given."""

import hashlib
import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from slipher.constraints.flux import Flux
from slipher.constraints.terms import Terms
from slipher.errors import InputError
from slipher.files import content_of
from slipher.methods.base import Job
from slipher.methods.network.checks import needs_sky, terms_of
from slipher.methods.network.model import USE, photometry
from slipher.methods.network.morphology import morphology
from slipher.methods.network.start import Start
from slipher.methods.photometry.features import spread
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.networks.colours import Colours
from slipher.networks.images import ImageNetwork
from slipher.networks.mixed import MixedNetwork
from slipher.physics.reddening import reddening_coefficients
from slipher.progress import say
from slipher.redshift import Grid
from slipher.survey.store import Galaxies, open_store
from slipher.training.augment import Augmenter
from slipher.training.examples import Reader, Recipe, pixels
from slipher.training.labels import chosen_labels
from slipher.training.loop import Task
from slipher.training.responses import Responses
from slipher.training.skyunit import sky_unit
from slipher.training.step import Objective

__all__ = ["Preparation", "labelled"]


class Preparation:
    """All that the members of an ensemble share: galaxies, what is read of them, their scale, and what is minimised.

    Args:
        galaxies: a store, or its training part.
        job: what is trained.
        inputs: what its network takes, "images", "photometry" or "both".
        classes: whether it is shown classes of galaxies in training.

    Raises:
        InputError: for galaxies that cannot be trained on; the job was checked before.
    """

    def __init__(self, galaxies: Galaxies, job: Job, inputs: str, classes: bool = False) -> None:
        terms = terms_of(job)
        self._start = Start(job.training.start) if job.training.start else None
        train, validation = labelled(galaxies, job.grid)
        self._sigma = torch.from_numpy(sky_unit(train)) if inputs != "photometry" else None
        self.system = self._magnitudes(train) if inputs != "images" else None
        self._features = _spread(train, self.system) if self.system is not None else None
        self._rows = train[chosen_labels(train.id, job.training.labels)] if job.training.labels < 1 else train
        recipe = replace(_recipe(galaxies, job, terms, self.system, inputs), classes=morphology if classes else None)
        self._train, self._validation = Reader(self._rows, recipe), Reader(validation, recipe)
        augmenter = _augmenter(galaxies, job, self._sigma)
        self._objective = Objective(job.grid, terms, job.training.reduction, augmenter, job.training.loss)

    def task(self, network: ImageNetwork | Colours, job: Job) -> Task:
        """What the loop is given to train one network.

        Args:
            network: freshly drawn; it is told the scale of what it will see, and begins from ``training.start``.
            job: whose seed, folder and label count.
        """
        self._calibrate(network)
        if self._start is not None:
            say(f"{job.label}: {self._start.give(network, job.network)}")
        return Task(
            network=network,
            train=self._train,
            validation=self._validation,
            objective=self._objective,
            config=job.training,
            augment=job.augment,
            seed=job.seed,
            folder=job.folder,
            identity=self._identity(job),
            label=job.label,
            progress=job.progress,
        )

    def _magnitudes(self, train: Galaxies) -> MagnitudeSystem:
        """Those of the model to begin from, whose scale of features is taken too, or what suits the galaxies."""
        given = None if self._start is None else self._start.system(tuple(train.bands))
        return MagnitudeSystem.of(train, USE) if given is None else given

    def _calibrate(self, network: ImageNetwork | Colours) -> None:
        """Give the network the scale of what it will see, from the training galaxies, with or without their labels."""
        if isinstance(network, ImageNetwork) and self._sigma is not None:
            network.calibrate(self._sigma)
        if isinstance(network, Colours) and self._features is not None:
            network.calibrate(*self._features)
        if isinstance(network, MixedNetwork) and self._features is not None:
            network.calibrate_photometry(*self._features)

    def _identity(self, job: Job) -> str:
        """A digest of all that determines the outcome, so that no other training's checkpoint is taken up."""
        start = job.training.start
        document = {
            "store": self._rows.fingerprint,
            "rows": hashlib.sha256(self._rows.rows.tobytes()).hexdigest(),
            "grid": asdict(job.grid),
            "network": asdict(job.network),
            "training": asdict(job.training) | {"start": start and content_of(Path(start))},
            "augment": job.augment,
            "constraints": repr(self._objective.terms),
            "seed": job.seed,
        }
        if self.system is not None:
            document["softening"] = self.system.softening
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def labelled(galaxies: Galaxies, grid: Grid) -> tuple[Galaxies, Galaxies]:
    """Training and validation galaxies with a redshift.

    Raises:
        InputError: if there are too few, or one lies outside the grid.
    """
    whole = galaxies if len(galaxies.validation) else open_store(galaxies.path)
    return _inside(galaxies.train, grid, "training", 2), _inside(whole.validation, grid, "validation", 1)


def _inside(part: Galaxies, grid: Grid, name: str, least: int) -> Galaxies:
    """The labelled galaxies of a part, all of them inside the grid."""
    labelled = part[np.isfinite(part.redshift)]
    if len(labelled) < least:
        raise InputError(f"{part.path} has {len(labelled)} labelled {name} galaxies; it needs at least {least}.")
    grid.index(labelled.redshift)
    return labelled


def _spread(galaxies: Galaxies, system: MagnitudeSystem) -> tuple[Float[Tensor, "features"], Float[Tensor, "features"]]:
    """Mean and standard deviation of the features of photometry."""
    mean, deviation = spread(photometry(galaxies, system).astype(np.float64))
    return torch.from_numpy(mean), torch.from_numpy(deviation)


def _recipe(galaxies: Galaxies, job: Job, terms: Terms, system: MagnitudeSystem | None, inputs: str) -> Recipe:
    """What is read of each galaxy; its magnitudes if there is a system of them."""
    measured = None if system is None else partial(photometry, system=system)
    flux = terms.of_type(Flux)
    return Recipe(
        grid=job.grid,
        inputs=pixels if measured is None or inputs == "both" else measured,
        photometry=measured if inputs == "both" else None,
        sky=needs_sky(job, terms),
        responses=_responses(galaxies, job, flux[0]) if flux else None,
    )


def _responses(galaxies: Galaxies, job: Job, flux: Flux) -> Responses:
    """The response table that the flux constraint looks up."""
    if job.responses is not None:
        return job.responses(galaxies, job.grid, flux)
    from slipher.survey.responses import response_cache

    return response_cache(open_store(galaxies.path), job.grid, flux)


def _augmenter(galaxies: Galaxies, job: Job, sigma: Float[Tensor, "bands"] | None) -> Augmenter:
    """The operators on images, with the numbers of this survey."""
    correlation = torch.from_numpy(galaxies.sky_correlation) if galaxies.has("correlation") else None
    size = job.network.size
    return Augmenter(
        sky=job.training.sky,
        clips=job.training.clips,
        correlation=correlation,
        size=None if size is None else (size, size),
        sigma=sigma,
        reddening=reddening_coefficients(galaxies.bands) if "reddening" in job.augment else None,
    )
