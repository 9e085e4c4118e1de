"""The figures of a report: groups drawn by several processes, against one after the other."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.bench.apart import Apart
from slipher.bench.result import Result, alternating
from slipher.density.file import write
from slipher.density.histogram import Density
from slipher.density.scores import METRICS, scores
from slipher.files import write_json, write_text
from slipher.redshift import Grid
from slipher.report.page import write_report
from slipher.threads import available_cores

__all__ = ["measure"]

GALAXIES = 12_000
GROUPS = {"baseline": 0.018, "augmented": 0.017, "constrained": 0.016, "hayat": 0.015, "dey": 0.014}
"""Scatter of each group's point estimates in units of 1 + z."""
RESAMPLES = 20
"""Of the bootstrap: how wide the intervals are does not matter."""
EPOCHS = 20
RUNS = 3


def measure(out: Path | None) -> Iterator[Result]:
    """The report of a study whose densities are made up.

    Args:
        out: not used; there is no figure.
    """
    yield report(GALAXIES, tuple(GROUPS), RUNS)


def report(galaxies: int, groups: tuple[str, ...], runs: int) -> Result:
    """From a finished study to its page.

    Args:
        galaxies: in the test set.
        groups: of ``GROUPS``.
        runs: pairs of runs.

    Raises:
        RuntimeError: if the figures depend on who draws them.
    """
    cores = available_cores()
    with TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        write_study(study, galaxies, groups)
        with Apart(drawn, study, cores) as ours, Apart(drawn, study, 1) as other:
            pairs = alternating(ours, other, runs)
            if ours.last.answer != other.last.answer:
                raise RuntimeError("the figures of a study depend on the number of processes that draw them.")
        figures = len(list((study / "figures").glob("*.png")))
    note = (
        f"{figures} figures as PNG and PDF, {len(groups)} groups of {galaxies:,} galaxies, {cores} processes, "
        "started anew each time; the same files"
    )
    return pairs.faster("figures", figures, "figures/s", "one process", note=note)


def drawn(study: Path, workers: int) -> Callable[[], str]:
    """Draws a report; the answer is a digest of its figures."""

    def run() -> str:
        write_report(study, workers=workers)
        files = sorted((study / "figures").iterdir())
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    return run


def write_study(folder: Path, galaxies: int, groups: tuple[str, ...]) -> None:
    """A finished study of one seed, with normal densities about redshifts that scatter, and histories."""
    rng = np.random.default_rng(0)
    constraints = "{constraints: {flux: 0.1, invariance: 0.1, cde: 0.1}}"
    folder.mkdir(parents=True)
    write_text(folder / "study.yaml", "groups:\n" + "".join(f"  {name}: {constraints}\n" for name in groups))
    write_json(folder / "environment.json", {"source": "made up", "simulated": True})
    write_json(folder / "timings.json", {})
    rows = [_write_group(folder / name / "seed-0", name, galaxies, rng) for name in groups]
    comparisons = [_difference(row, rows[0], metric) for row in rows[1:] for metric in METRICS]
    write_json(folder / "table.json", {"rows": rows, "comparisons": comparisons})


def _write_group(folder: Path, name: str, galaxies: int, rng: np.random.Generator) -> dict[str, Any]:
    """The files of a run, and the group's row of the table."""
    redshift = np.clip(rng.gamma(4.0, 0.028, galaxies), 0.006, 0.39)
    density = Density(Grid(), _masses(redshift, GROUPS[name], rng), np.arange(galaxies), redshift)
    folder.mkdir(parents=True)
    write(folder / "densities.hdf5", density)
    write_text(folder / "history.csv", _history(rng))
    found = scores(density, resamples=RESAMPLES)
    metrics = {
        metric: {"mean": known.pop("value"), "spread": None, **known}
        for metric, known in ((name, score.as_dict()) for name, score in found.items())
    }
    return {"group": name, "method": "neural", "seeds": 1, "published": False, "metrics": metrics}


def _masses(
    redshift: Float[np.ndarray, "galaxies"], scatter: float, rng: np.random.Generator
) -> Float[np.ndarray, "galaxies bins"]:
    """Normal densities whose centres scatter with a few outliers."""
    centre = redshift + scatter * (1 + redshift) * rng.standard_t(4, redshift.size)
    width = 0.8 * scatter * (1 + redshift)
    offset = (Grid().centres - np.clip(centre, 0.01, 0.39)[:, None]) / width[:, None]
    mass = np.exp(-(offset**2) / 2) + 1e-7
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def _history(rng: np.random.Generator) -> str:
    """Losses that fall, as a training with three constraints logs them."""
    terms = ("ce", *(f"{term}{kind}" for term in ("flux", "invariance", "cde") for kind in ("", "_weighted")), "total")
    names = [f"{part}_{term}" for part in ("train", "validation") for term in terms]
    epochs = np.arange(1, EPOCHS + 1)
    falling = 1 + np.exp(-epochs[:, None] / 3) + 0.02 * rng.standard_normal((EPOCHS, len(names)))
    lines = [",".join(map(str, [epoch, *row])) for epoch, row in zip(epochs, falling.tolist(), strict=True)]
    return "\n".join([",".join(["epoch", *names]), *lines, ""])


def _difference(row: dict[str, Any], first: dict[str, Any], metric: str) -> dict[str, Any]:
    ours, theirs = row["metrics"][metric], first["metrics"][metric]
    difference = ours["mean"] - theirs["mean"]
    half = None if ours["low"] is None else (ours["high"] - ours["low"]) / 3
    return {
        "group": row["group"],
        "against": first["group"],
        "metric": metric,
        "difference": difference,
        "low": None if half is None else difference - half,
        "high": None if half is None else difference + half,
        "p": 0.5 if half is None else None,
    }
