"""What a study would do, how long that takes and how much disk it needs, before it does it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from slipher.constraints.config import from_config
from slipher.constraints.invariance import Invariance
from slipher.methods.base import NETWORKS
from slipher.networks.config import NetworkConfig
from slipher.study.config import Catalogue, GroupConfig, Simulate, StudyConfig
from slipher.study.folder import Folder, Run
from slipher.study.jobs import check_runs, runs_of, seeded, untrained
from slipher.study.normal import normalised
from slipher.study.opening import check_folder
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.split import TEST_SHARE, VALIDATION_SHARE
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
from slipher.training.pretrain_config import PretrainConfig

__all__ = ["Plan", "Step", "plan"]

SIMULATION_STARTS, SIMULATED_PER_SECOND = 10.0, 75.0
"""Seconds before the first mock galaxy, and galaxies a second and core after it; stated, while training is measured."""
RESPONSES_PER_SECOND = 500.0
SPECTRUM_BYTES = 2 * 4 * 3848
REPORT_SECONDS, REPORT_SECONDS_A_RUN = 10.0, 8.0
CONTRAST = 1.5
"""Cost of pretraining on a galaxy over that of a training step: a second view goes through the key encoder."""
FORWARD = 0.4
"""Cost of looking at a galaxy without learning from it, in training steps."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    name: str
    what: str
    seconds: float
    size: float = 0.0
    """Bytes on disk."""


@dataclass(frozen=True)
class Plan:
    """All that is to be done."""

    out: Path
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        names = max((len(step.name) for step in self.steps), default=0)
        whats = max((len(step.what) for step in self.steps), default=0)
        lines = [
            f"  {step.name:{names}}  {step.what:{whats}}  {duration(step.seconds):>12}  {_size(step.size):>8}".rstrip()
            for step in self.steps
        ]
        seconds, size = sum(step.seconds for step in self.steps), sum(step.size for step in self.steps)
        total = f"Altogether {duration(seconds)} and {_size(size) or 'no'} of disk on this machine, if it is idle."
        return "\n".join([f"Study in {self.out}:", *lines, total])


@dataclass(frozen=True)
class Sample:
    """The size of what a study works on."""

    train: int
    validation: int
    test: int
    bands: tuple[str, ...] = ("u", "g", "r", "i", "z")
    shape: tuple[int, int] | None = (64, 64)


def plan(config: StudyConfig, out: str | Path, overwrite: bool = False) -> Plan:
    """What is left to do for a study.

    The time of training follows from a training step that is measured here, which takes a few seconds.

    Raises:
        InputError: if the study or its store cannot be used, or something else lies at ``out``.
    """
    config, folder = normalised(config), Folder(Path(out))
    check_folder(folder, config, overwrite)
    check_runs(config, untrained(runs_of(config, folder), overwrite))
    sample = _sample(config)
    left = [run for run in runs_of(config, folder) if overwrite or not run.densities.is_file()]
    return Plan(
        folder.path,
        (*_data(config, folder, sample), *(_run(config, run, sample) for run in left), _report(config)),
    )


def duration(seconds: float) -> str:
    """A time span as a person would say it."""
    if seconds < 90:
        return f"about {max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.0f} h"


def _size(size: float) -> str:
    """Bytes as a person would say them."""
    if size < 1e6:
        return "" if size == 0 else "< 1 MB"
    return f"{size / 1e6:.0f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def _sample(config: StudyConfig) -> Sample:
    """How many galaxies of what kind."""
    match config.data:
        case Simulate(count, _):
            test, validation = count // 4, count // 12
            return Sample(count - test - validation, validation, test)
        case Catalogue(file, columns):
            return _catalogue(file, columns)
        case str(path):
            store = open_store(path)
            return Sample(len(store.train), len(store.validation), len(store.test), store.bands, store.shape)


def _catalogue(file: str, columns: CatalogueColumns | None) -> Sample:
    """The size of a catalogue: kcorrect's is known, a file's rows are counted."""
    if columns is None:
        return Sample(7500, 500, 2000, shape=None)
    from slipher.survey.catalogs.catalog import count_rows

    rows = count_rows(file, columns)
    test, validation = round(TEST_SHARE * rows), round(VALIDATION_SHARE * rows)
    return Sample(rows - test - validation, validation, test, columns.band_names, shape=None)


def _data(config: StudyConfig, folder: Folder, sample: Sample) -> Iterator[Step]:
    """The galaxies and their response tables."""
    galaxies = sample.train + sample.validation + sample.test
    if not isinstance(config.data, str) and not folder.survey.is_file():
        yield _survey(config, sample, galaxies)
    if any("flux" in group.constraints for group in config.groups.values()):
        size = 4.0 * galaxies * config.grid.bins * len(sample.bands)
        yield Step("response tables", f"{galaxies:,} spectra", galaxies / RESPONSES_PER_SECOND, size)


def _survey(config: StudyConfig, sample: Sample, galaxies: int) -> Step:
    """The survey that the study makes for itself."""
    if sample.shape is None:
        return Step("survey", f"up to {galaxies:,} galaxies of a catalogue", 5, 100.0 * galaxies)
    from slipher.threads import available_cores

    each = 2 * len(sample.bands) * sample.shape[0] * sample.shape[1] + SPECTRUM_BYTES
    seconds = SIMULATION_STARTS + galaxies / SIMULATED_PER_SECOND / available_cores()
    return Step("survey", f"{galaxies:,} simulated galaxies", seconds, float(each) * galaxies)


def _run(config: StudyConfig, run: Run, sample: Sample) -> Step:
    """One group with one seed."""
    group = config.groups[run.group]
    densities = 8.0 * sample.test * config.grid.bins
    if group.method not in NETWORKS:
        return Step(run.name, group.method, 30 if seeded(group.method) else 3, densities)
    network, training = config.network_of(run.group), config.training_of(run.group)
    shape = (network.size, network.size) if network.size and sample.shape else sample.shape
    step, parameters = measured(network, training, sample.bands, shape or (1, 1), config.grid.bins)
    views, members = _views(group.constraints), _members(group.options)
    train = round(training.labels * sample.train)
    # a frozen trunk is looked at, but not learnt from
    epoch = train * (1 + views) * (1 if training.frozen == "none" else FORWARD)
    epoch += sample.validation * FORWARD * (1 + views)
    seconds = members * step * (training.epochs * epoch + sample.test * FORWARD)
    seconds += step * CONTRAST * _pretraining(group) * sample.train
    what = f"{network.name}, {training.epochs} epochs of {train:,} galaxies" + (
        f", {members} times" if members > 1 else ""
    )
    # the model, the best weights, and the last ones with Adam's two moments
    return Step(run.name, what, seconds, densities + 4.0 * 5 * parameters * members)


def _pretraining(group: GroupConfig) -> int:
    """Epochs of pretraining without labels."""
    if group.method != "pretrained":
        return 0
    return PretrainConfig.from_options(group.options.get("pretrain", {})).epochs


def _members(options: Mapping[str, Any]) -> int:
    """How many networks are trained and averaged."""
    members = options.get("members", 1)
    return members if isinstance(members, int) else 1


def _views(constraints: Mapping[str, float | dict[str, Any]]) -> float:
    """Part of each batch that is seen a second time."""
    terms = from_config(constraints)
    if "views" not in terms.needs:
        return 0.0
    return max((term.fraction for term in terms.of_type(Invariance)), default=1.0)


def _report(config: StudyConfig) -> Step:
    """Scores, figures and the page."""
    return Step(
        "report", "table, comparisons, figures", REPORT_SECONDS + REPORT_SECONDS_A_RUN * len(config.groups), 2e7
    )


@lru_cache
def measured(
    network: NetworkConfig, training: TrainingConfig, bands: tuple[str, ...], shape: tuple[int, int], bins: int
) -> tuple[float, int]:
    """Seconds a galaxy of a training step on this machine, and the number of parameters."""
    import torch

    from slipher.networks.build import build
    from slipher.training.precision import device_of, precision_of

    with torch.random.fork_rng(devices=[]):
        device = torch.device({"gpu": "cuda"}.get(device_of(training), device_of(training)))
        built = build(network, bands, bins).to(device).train()
        count = min(training.batch_size, 64)
        size = (count, len(bands)) if built.inputs == "photometry" else (count, len(bands), *shape)
        inputs, label = torch.randn(size, device=device), torch.zeros(count, dtype=torch.long, device=device)
        beside = [torch.zeros(count, device=device)]
        if built.inputs == "both":
            beside.append(torch.zeros(count, len(bands), device=device))
    optimizer = torch.optim.Adam(built.parameters(), fused=device.type in ("cpu", "cuda"))

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=precision_of(training) == "bf16"):
            logits = built(inputs, *beside)
        torch.autograd.backward(torch.nn.functional.cross_entropy(logits.float(), label))
        optimizer.step()

    step()
    seconds = min(_timed(step) for _ in range(3))
    return seconds / count, sum(each.numel() for each in built.parameters())


def _timed(step: Callable[[], None]) -> float:
    """Seconds a step takes; the least of several is the one that nothing else on the machine disturbed."""
    started = time.perf_counter()
    step()
    return time.perf_counter() - started
