"""The folder of a study: what lies where, and whether it may be used."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipher.errors import InputError
from slipher.files import nearest_writable, partial_path, write_text
from slipher.study.config import StudyConfig, check_name
from slipher.study.document import dump, read_yaml, to_document

__all__ = ["Folder", "Run", "check_folder", "open_folder", "study_text"]

HEADER = "# A study of slipher: everything that was chosen, every default written out."
"""First line of the study.yaml of a study that was begun, by which it is known."""

OWN = (
    "environment.json",
    "timings.json",
    "table.json",
    "table.csv",
    "table.md",
    "comparisons.md",
    "report.html",
    "figures",
    "survey.h5",
    "survey.h5.responses",
)
"""What a study leaves in its folder beside its groups and its study.yaml."""


@dataclass(frozen=True)
class Run:
    """One group trained with one seed."""

    group: str
    seed: int
    folder: Path

    @property
    def name(self) -> str:
        """As messages and timings call it."""
        return f"{self.group}/seed-{self.seed}"

    @property
    def model(self) -> Path:
        """The trained model."""
        return self.folder / "model.safetensors"

    @property
    def densities(self) -> Path:
        """The densities of the test galaxies; the last thing a run writes, so there only when it is finished."""
        return self.folder / "densities.hdf5"

    @property
    def history(self) -> Path:
        """Losses by epoch, of methods that have epochs."""
        return self.folder / "history.csv"

    @property
    def pretraining(self) -> Path:
        """How the pretraining of its trunk went, if it was pretrained."""
        return self.folder / "pretraining" / "history.csv"


@dataclass(frozen=True)
class Folder:
    """Paths below the folder of a study."""

    path: Path

    @property
    def config(self) -> Path:
        """Everything that was chosen."""
        return self.path / "study.yaml"

    @property
    def environment(self) -> Path:
        """What it ran on."""
        return self.path / "environment.json"

    @property
    def timings(self) -> Path:
        """How long what took."""
        return self.path / "timings.json"

    @property
    def survey(self) -> Path:
        """A store that the study makes for itself."""
        return self.path / "survey.h5"

    @property
    def table(self) -> Path:
        """Table 1; .csv and .md lie beside it."""
        return self.path / "table.json"

    @property
    def comparisons(self) -> Path:
        """What can be said about the groups."""
        return self.path / "comparisons.md"

    def run(self, group: str, seed: int) -> Run:
        """Where a group trained with a seed lies."""
        return Run(group, seed, self.path / group / f"seed-{seed}")


def open_folder(path: Path, config: StudyConfig, overwrite: bool = False) -> Folder:
    """The folder for a study: new, or one in which the very same study was begun.

    Raises:
        InputError: if something else lies there, or it cannot be written.
    """
    folder = Folder(path)
    check_folder(folder, config, overwrite)
    if _is_ours(folder) and (overwrite or _is_bare(folder)):
        _clear(folder)
    if not folder.config.is_file():
        write_text(folder.config, study_text(config))
    return folder


def check_folder(folder: Folder, config: StudyConfig, overwrite: bool = False) -> None:
    """See that a study can begin or continue in a folder; nothing is written or removed.

    Only a study that slipher began is ever replaced: a folder of anything else, such as one with a study file of the
    user's own, is refused, told to overwrite or not. One that failed before it made anything is in nobody's way.

    Raises:
        InputError: if something else lies there, or it cannot be written.
    """
    nearest_writable(folder.config)
    if overwrite and isinstance(config.data, str) and Path(config.data).is_relative_to(folder.path.resolve()):
        raise InputError(
            f"{config.data} lies in the folder that --overwrite would replace; move it, or choose another --out."
        )
    if not _is_ours(folder):
        for other in _others(folder.path):
            raise InputError(
                f"{folder.path} is not empty (it holds {other.name}) and is no study; choose another --out."
            )
    elif overwrite or _is_bare(folder):
        return
    elif folder.config.read_text(encoding="utf-8") != (text := study_text(config)):
        raise InputError(
            f"{folder.path} holds another study (its study.yaml differs: {_first_difference(folder.config, text)}); "
            "choose another --out, or replace it with --overwrite."
        )


def study_text(config: StudyConfig) -> str:
    """The study file, every default written out."""
    return f"{HEADER}\n{dump(to_document(config))}"


def _is_ours(folder: Folder) -> bool:
    """Whether a study was begun here, rather than a study file written by hand."""
    return folder.config.is_file() and folder.config.read_text(encoding="utf-8").startswith(HEADER)


def _is_bare(folder: Folder) -> bool:
    """Whether the study here ended, as by an error in its data, before it made anything but its study file."""
    return {item.name for item in folder.path.iterdir()} <= {folder.config.name, folder.timings.name}


def _first_difference(there: Path, text: str) -> str:
    """The first line in which two study files differ."""
    old, new = there.read_text(encoding="utf-8").splitlines(), text.splitlines()
    pairs = zip([*old, ""], [*new, ""], strict=False)
    before, after = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    return f"'{before.strip()}' there, '{after.strip()}' now"


def _clear(folder: Folder) -> None:
    """Remove what a study left, and nothing else that may lie in its folder or that a link in it leads to."""
    groups = [folder.path / name for name in _groups(folder)]
    runs = [run for group in groups for run in sorted(group.glob("seed-*"))]
    # the study file goes last: while it is there, a killed removal is a study that can be removed
    for path in (*(folder.path / name for name in OWN), *runs, *groups, folder.config):
        _remove(path, runs)


def _remove(path: Path, runs: Sequence[Path]) -> None:
    """Remove a file, a link but not what it leads to, a folder of ours, or a group's folder that is empty by now."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    elif path in runs or path.name in OWN:
        shutil.rmtree(path)
    elif not any(path.iterdir()):
        path.rmdir()


def _groups(folder: Folder) -> list[str]:
    """The folders of the groups of the study that lies here, none of them a link.

    Raises:
        InputError: if its study file is none that slipher wrote: it might name any folder.
    """
    try:
        document = read_yaml(folder.config.read_text(encoding="utf-8"), str(folder.config))
        groups = document.get("groups") if isinstance(document, dict) else None
        if not isinstance(groups, dict):
            raise InputError("it has no groups")
        names = [str(name) for name in groups]
        for name in names:
            check_name(name)
    except InputError as error:
        raise InputError(
            f"{folder.path} holds a study.yaml that slipher did not write ({str(error).rstrip('.')}); choose another "
            "--out."
        ) from error
    return [name for name in names if not (folder.path / name).is_symlink()]


def _others(path: Path) -> Iterator[Path]:
    """What lies in a folder, but for the rest of an interrupted start."""
    if path.is_dir():
        started = partial_path(path / "study.yaml")
        yield from (item for item in sorted(path.iterdir()) if item != started)
