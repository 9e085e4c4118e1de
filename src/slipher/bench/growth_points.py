"""Time and peak memory of every stage at every number of galaxies, each in a process of its own."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from slipher.bench.apart import Apart
from slipher.bench.growth_stages import STAGES, prepare
from slipher.bench.growth_survey import Survey, check_room, write_cutouts
from slipher.progress import say

__all__ = ["MEASURED", "Point", "measured_points"]

SMALL = 256
"""Galaxies that a process goes through first, unmeasured, so that all is loaded: fewer than are ever timed."""
MOST_RUNS = 7
"""Runs of a stage at most; their median counts."""
ENOUGH = 30.0
"""Seconds after which a stage is not run again."""
MEASURED = 100_000
"""Most galaxies whose photometry is measured too: that takes a core one or two milliseconds each."""


@dataclass(frozen=True)
class Point:
    """One stage on one number of galaxies."""

    galaxies: int
    seconds: float
    """Median of the runs."""
    peak: int
    """Most memory that the process has held, bytes."""
    runs: int


def measured_points(sizes: Sequence[int]) -> dict[str, list[Point]]:
    """Measure all stages, in files that are removed.

    Args:
        sizes: numbers of galaxies, ascending.

    Raises:
        InputError: if the folder for temporary files has too little room, or a library is missing.
    """
    points: dict[str, list[Point]] = {stage: [] for stage in STAGES}
    with tempfile.TemporaryDirectory(prefix="slipher-growth-") as name:
        folder = Path(name)
        check_room(folder, sizes[-1])
        small = Survey(folder, SMALL)
        write_cutouts(small.cutouts, SMALL)
        for galaxies in sizes:
            survey = Survey(folder, galaxies)
            write_cutouts(survey.cutouts, galaxies)
            for stage, found in points.items():
                if galaxies <= _most(stage, sizes):
                    found.append(_point(stage, survey, small))
            survey.remove()
    return points


def _most(stage: str, sizes: Sequence[int]) -> int:
    """Most galaxies that a stage is timed on."""
    return min(sizes[-1], MEASURED) if stage == "import and measure" else sizes[-1]


def _point(stage: str, survey: Survey, small: Survey) -> Point:
    """Time a stage: several runs where they are short."""
    with Apart(prepare, stage, survey, small) as timed:
        runs = [timed()]
        while len(runs) < MOST_RUNS and sum(run.seconds for run in runs) < ENOUGH:
            runs.append(timed())
    seconds, peak = median(run.seconds for run in runs), runs[-1].peak
    say(f"{stage} of {survey.galaxies:,} galaxies: {seconds:.3g} s, {peak / 2**20:.0f} MiB")
    return Point(survey.galaxies, seconds, peak, len(runs))
