"""A network trained on images or colours, under soft constraints (Engel & Strube): the method of the paper."""

import torch

from slipher.methods.base import Job
from slipher.methods.network.checks import check_training
from slipher.methods.network.ensemble import mean_history, member_jobs
from slipher.methods.network.model import NeuralModel, checked_views, mass, photometry, restore
from slipher.methods.network.preparation import Preparation
from slipher.methods.photometry.range import TrainingRange
from slipher.networks.build import build
from slipher.networks.colours import Colours
from slipher.networks.ensemble import Ensemble
from slipher.networks.heads import equal_logits
from slipher.networks.images import ImageNetwork
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply
from slipher.training.loop import train

__all__ = ["NeuralModel", "check", "fit", "mass", "photometry", "restore"]


def check(galaxies: Supply, job: Job) -> None:
    """See that a job can be trained on such galaxies.

    Raises:
        InputError: if not; says why.
    """
    check_training(galaxies, job)


def fit(galaxies: Galaxies, job: Job) -> NeuralModel:
    """Train a network on the labelled training galaxies; the validation galaxies choose the epoch.

    Args:
        galaxies: a store, or its training part (the validation galaxies are then taken from the store).
        job: grid, network, training, augment, constraints; of its options ``views`` (1 or 8) is for prediction, and
            ``members`` networks are trained whose densities are averaged.

    Raises:
        InputError: for anything in the job or the store that does not fit; says what.
    """
    check(galaxies, job)
    jobs, views = member_jobs(job), checked_views(job.options.get("views", 1))
    first = _network(jobs[0], galaxies.bands)
    preparation = Preparation(galaxies, job, first.inputs, first.wants_classes)
    trained, histories = [], []
    for place, member in enumerate(jobs):
        network = _network(member, galaxies.bands) if place else first
        histories.append(train(preparation.task(network, member)))
        trained.append(network.cpu())
    history = mean_history(histories)
    if job.folder is not None and len(jobs) > 1:
        history.write(job.folder / "history.csv")
    on_images = first.inputs != "photometry"
    return NeuralModel(
        grid=job.grid,
        config=job.network,
        network=Ensemble(trained) if len(trained) > 1 else trained[0],
        bands=galaxies.bands,
        shape=galaxies.shape if on_images else None,
        pixel_scale=galaxies.pixel_scale if on_images else None,
        system=preparation.system,
        views=views,
        history=history,
        seen=TrainingRange.of(galaxies.train),
    )


def _network(job: Job, bands: tuple[str, ...]) -> ImageNetwork | Colours:
    """A network initialised by the job's seed, without touching anybody else's random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(job.seed)
        network = build(job.network, bands, job.grid.bins)
    if job.training.logits == "equal":
        equal_logits(network)
    return network
