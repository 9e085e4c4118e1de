"""A network whose trunk was pretrained without labels (Hayat et al. 2021): pretrain, then train as ``neural`` does.

A study's group says ``method: pretrained`` and, if the published values are not wanted, ``options: {pretrain: {epochs:
50}}`` with the keys of ``PretrainConfig``; with ``training: {frozen: trunk}`` it is a linear probe, with ``training:
{labels: 0.01}`` the labels are few while the trunk has still seen every image.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from slipher.errors import InputError
from slipher.methods import neural
from slipher.methods.base import Job, Model
from slipher.methods.file import ModelFile
from slipher.methods.network.checks import OPTIONS, blueprint
from slipher.methods.network.preparation import labelled
from slipher.methods.network.pretraining import Pretraining, check_views, pretrain
from slipher.survey.store import Galaxies, open_store
from slipher.survey.supply import Supply
from slipher.training.config import TrainingConfig
from slipher.training.momentum import encoder_of
from slipher.training.pretrain_config import PretrainConfig

__all__ = ["check", "fit", "restore"]


def check(galaxies: Supply, job: Job) -> None:
    """See that a trunk can be pretrained, and trained from, on such galaxies.

    Raises:
        InputError: if not; says why.
    """
    allowed = ("pretrain", *OPTIONS)
    other = [name for name in job.options if name not in allowed]
    if other:
        raise InputError(f"method pretrained has no option {other[0]}; allowed: {', '.join(allowed)}.")
    if job.training.start is not None:
        raise InputError("training.start is given, but method pretrained begins from its own trunk; leave one out.")
    config = PretrainConfig.from_options(job.options.get("pretrain", {}))
    encoder_of(blueprint(job, galaxies.bands), job.network.name, config.width)
    # a trunk that is kept frozen is its own, so that no file is missed
    neural.check(galaxies, _training_job(job, replace(job.training, frozen="none")))
    check_views(galaxies, config.augment)


def fit(galaxies: Galaxies, job: Job) -> neural.NeuralModel:
    """Pretrain a trunk on all training images of the store, then train from it on the labelled ones.

    Args:
        galaxies: a store, or its training part.
        job: as ``neural`` takes it; ``pretrain`` of its options holds keys of ``PretrainConfig``. The trunk lies in
            ``pretraining`` of the job's folder, where it is found when the same job is done again.

    Raises:
        InputError: for anything in the job or the store that does not fit; says what.
    """
    check(galaxies, job)
    # before the long pretraining rather than after it
    labelled(galaxies, job.grid)
    config = PretrainConfig.from_options(job.options.get("pretrain", {}))
    if job.folder is not None:
        return _fitted(galaxies, job, config, job.folder)
    with tempfile.TemporaryDirectory() as folder:
        return _fitted(galaxies, job, config, Path(folder))


def restore(file: ModelFile) -> Model:
    """Refuse a trunk, which predicts nothing; what ``fit`` gives is saved as a model of ``neural``.

    Raises:
        InputError: always.
    """
    raise InputError(
        "the file holds a pretrained trunk, which predicts nothing yet; train from it with --training.start FILE."
    )


def _training_job(job: Job, training: TrainingConfig) -> Job:
    """What comes after the pretraining."""
    options = {name: value for name, value in job.options.items() if name != "pretrain"}
    return replace(job, training=training, options=options)


def _fitted(galaxies: Galaxies, job: Job, config: PretrainConfig, folder: Path) -> neural.NeuralModel:
    """Pretrain below a folder, then train."""
    what = Pretraining(open_store(galaxies.path), job.network, config, job.training, job.seed)
    trunk = pretrain(what, folder / "pretraining", label=f"{job.label}, pretraining", progress=job.progress)
    return neural.fit(galaxies, _training_job(job, replace(job.training, start=str(trunk))))
