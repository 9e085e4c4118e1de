"""Reading what a study left in its folder."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.density.file import read
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.report.forms import ENVIRONMENT, TABLE, TIMINGS, Form
from slipher.study.config import StudyConfig, read_config

__all__ = ["Group", "Run", "StudyFolder", "read_study"]

Document = dict[str, Any]
SEED = re.compile(r"seed-(\d{1,9})")
History = dict[str, Float[np.ndarray, "epochs"]]


@dataclass(frozen=True)
class Run:
    """One group trained with one seed."""

    seed: int
    folder: Path

    def density(self) -> Density:
        """The labelled galaxies of the test set with their densities.

        Raises:
            InputError: if the file is damaged or no galaxy in it has a spectroscopic redshift.
        """
        density = read(self.folder / "densities.hdf5")
        if not isinstance(density, Density):
            raise InputError(f"{self.folder / 'densities.hdf5'} is not of this study's bins; run the study again.")
        known = np.isfinite(density.redshift) if density.redshift is not None else np.zeros(len(density), bool)
        if not known.any():
            raise InputError(f"{self.folder / 'densities.hdf5'} holds no spectroscopic redshift; run the study again.")
        return density if known.all() else density[known]

    @property
    def model(self) -> Path:
        """Where the trained network lies, if the method is one."""
        return self.folder / "model.safetensors"

    def history(self) -> History | None:
        """The columns of history.csv, one value an epoch; None where nothing was trained by epochs.

        Raises:
            InputError: if the file is damaged.
        """
        path = self.folder / "history.csv"
        if not path.exists():
            return None
        try:
            names, *rows = csv.reader(_text(path).splitlines())
        except (ValueError, csv.Error):
            names, rows = [], []
        if not rows or any(len(row) != len(names) for row in rows) or not {"train_ce", "train_crps"} & set(names):
            raise InputError(f"{path} holds no epochs of a training, or not all of them; {_again(self.folder)}.")
        return {name: _numbers(path, name, column) for name, *column in zip(names, *rows, strict=True)}


@dataclass(frozen=True)
class Group:
    """One row of the table with its runs, one a seed."""

    name: str
    method: str
    row: Document
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class StudyFolder:
    """A finished study as its files tell it."""

    path: Path
    groups: tuple[Group, ...]
    published: tuple[Document, ...]
    """Rows of the table that were measured by others."""
    comparisons: tuple[Document, ...]
    sentences: tuple[Document, ...]
    environment: Document
    timings: Document
    configuration: StudyConfig
    configuration_text: str
    published_left_out: str = ""
    """Why there are no rows of others; empty where there are."""


def read_study(folder: Path) -> StudyFolder:
    """Read a finished study.

    Raises:
        InputError: if a file or the densities of a group are missing or damaged; says which.
    """
    table = _json(folder / "table.json", TABLE)
    text = _text(folder / "study.yaml")
    configuration = read_config(folder / "study.yaml")
    rows = table["rows"]
    own = [row for row in rows if not row.get("published")]
    if not own or not {row["group"] for row in own} <= set(configuration.groups):
        raise InputError(f"{folder / 'table.json'} does not hold the groups of study.yaml; run the study again.")
    return StudyFolder(
        path=folder,
        groups=tuple(_group(folder, row) for row in own),
        published=tuple(row for row in rows if row.get("published")),
        published_left_out=str(table.get("published_left_out") or ""),
        comparisons=tuple(table.get("comparisons") or ()),
        sentences=tuple(table.get("sentences") or ()),
        environment=_json(folder / "environment.json", ENVIRONMENT),
        timings=_json(folder / "timings.json", TIMINGS),
        configuration=configuration,
        configuration_text=text,
    )


def _group(folder: Path, row: Document) -> Group:
    name = str(row["group"])
    seeds = {path.parent: SEED.fullmatch(path.parent.name) for path in (folder / name).glob("seed-*/densities.hdf5")}
    runs = sorted((Run(int(seed[1]), path) for path, seed in seeds.items() if seed), key=lambda run: run.seed)
    if not runs:
        raise InputError(f"{folder / name} holds no seed-K/densities.hdf5; finish the study before drawing its report.")
    return Group(name, str(row.get("method") or ""), row, tuple(runs))


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise FileNotFoundError
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read, so {path.parent} is no finished study; run the study first."
        ) from error


def _json(path: Path, form: Form) -> Document:
    text = _text(path)
    try:
        document = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise InputError(f"{path} is not JSON ({reason}); run the study again.") from error
    try:
        form(document, "the document")
    except InputError as error:
        raise InputError(f"{path} is damaged ({error}); run the study again.") from error
    return dict(document)


def _no_json(constant: str) -> None:
    raise ValueError(f"it holds {constant}")


def _numbers(path: Path, name: str, cells: list[str]) -> Float[np.ndarray, "epochs"]:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path} has a value in column {name} that is no number; {_again(path.parent)}.") from error


def _again(run: Path) -> str:
    """What to do about a damaged run."""
    return f"remove the folder {run}, and run the study again"
