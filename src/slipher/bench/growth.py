"""How time and memory grow with the number of galaxies: t = a + b n^k, fitted from a thousand to a million."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from slipher.bench.growth_fit import MILLION, Growth, fitted
from slipher.bench.growth_points import Point, measured_points
from slipher.bench.growth_stages import NOTES
from slipher.bench.growth_survey import BANDS, SHAPE
from slipher.bench.result import Result
from slipher.extras import require

__all__ = ["SIZES", "growth", "measure"]

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
REFERENCE = 10_000
"""Galaxies whose peak of memory the largest is held against."""
FLAT = ("import", "import and measure", "epoch", "predict")
"""Stages whose memory must not grow."""


def measure(out: Path | None) -> Iterator[Result]:
    """Exponent and memory of every stage.

    Args:
        out: folder for growth.png, or None.

    Raises:
        InputError: if there is too little room for temporary files, or a library is missing.
    """
    return growth(SIZES, REFERENCE, out)


def growth(sizes: Sequence[int], reference: int, out: Path | None = None) -> Iterator[Result]:
    """Exponent and memory of every stage at these numbers of galaxies.

    Args:
        sizes: four or more, ascending.
        reference: one of them.
        out: folder for growth.png, or None.
    """
    # found missing now, not at the end
    require("sep", "simulate")
    if out is not None:
        require("matplotlib", "plots")
    points = measured_points(sizes)
    laws = {stage: _law(found) for stage, found in points.items()}
    if out is not None:
        from slipher.bench.growth_figure import draw

        draw(out / "growth.png", points, laws)
    for stage, found in points.items():
        yield _exponent(stage, found, laws[stage])
    for stage, found in points.items():
        yield _memory(stage, found, reference)


def _law(points: Sequence[Point]) -> Growth:
    return fitted([point.galaxies for point in points], [point.seconds for point in points])


def _exponent(stage: str, points: Sequence[Point], law: Growth) -> Result:
    """The exponent of a stage's time, with its 95 % interval."""
    return Result(
        name=f"growth: {stage}",
        value=law.exponent,
        unit="exponent",
        against="proportional growth",
        baseline=1.0,
        ratio=law.exponent,
        low=law.low,
        high=law.high,
        meaning="exponent",
        runs=sum(point.runs for point in points),
        goal="k within 0.95 to 1.05",
        note=f"a = {law.fixed:.2g} s, b = {law.million / MILLION * 1e6:.3g} µs a galaxy, standard error of k "
        f"{law.error:.2g}, in brackets its 95 % interval; {_sizes(points)}; {NOTES[stage]}",
    )


def _memory(stage: str, points: Sequence[Point], reference: int) -> Result:
    """The peak of memory on the most galaxies, against that on fewer."""
    few = next(point for point in points if point.galaxies == reference)
    ratio = points[-1].peak / few.peak
    return Result(
        name=f"growth: memory of {stage}",
        value=points[-1].peak / 2**20,
        unit="MiB",
        against=f"the same of {reference:,} galaxies",
        baseline=few.peak / 2**20,
        ratio=ratio,
        low=ratio,
        high=ratio,
        meaning="times the cost",
        runs=1,
        goal="flat: at most 1.2" if stage in FLAT else "",
        note=f"peak of the process on {points[-1].galaxies:,} galaxies; {NOTES[stage]}",
    )


def _sizes(points: Sequence[Point]) -> str:
    cutout = "×".join(map(str, (len(BANDS), *SHAPE)))
    return f"{points[0].galaxies:,} to {points[-1].galaxies:,} galaxies of {cutout} pixels"
