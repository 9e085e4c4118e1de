"""Pretraining: trunks of networks, from images without labels."""

from pathlib import Path
from typing import Any

from slipher.training.pretrain_config import PretrainConfig
from slipher.verbs.answer import Answer

__all__ = ["pretrain"]

TAKEN = ("network", "training.device", "training.precision")
"""Keys of a study that matter here."""


def pretrain(
    store: Path,
    *,
    out: Path,
    from_: str = "quickstart",
    group: str = "baseline",
    epochs: int = PretrainConfig.epochs,
    batch_size: int = PretrainConfig.batch_size,
    learning_rate: float = PretrainConfig.learning_rate,
    weight_decay: float = PretrainConfig.weight_decay,
    momentum: float = PretrainConfig.momentum,
    queue: int = PretrainConfig.queue,
    temperature: float = PretrainConfig.temperature,
    augment: str = ",".join(PretrainConfig.augment),
    seed: int = 0,
    overwrite: bool = False,
    threads: int | None = None,
    overrides: tuple[tuple[str, Any], ...] = (),
) -> Answer:
    """Pretrain the trunk of a network on all training images of a store, with or without redshifts.

    The network is that of a study, of which --network.name and its other keys are options too, as are --training.device
    and --training.precision. Train from the trunk with --training.start OUT. Killed, the same command continues.

    Args:
        store: galaxy store with images
        out: trunk file (.safetensors)
        from_: study file or preset that names the network
        group: which of its groups
        epochs: passes through the images
        batch_size: galaxies a step
        learning_rate: of gradient descent for batches of 256; falls as a cosine
        weight_decay: coupled, on all parameters
        momentum: part of the key encoder that stays in each step; 0.99 for some thousand galaxies
        queue: keys of earlier steps to be told apart from, at most the training galaxies
        temperature: what similarities are divided by
        augment: what views go through: symmetry, background, rotation, jitter, distortion, reddening, dimming, noise
        seed: of initialisation, order and views
        overwrite: replace a file that lies there
        threads: threads of arithmetic; one a core if left out. The same number gives the same bytes
        overrides: dotted keys of a study file and their values
    """
    from slipher.errors import InputError
    from slipher.methods.network.pretraining import Pretraining, trunk_file
    from slipher.study.config import read_config
    from slipher.survey.store import open_store
    from slipher.threads import limited

    for key, _ in overrides:
        if not key.startswith(TAKEN):
            raise InputError(f"--{key} has no meaning for pretraining; of a study's keys it takes {', '.join(TAKEN)}.")
    config = PretrainConfig(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        momentum=momentum,
        queue=queue,
        temperature=temperature,
        augment=tuple(augment.split(",")),
    )
    study = read_config(from_, overrides)
    if group not in study.groups:
        raise InputError(f"there is no group {group!r} in the study; there are {', '.join(study.groups)}.")
    what = Pretraining(open_store(store), study.network_of(group), config, study.training_of(group), seed)
    with limited(threads):
        return Answer(str(trunk_file(what, out, overwrite=overwrite)))
