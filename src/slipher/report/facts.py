"""What ran, in the few numbers a reader asks for first."""

from dataclasses import dataclass
from pathlib import Path

from slipher.errors import InputError
from slipher.report.captions import PLACES
from slipher.report.folder import StudyFolder
from slipher.survey.store import Galaxies, open_store

__all__ = ["Facts", "find_store", "gather"]


@dataclass(frozen=True)
class Facts:
    """The study in short; None where the folder does not tell."""

    name: str
    simulated: bool | None
    source: str
    train: int | None
    validation: int | None
    test: int
    seeds: int
    """The most seeds that any group ran with."""
    bands: str
    images: bool
    constrained: bool
    """Whether a group trains under constraints."""
    ablation: bool
    """Whether the paper's three groups are among the groups."""

    @property
    def kind(self) -> str:
        """What the galaxies are: simulated, or those of the file that they came from, be they real or not."""
        if self.simulated:
            return "simulated galaxies"
        return f"galaxies from {self.source}" if self.source else "galaxies"


def find_store(study: StudyFolder) -> Galaxies | None:
    """The store of the study where it was, or beside it if the folder moved; None if it is gone or has changed."""
    named = study.environment.get("store")
    if not isinstance(named, str):
        return None
    for path in (study.path / named, study.path / Path(named).name):
        try:
            galaxies = open_store(path)
        except InputError:
            continue
        if study.environment.get("fingerprint", galaxies.fingerprint) == galaxies.fingerprint:
            return galaxies
    return None


def gather(study: StudyFolder, store: Galaxies | None, test: int) -> Facts:
    """Collect the facts.

    Args:
        study: The finished study.
        store: Its galaxies, if they are still there.
        test: Galaxies that were scored.
    """
    name = study.path.resolve().name
    seeds = max(int(group.row.get("seeds") or 1) for group in study.groups)
    simulated, source = study.environment.get("simulated"), str(study.environment.get("source") or "")
    constrained = any(group.constraints for group in study.configuration.groups.values())
    ablation = PLACES.keys() <= {group.name for group in study.groups if group.method == "neural"}
    if store is None:
        return Facts(name, simulated, source, None, None, test, seeds, "", False, constrained, ablation)
    used = study.configuration.grid.contains(store.redshift)
    train, validation = (int((used & (store.split == part)).sum()) for part in (0, 1))
    bands, images = " ".join(store.bands), store.has("images")
    return Facts(name, simulated, source, train, validation, test, seeds, bands, images, constrained, ablation)
