"""The folder of a study: what lies where."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Folder", "Run"]


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
    def checkpoint(self) -> Path:
        """A folder from which a training that was stopped goes on."""
        return self.folder / "checkpoint"

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

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report.html"

    @property
    def figures(self) -> Path:
        """The page's figures."""
        return self.path / "figures"

    @property
    def responses(self) -> Path:
        """Response tables of a store that the study makes for itself."""
        return self.path / "survey.h5.responses"

    def run(self, group: str, seed: int) -> Run:
        """Where a group trained with a seed lies."""
        return Run(group, seed, self.path / group / f"seed-{seed}")
