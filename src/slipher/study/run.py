"""A study from its galaxies to its report; whatever is finished is not done again."""

import csv
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from slipher.density.file import read
from slipher.errors import InputError
from slipher.files import state_of, write_json, write_text, writing
from slipher.methods.base import Model, load, module
from slipher.progress import say
from slipher.study import compare, table
from slipher.study.config import Catalogue, Simulate, StudyConfig
from slipher.study.environment import record
from slipher.study.folder import Folder, Run
from slipher.study.jobs import check_runs, job_of, runs_of, seeded, untrained
from slipher.study.normal import normalised
from slipher.study.opening import check_there, open_folder
from slipher.study.predict import predict
from slipher.study.processes import share, turn
from slipher.study.published import unlike
from slipher.study.timings import Timings
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import Galaxies, open_store
from slipher.unfinished import begun

__all__ = ["labelled", "open_data", "run_study"]

PARTS = ("train", "validation", "test")


def run_study(
    config: StudyConfig, out: str | Path, overwrite: bool = False, report: Callable[[Path], object] | None = None
) -> Path:
    """Train every group with every seed, predict, evaluate and compare; report/page.py then draws it.

    Killed at any time, the same call continues; runs that are finished are not run again. Several processes may make
    the same call at once: they share the runs, wait for each other's, and one of them evaluates.

    Args:
        config: what to do.
        out: the study's folder: new, empty, or one in which the same study was begun.
        overwrite: replace another study that lies there, unless a process is at work at it.
        report: draws what has been evaluated, such as ``write_report``; called by the process that evaluates.

    Returns:
        The study's folder, with its tables.

    Raises:
        InputError: if the study or its galaxies cannot be used, or something else lies at ``out``.
    """
    config = normalised(config)
    check_runs(config, untrained(runs_of(config, Folder(Path(out))), overwrite))
    with open_folder(Path(out), config, overwrite) as folder:
        made = (folder.table, folder.comparisons, *((folder.report,) if report else ()))
        before = [state_of(path) for path in made]
        study = _Study(config, folder, _galaxies(config, folder), Timings(folder.timings))
        study.train()
        with turn(folder.table, "the table"):
            # another process that shares the study may have done it, and only after all runs were finished
            if any(state_of(path) in (None, earlier) for path, earlier in zip(made, before, strict=True)):
                check_there(folder, config)
                study.evaluate()
                if report:
                    report(folder.path)
        check_there(folder, config)
    return folder.path


def _galaxies(config: StudyConfig, folder: Folder) -> Galaxies:
    """The labelled galaxies; what is made for them is made by one process."""
    with turn(folder.survey, "the galaxies"), Timings(folder.timings).stage("data"):
        galaxies = labelled(open_data(config, folder), config)
    record(folder, config, galaxies)
    return galaxies


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


class _Study:
    """A study at work in its folder.

    Args:
        config: what to do.
        folder: where.
        galaxies: the labelled ones.
        timings: where times are kept.
    """

    def __init__(self, config: StudyConfig, folder: Folder, galaxies: Galaxies, timings: Timings) -> None:
        self._config = config
        self._folder = folder
        self._galaxies = galaxies
        self._timings = timings
        self._runs = runs_of(config, folder)

    def train(self) -> None:
        """Finish every run, here or in another process."""
        with self._timings.stage("response tables"):
            _prepare_responses(self._config, self._galaxies, self._runs)
        count = len(self._runs)
        labels = {run: f"{run.name} ({number} of {count})" for number, run in enumerate(self._runs, start=1)}
        share(labels, _finished, lambda run: self._finish(run, labels[run]))

    def _finish(self, run: Run, label: str) -> None:
        """Train and predict."""
        check_there(self._folder, self._config)
        model = self._trained(run, label)
        if run.densities.is_file() and not begun(run.densities):
            say(f"{label}: {run.densities} is damaged, and is predicted again")
        with self._timings.stage("predict"):
            predict(model, self._galaxies.test, run.densities, overwrite=True, label=f"{label}, predicting")

    def _trained(self, run: Run, label: str) -> Model:
        """The model of a run, from its file if it was trained before."""
        if run.model.is_file():
            return _loaded(run, self._config)
        say(f"{label}: training")
        job, started = job_of(self._config, run, label), time.perf_counter()
        with self._timings.stage("train"):
            model: Model = module(self._config.groups[run.group].method).fit(self._galaxies, job)
        self._note(run, time.perf_counter() - started)
        model.save(run.model)
        return model

    def _note(self, run: Run, wall: float | None) -> None:
        """Keep how long a run was trained."""
        seconds, rate = _seconds_and_rate(run, wall)
        self._timings.note(run.name, train_seconds=seconds, images_per_second=rate)

    def evaluate(self) -> None:
        """Score all groups, compare them, and write the tables, with published rows if galaxies and grid allow it."""
        timings, other = self._timings, unlike(self._galaxies.test, self._config.grid)
        for run in self._runs:
            if timings.of(run.name, "train_seconds") is None and run.history.is_file():
                self._note(run, None)
        with timings.stage("evaluate"):
            scored = table.score([_result(self._config, name, self._runs, timings) for name in self._config.groups])
            rows = table.rows(scored) if other else table.with_published(table.rows(scored))
        with timings.stage("compare"):
            found = compare.compare(scored, compare.baseline_of(scored))
        _write_tables(self._folder, rows, found, other)


def _prepare_responses(config: StudyConfig, galaxies: Galaxies, runs: Sequence[Run]) -> None:
    """Make the response tables that runs which are still to be trained will look up."""
    from slipher.constraints.config import from_config
    from slipher.constraints.flux import Flux

    groups = {run.group for run in untrained(runs)}
    terms = [from_config(config.groups[name].constraints) for name in config.groups if name in groups]
    readings = dict.fromkeys(flux for sum_ in terms for flux in sum_.of_type(Flux))
    if readings:
        from slipher.survey.responses import response_cache

        for flux in readings:
            response_cache(galaxies, config.grid, flux)


def _finished(run: Run) -> bool:
    """Whether the densities of a run are there, whole, and nothing of their making is left."""
    if not run.densities.is_file() or begun(run.densities):
        return False
    try:
        read(run.densities)
    except InputError:
        return False
    return True


def _loaded(run: Run, config: StudyConfig) -> Model:
    """The model of a run that was trained before.

    Raises:
        InputError: if it is damaged, or of another grid.
    """
    try:
        return load(run.model, config.grid)
    except InputError as error:
        raise InputError(
            f"{str(error).rstrip('.')}; in a study, remove the file, and the same command trains it again."
        ) from error


def _seconds_and_rate(run: Run, wall: float | None) -> tuple[float | None, float | None]:
    """Seconds of training, of all sessions where the method keeps a history, and galaxies a second."""
    if not run.history.is_file():
        return wall, None
    epochs = _epochs(run.history)
    seconds = sum(each for each, _ in epochs)
    before = sum(each for each, _ in _epochs(run.pretraining)) if run.pretraining.is_file() else 0.0
    return before + seconds, sum(each * rate for each, rate in epochs) / seconds


def _epochs(history: Path) -> list[tuple[float, float]]:
    """Seconds, and galaxies a second, of each epoch of a training.

    Raises:
        InputError: if the file is damaged.
    """
    try:
        with writing(history), history.open(newline="", encoding="utf-8") as file:
            found = [(float(row["seconds"]), float(row["images_per_second"])) for row in csv.DictReader(file)]
    except (ValueError, KeyError, TypeError, csv.Error):
        found = []
    if not found or not all(math.isfinite(number) and number > 0 for pair in found for number in pair):
        raise InputError(
            f"{history} is damaged; remove the folder {history.parent}, and the same command trains this run again."
        )
    return found


def _write_tables(folder: Folder, rows: list[table.Row], found: list[compare.Comparison], other: str) -> None:
    """Write the table and the comparisons; without published rows if the galaxies are ``other``."""
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
