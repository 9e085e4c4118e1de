"""One model of one group, outside of a study."""

from dataclasses import replace
from pathlib import Path

from slipher.errors import InputError
from slipher.files import keep_apart
from slipher.methods.base import NETWORKS, module
from slipher.methods.file import identity_of, sign
from slipher.options import check_seed
from slipher.progress import say
from slipher.study.config import Catalogue, StudyConfig
from slipher.study.folder import Folder, Run
from slipher.study.identity import galaxies_of, identity_of_model
from slipher.study.jobs import job_of
from slipher.study.normal import normalised
from slipher.study.run import labelled, open_data
from slipher.unfinished import Unfinished, unfinished

__all__ = ["train_one"]

MODEL, TRAINING = "model.safetensors", "training"
"""What lies where while a model is trained."""


def train_one(config: StudyConfig, group: str, seed: int, out: Path, overwrite: bool = False) -> Path:
    """Train one group of a study on its galaxies and save the model.

    Until the model is saved, checkpoints lie in a hidden folder beside it, from which the same call continues; a model
    that the same call made before is left as it is.

    Args:
        config: the study.
        group: which of its groups.
        seed: of initialisation, order and augmentation.
        out: the model file (.safetensors); ``history.csv`` of a network lies beside it, under its name.
        overwrite: whether files that lie there are replaced.

    Returns:
        The path of the model.

    Raises:
        InputError: for an unknown group, or galaxies or a destination that cannot be used.
    """
    if group not in config.groups:
        raise InputError(f"there is no group {group!r} in the study; there are {', '.join(config.groups)}.")
    check_seed(seed, "the seed of a training")
    if out.suffix != ".safetensors":
        raise InputError(f"{out} cannot be written in that format; a model file ends in .safetensors.")
    config = normalised(replace(config, groups={group: config.groups[group]}))
    places = _places(out, config.groups[group].method)
    for path in places.values():
        keep_apart(path, *_read(config, group))
    identity = identity_of_model(config, Run(group, seed, out), galaxies_of(config.data))
    with unfinished(places, identity, identity_of, overwrite=overwrite) as work:
        if work.done:
            say(f"{out} is there already, trained by the same command before.")
        else:
            _train(config, Run(group, seed, work.path(TRAINING)), work, out.name)
            sign(work.path(MODEL), identity)
            work.publish()
    return out


def _places(out: Path, method: str) -> dict[str, Path]:
    """What is made, and where it goes; methods without epochs have no history."""
    history = {f"{TRAINING}/history.csv": out.with_suffix(".history.csv")} if method in NETWORKS else {}
    return {MODEL: out, **history}


def _train(config: StudyConfig, run: Run, work: Unfinished, label: str) -> None:
    galaxies = labelled(open_data(config, Folder(work.path("data"))), config, ("train",))
    model = module(config.groups[run.group].method).fit(galaxies, job_of(config, run, label))
    model.save(work.path(MODEL))


def _read(config: StudyConfig, group: str) -> list[Path]:
    """Files that a training reads and that its model or history might be written over."""
    read = [config.training_of(group).start, config.groups[group].options.get("on")]
    match config.data:
        case str(path):
            read.append(path)
        case Catalogue(file, columns):
            read += [file, columns and columns.test]
    return [Path(each) for each in read if isinstance(each, str | Path)]
