"""The runs of a study, and what each method is told and may count on."""

from collections.abc import Sequence

from slipher.errors import InputError
from slipher.methods.base import Job, module
from slipher.study.config import Catalogue, Simulate, StudyConfig
from slipher.study.folder import Folder, Run
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import open_store
from slipher.survey.supply import Announced, Supply

__all__ = ["check_runs", "job_of", "runs_of", "seeded", "untrained"]


def runs_of(config: StudyConfig, folder: Folder) -> list[Run]:
    """Every group with every seed, in order; a method that draws nothing at random runs once."""
    return [
        folder.run(name, seed)
        for name, group in config.groups.items()
        for seed in (config.seeds_of(name) if seeded(group.method) else config.seeds_of(name)[:1])
    ]


def untrained(runs: Sequence[Run], overwrite: bool = False) -> list[Run]:
    """Those that are still to be trained: all that are not, or all of them."""
    return [run for run in runs if overwrite or not (run.densities.is_file() or run.model.is_file())]


def seeded(name: str) -> bool:
    """Whether a method draws at random, so that another seed gives another model."""
    return not getattr(module(name), "DETERMINISTIC", False)


def job_of(config: StudyConfig, run: Run, label: str = "training") -> Job:
    """What a method is told."""
    group = config.groups[run.group]
    return Job(
        grid=config.grid,
        seed=run.seed,
        folder=run.folder,
        network=config.network_of(run.group),
        training=config.training_of(run.group),
        augment=group.augment,
        constraints=group.constraints,
        options=group.options,
        label=label,
    )


def check_runs(config: StudyConfig, runs: Sequence[Run]) -> None:
    """See that every group of some runs can be trained on the study's galaxies, before these are made or read.

    Raises:
        InputError: for the first that cannot; names the group, what is wrong, and what to do.
    """
    if not runs:
        return
    galaxies = _supply(config)
    for group, run in {run.group: run for run in runs}.items():
        try:
            module(config.groups[group].method).check(galaxies, job_of(config, run))
        except InputError as error:
            raise InputError(f"groups.{group}: {error}") from error


def _supply(config: StudyConfig) -> Supply:
    """The galaxies of a study, be they a store's, or to be simulated or read from a catalogue."""
    match config.data:
        case Simulate(count):
            from slipher.survey.mock.camera import PIXEL_SCALE
            from slipher.survey.mock.galaxy import SIZE
            from slipher.survey.mock.parents import BANDS
            from slipher.survey.mock.simulate import TEST_SHARE, VALIDATION_SHARE

            parts = ("images", "valid", "sources", "sky", "correlation", "photometry", "spectra")
            train = range(count - count // TEST_SHARE - count // VALIDATION_SHARE)
            return Announced("the simulated survey", BANDS, parts, (SIZE, SIZE), PIXEL_SCALE, train, dusty=True)
        case Catalogue(file, columns):
            bands = ("u", "g", "r", "i", "z") if columns is None else columns.band_names
            dusty = columns is None or (columns.ebv is not None and not columns.dereddened)
            return Announced(f"the catalogue {file}", bands, ("photometry",), train=_rows(file, columns), dusty=dusty)
        case str(path):
            return open_store(path)


def _rows(file: str, columns: CatalogueColumns | None) -> range | None:
    """Those of a catalogue's file, of which no more can train; None for the catalogue that comes with a package.

    Raises:
        InputError: if it cannot be read, or lacks a column that is named.
    """
    if columns is None:
        return None
    from slipher.survey.catalogs.catalog import count_rows

    return range(count_rows(file, columns))
