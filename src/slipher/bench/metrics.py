"""Every metric with its interval for as many galaxies as the SDSS test sample of the paper has.

The plain way has the same scores of each galaxy, and then computes each metric that is resampled of the drawn rows, as
it is defined. It is run for a few resamples and scaled up: each takes as long as any other.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from slipher.bench.apart import Apart, Run
from slipher.bench.result import Pairs, Result, alternating
from slipher.density.bootstrap import RESAMPLES, SEED, resample
from slipher.density.evaluate import evaluate
from slipher.density.file import DensityWriter, read
from slipher.density.scores import METRICS, columns
from slipher.redshift import Grid

__all__ = ["measure"]

GALAXIES = 121_543
"""Galaxies with a density and a redshift."""
FEW = 20
"""Resamples of the plain way."""
RUNS = 3
RESAMPLED = {name: metric for name, metric in METRICS.items() if metric.resampled}
"""Metrics whose intervals come from resamples; the others' do not."""
BLOCK = 8192
"""Galaxies written at a time."""

Seconds = dict[str, float]


def measure(out: Path | None = None) -> Iterator[Result]:
    """Seconds and memory of all metrics with 1,000 resamples, read from a file as ``slipher evaluate`` does.

    Args:
        out: takes no figure from here.
    """
    yield from compared(GALAXIES, RUNS, FEW)


def compared(galaxies: int, runs: int, few: int) -> Iterator[Result]:
    """The results for so many galaxies."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "densities.hdf5"
        write_synthetic(path, galaxies)
        with Apart(ours, path) as evaluated, Apart(plainly, path, few) as plain:
            pairs = alternating(evaluated, lambda: _scaled(plain()), runs)
    sizes = (
        f"{galaxies:,} × {Grid().bins} densities read from a file, {len(METRICS)} metrics, {RESAMPLES:,} resamples for "
        f"{len(RESAMPLED)} of them"
    )
    apart = plain.last.answer["apart"]
    note = f"{sizes}; the other: {few} resamples, scaled; worst relative difference {apart:.0e}"
    yield _seconds(pairs, note)
    yield _memory(evaluated.last.peak, plain.last.peak, note)


def write_synthetic(path: Path, galaxies: int) -> None:
    """Write normal densities around noisy redshifts, some of which lie far off."""
    rng, grid = np.random.default_rng(0), Grid()
    with DensityWriter(path, grid, galaxies) as writer:
        for start in range(0, galaxies, BLOCK):
            count = min(BLOCK, galaxies - start)
            redshift = np.clip(rng.gamma(4, 0.03, count), 0.003, 0.399)
            centre = redshift + rng.standard_t(3, count) * 0.015
            width = rng.uniform(0.01, 0.03, (count, 1))
            mass = np.exp(-0.5 * ((grid.centres - np.clip(centre, 0, 0.4)[:, None]) / width) ** 2) + 1e-6
            writer.write(start, mass / mass.sum(axis=1, keepdims=True), np.arange(start, start + count), redshift)


def ours(path: Path) -> Callable[[], dict[str, Any]]:
    """As ``slipher evaluate`` scores a file."""
    return lambda: evaluate(path)


def plainly(path: Path, few: int) -> Callable[[], Seconds]:
    """Metric by metric of the drawn rows."""

    def run() -> Seconds:
        started = time.perf_counter()
        scored = columns(read(path))
        known = time.perf_counter()
        draws = _plain_draws(scored, few)
        ended = time.perf_counter()
        looked_up = resample([scored], METRICS, few).draws
        apart = max(_apart(np.array(draws[name]), looked_up[name][0]) for name in RESAMPLED)
        return {"columns": known - started, "resample": (ended - known) / few, "apart": apart}

    return run


def _plain_draws(scored: dict[str, np.ndarray], few: int) -> dict[str, list[float]]:
    rng, draws = np.random.default_rng(SEED), {name: list[float]() for name in RESAMPLED}
    for _ in range(few):
        count = len(scored["dz"])
        rows = rng.integers(0, count, count)
        drawn = {name: column[rows] for name, column in scored.items()}
        for name, metric in RESAMPLED.items():
            draws[name].append(float(metric.statistic(drawn[metric.column])))
    return draws


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """Largest difference, as a share of the largest value."""
    return float(np.max(np.abs(first - second)) / max(np.max(np.abs(first)), np.finfo(float).tiny))


def _scaled(run: Run) -> Run:
    """The plain way's run, as long as all resamples would have taken."""
    seconds = run.answer["columns"] + RESAMPLES * run.answer["resample"]
    return replace(run, seconds=seconds)


def _seconds(pairs: Pairs, note: str) -> Result:
    result = pairs.faster("metrics", 1, "", "each metric of the drawn rows, resample by resample", "at most 20 s", note)
    return replace(result, value=median(pairs.ours), baseline=median(pairs.other), unit="s")


def _memory(ours: int, other: int, note: str) -> Result:
    ratio = ours / other
    return Result(
        name="metrics: memory",
        value=ours / 1e9,
        unit="GB",
        against="all densities held at once",
        baseline=other / 1e9,
        ratio=ratio,
        low=ratio,
        high=ratio,
        meaning="times the cost",
        runs=1,
        goal="at most 2 GB",
        note=note,
    )
