"""Reading what a study left in its folder."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.density.file import read
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.study.config import StudyConfig, read_config

__all__ = ["Group", "Run", "StudyFolder", "read_study"]

Document = dict[str, Any]
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
            InputError: if a cell of the file is no number.
        """
        path = self.folder / "history.csv"
        if not path.exists():
            return None
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {name: _numbers(path, name, [row[name] for row in rows]) for name in (rows[0] if rows else {})}


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
    table = _json(folder / "table.json")
    text = _text(folder / "study.yaml")
    configuration = read_config(folder / "study.yaml")
    rows = table.get("rows", [])
    own = [row for row in rows if not row.get("published")]
    if not own or not {row.get("group") for row in own} <= set(configuration.groups):
        raise InputError(f"{folder / 'table.json'} does not hold the groups of study.yaml; run the study again.")
    return StudyFolder(
        path=folder,
        groups=tuple(_group(folder, row) for row in own),
        published=tuple(row for row in rows if row.get("published")),
        published_left_out=str(table.get("published_left_out") or ""),
        comparisons=tuple(table.get("comparisons", [])),
        sentences=tuple(table.get("sentences", [])),
        environment=_json(folder / "environment.json"),
        timings=_json(folder / "timings.json"),
        configuration=configuration,
        configuration_text=text,
    )


def _group(folder: Path, row: Document) -> Group:
    name = str(row["group"])
    found = {path.parent.name: path.parent for path in (folder / name).glob("seed-*/densities.hdf5")}
    runs = sorted((Run(int(label.removeprefix("seed-")), path) for label, path in found.items()), key=lambda r: r.seed)
    if not runs:
        raise InputError(f"{folder / name} holds no seed-K/densities.hdf5; finish the study before drawing its report.")
    return Group(name, str(row.get("method", "")), row, tuple(runs))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read, so {path.parent} is no finished study; run the study first."
        ) from error


def _json(path: Path) -> Document:
    text = _text(path)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON ({error}); run the study again.") from error
    if not isinstance(document, dict):
        raise InputError(f"{path} holds no keys and values; run the study again.")
    return document


def _numbers(path: Path, name: str, cells: list[str | None]) -> Float[np.ndarray, "epochs"]:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path} has a value in column {name} that is no number; run the group again.") from error
