"""Removing what a study left in its folder, and nothing else that lies there or that a link in it leads to."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from slipher.study.folder import Folder
from slipher.unfinished import begun, unfinished

__all__ = ["clear"]

RUN = re.compile(
    r"model\.safetensors|densities\.hdf5|history\.csv|(best|last|trunk)\.safetensors|checkpoint|pretraining|member-\d+"
)
"""What the folder of a run holds."""
SEED = re.compile(r"seed-\d+")
RESPONSES = re.compile(r"[0-9a-f]{24}\.h5")


def clear(folder: Folder, groups: Sequence[str], own_survey: bool) -> None:
    """Remove a study, but for its study.yaml: while that is there, a removal that was killed can be made again.

    Args:
        folder: where it lies.
        groups: the study's, whose names are those of folders in it.
        own_survey: whether the study made survey.h5 for itself.
    """
    table = (folder.table.with_suffix(suffix) for suffix in (".json", ".csv", ".md"))
    survey = [folder.survey] if own_survey else []
    for path in survey:
        _clear_unfinished(path)
    for path in (folder.environment, folder.timings, *table, folder.comparisons, folder.report, *survey):
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
    _clear_below(folder.responses, RESPONSES)
    names = "|".join(map(re.escape, groups))
    _clear_below(
        folder.figures, re.compile(rf"((pit|redshifts|errorbars|losses|views)-({names})|comparison|nz)\.(png|pdf)")
    )
    for group in groups:
        _clear_group(folder.path / group)


def _clear_unfinished(path: Path) -> None:
    """Remove what a killed process has of a file that it was making."""
    if begun(path):
        with unfinished({path.name: path}, "nothing", lambda _: None, overwrite=True) as work:
            work.discard()


def _clear_group(group: Path) -> None:
    """Remove the runs of a group, or the link in its place."""
    if group.is_symlink():
        group.unlink()
    elif group.is_dir():
        for run in sorted(group.iterdir()):
            if SEED.fullmatch(run.name):
                if not run.is_symlink():
                    _clear_unfinished(run / "densities.hdf5")
                _clear_below(run, RUN)
        _remove_if_empty(group)


def _clear_below(top: Path, own: re.Pattern[str]) -> None:
    """Remove files of some names, links of theirs, and folders of theirs that are empty then; or the link in its place.

    A folder of another name is the user's, whatever the names in it.
    """
    if top.is_symlink():
        top.unlink()
    elif top.is_dir():
        for item in sorted(item for item in top.iterdir() if own.fullmatch(item.name)):
            if item.is_dir():
                _clear_below(item, own)
            else:
                item.unlink()
        _remove_if_empty(top)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
