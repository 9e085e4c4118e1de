"""A study from its galaxies to its report; whatever is finished is not done again."""

import csv
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from slipher.errors import InputError
from slipher.files import write_json, write_text
from slipher.methods.base import Model, load, module
from slipher.progress import say
from slipher.study import compare, table
from slipher.study.config import Catalogue, Simulate, StudyConfig
from slipher.study.environment import record
from slipher.study.folder import Folder, Run, open_folder
from slipher.study.jobs import check_runs, job_of, runs_of, seeded, unfinished
from slipher.study.normal import normalised
from slipher.study.predict import predict
from slipher.study.published import unlike
from slipher.study.timings import Timings
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import Galaxies, open_store

__all__ = ["labelled", "open_data", "run_study"]

PARTS = ("train", "validation", "test")


def run_study(config: StudyConfig, out: str | Path, overwrite: bool = False) -> Path:
    """Train every group with every seed, predict, evaluate and compare; report/page.py then draws it.

    Killed at any time, the same call continues; runs that are finished are not run again.

    Args:
        config: what to do.
        out: the study's folder: new, empty, or one in which the same study was begun.
        overwrite: replace another study that lies there.

    Returns:
        The study's folder, with its tables.

    Raises:
        InputError: if the study or its galaxies cannot be used, or something else lies at ``out``.
    """
    config = normalised(config)
    check_runs(config, unfinished(runs_of(config, Folder(Path(out))), overwrite))
    folder = open_folder(Path(out), config, overwrite)
    timings = Timings(folder.timings)
    with timings.stage("data"):
        galaxies = labelled(open_data(config, folder), config)
        record(folder, config, galaxies)
    runs = runs_of(config, folder)
    with timings.stage("response tables"):
        _prepare_responses(config, galaxies, runs)
    for number, run in enumerate(runs, start=1):
        _finish(run, config, galaxies, timings, f"{run.name} ({number} of {len(runs)})")
    _evaluate(config, folder, runs, timings, unlike(galaxies.test, config.grid))
    return folder.path


def open_data(config: StudyConfig, folder: Folder) -> Galaxies:
    """The galaxies of a study; a survey that is to be made is made in its folder, unless it is there."""
    match config.data:
        case Simulate(count, seed):
            from slipher.survey.mock.simulate import simulate

            return open_store(simulate(folder.survey, count, seed))
        case Catalogue(file, columns):
            return open_store(_catalogue(file, columns, folder.survey))
        case str(path):
            return open_store(path)


def _catalogue(file: str, columns: CatalogueColumns | None, store: Path) -> Path:
    """The store of a catalogue: of a file, or of the one that comes with kcorrect."""
    if columns is None:
        from slipher.survey.catalogs.kcorrect import kcorrect_catalogue

        return kcorrect_catalogue(store)
    from slipher.survey.catalogs.catalog import import_catalogue

    return import_catalogue(file, store, columns)


def labelled(galaxies: Galaxies, config: StudyConfig, parts: Sequence[str] = PARTS) -> Galaxies:
    """The galaxies with a redshift inside the grid.

    Args:
        galaxies: a store.
        config: its grid, and whether galaxies outside are dropped.
        parts: of the split, which must not be empty.

    Raises:
        InputError: if a known redshift is outside and is not to be dropped, or too few galaxies are left.
    """
    known = np.isfinite(galaxies.redshift)
    inside = config.grid.contains(galaxies.redshift)
    outside = known & ~inside
    if outside.any() and not config.drop_outside:
        first = np.flatnonzero(outside)[0]
        raise InputError(
            f"{outside.sum()} of {len(galaxies)} galaxies of {galaxies.path} have a redshift outside the grid "
            f"(0, {config.grid.z_max:g}], the first is {galaxies.id[first]} at z = {galaxies.redshift[first]:.4g}; "
            "widen grid.z_max, or drop them with --drop-outside."
        )
    for count, what in ((outside.sum(), "outside the grid"), ((~known).sum(), "without a redshift")):
        if count:
            say(f"{count} of {len(galaxies)} galaxies are {what} and are left out.")
    kept = galaxies[inside]
    for name in parts:
        if len(getattr(kept, name)) == 0:
            raise InputError(
                f"{galaxies.path} has no labelled galaxies in its {name} split; give a store that has some."
            )
    return kept


def _prepare_responses(config: StudyConfig, galaxies: Galaxies, runs: Sequence[Run]) -> None:
    """Make the response tables that unfinished runs will look up."""
    from slipher.constraints.config import from_config
    from slipher.constraints.flux import Flux

    groups = {run.group for run in runs if not run.densities.is_file() and not run.model.is_file()}
    terms = [from_config(config.groups[name].constraints) for name in config.groups if name in groups]
    readings = dict.fromkeys(flux for sum_ in terms for flux in sum_.of_type(Flux))
    if readings:
        from slipher.survey.responses import response_cache

        for flux in readings:
            response_cache(galaxies, config.grid, flux)


def _finish(run: Run, config: StudyConfig, galaxies: Galaxies, timings: Timings, label: str) -> None:
    """Train and predict, unless that is done."""
    if run.densities.is_file():
        say(f"{label}: finished before")
        return
    model = _trained(run, config, galaxies, timings, label)
    with timings.stage("predict"):
        predict(model, galaxies.test, run.densities, label=f"{label}, predicting")


def _trained(run: Run, config: StudyConfig, galaxies: Galaxies, timings: Timings, label: str) -> Model:
    """The model of a run, from its file if it was trained before."""
    if run.model.is_file():
        return load(run.model, config.grid)
    say(f"{label}: training")
    started = time.perf_counter()
    with timings.stage("train"):
        model: Model = module(config.groups[run.group].method).fit(galaxies, job_of(config, run, label))
    seconds, rate = _seconds_and_rate(run, time.perf_counter() - started)
    timings.note(run.name, train_seconds=seconds, images_per_second=rate)
    model.save(run.model)
    return model


def _seconds_and_rate(run: Run, wall: float) -> tuple[float, float | None]:
    """Seconds of training, of all sessions where the method keeps a history, and galaxies a second."""
    if not run.history.is_file():
        return wall, None
    epochs = _epochs(run.history)
    seconds = sum(each for each, _ in epochs)
    before = sum(each for each, _ in _epochs(run.pretraining)) if run.pretraining.is_file() else 0.0
    return before + seconds, sum(each * rate for each, rate in epochs) / seconds


def _epochs(history: Path) -> list[tuple[float, float]]:
    """Seconds, and galaxies a second, of each epoch of a training."""
    with history.open(newline="", encoding="utf-8") as file:
        return [(float(row["seconds"]), float(row["images_per_second"])) for row in csv.DictReader(file)]


def _evaluate(config: StudyConfig, folder: Folder, runs: Sequence[Run], timings: Timings, other: str) -> None:
    """Score all groups, compare them, and write the tables; without published rows if the galaxies are ``other``."""
    with timings.stage("evaluate"):
        scored = table.score([_result(config, name, runs, timings) for name in config.groups])
        rows = table.rows(scored) if other else table.with_published(table.rows(scored))
    with timings.stage("compare"):
        found = compare.compare(scored, compare.baseline_of(scored))
    document = {
        "rows": rows,
        "comparisons": [each.as_row() for each in found],
        "sentences": [
            {"group": each.group, "against": each.against, "metric": each.metric, "sentence": compare.sentence(each)}
            for each in found
        ],
        "published_left_out": other or None,
    }
    write_json(folder.table, document)
    write_text(folder.table.with_suffix(".csv"), table.to_csv(rows))
    write_text(folder.table.with_suffix(".md"), table.to_markdown(rows))
    write_text(folder.comparisons, compare.to_markdown(found))


def _result(config: StudyConfig, group: str, runs: Sequence[Run], timings: Timings) -> table.Result:
    """What the runs of a group left."""
    own = [run for run in runs if run.group == group]
    name = config.groups[group].method
    return table.Result(
        group=group,
        method=name,
        densities=tuple(run.densities for run in own),
        train_seconds=tuple(timings.of(run.name, "train_seconds") for run in own),
        images_per_second=tuple(timings.of(run.name, "images_per_second") for run in own),
        seeded=seeded(name),
        seeds=tuple(run.seed for run in own),
    )
