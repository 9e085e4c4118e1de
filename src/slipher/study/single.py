"""One model of one group, outside of a study."""

import shutil
from dataclasses import replace
from pathlib import Path

from slipher.errors import InputError
from slipher.files import keep_apart, nearest_writable
from slipher.methods.base import module
from slipher.study.config import StudyConfig
from slipher.study.folder import Folder, Run
from slipher.study.jobs import job_of
from slipher.study.normal import normalised
from slipher.study.run import labelled, open_data

__all__ = ["train_one"]


def train_one(config: StudyConfig, group: str, seed: int, out: Path, overwrite: bool = False) -> Path:
    """Train one group of a study on its galaxies and save the model.

    Until the model is saved, checkpoints lie in a folder beside it, from which the same call continues.

    Args:
        config: the study.
        group: which of its groups.
        seed: of initialisation, order and augmentation.
        out: the model file (.safetensors); ``history.csv`` of a network lies beside it, under its name.
        overwrite: whether a model that lies there is replaced.

    Returns:
        The path of the model.

    Raises:
        InputError: for an unknown group, or galaxies or a destination that cannot be used.
    """
    if group not in config.groups:
        raise InputError(f"there is no group {group!r} in the study; there are {', '.join(config.groups)}.")
    if out.suffix != ".safetensors":
        raise InputError(f"{out} cannot be written in that format; a model file ends in .safetensors.")
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there already; choose another name, or replace it with --overwrite.")
    nearest_writable(out)
    keep_apart(out, *_read(config, group))
    config = normalised(replace(config, groups={group: config.groups[group]}))
    work = out.with_name(f".training-{out.stem}")
    run = Run(group, seed, work)
    galaxies = labelled(open_data(config, Folder(work)), config, ("train",))
    model = module(config.groups[group].method).fit(galaxies, job_of(config, run, out.name))
    if run.history.is_file():
        run.history.replace(out.with_suffix(".history.csv"))
    model.save(out)
    shutil.rmtree(work, ignore_errors=True)
    return out


def _read(config: StudyConfig, group: str) -> list[Path | None]:
    """Files that a training reads and that its model might be written over."""
    starts = [config.training_of(group).start, config.groups[group].options.get("on")]
    data = config.data if isinstance(config.data, str) else None
    return [Path(each) for each in (data, *starts) if isinstance(each, str)]
