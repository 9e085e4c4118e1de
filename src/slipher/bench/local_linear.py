"""Planes fitted to the neighbours of many galaxies at once, against galaxy by galaxy.

Two plain ways to the same numbers: a loop over galaxies with scikit-learn's search and numpy's least squares, and
scikit-learn's neighbours of all galaxies at once on all cores, then least squares galaxy by galaxy. Both are run for a
part of the galaxies and scaled up, which favours nobody: each galaxy takes as long as any other. The search is built
once, whatever their number, and its building counts. ``beck`` differs in the unit of distances alone.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from slipher.bench.apart import Apart, Run
from slipher.bench.result import Result, alternating
from slipher.extras import require
from slipher.methods.local_linear import LocalLinear, Options
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.physics.magnitudes import SDSS_SOFTENING
from slipher.redshift import Grid

__all__ = ["measure"]

QUERIES = 100_000
TRAIN = 100_000
LOOPED = 1_000
"""Galaxies of the loop."""
BATCHED = 10_000
"""Galaxies whose neighbours are searched at once."""
RUNS = 3
LIMIT, NEIGHBOURS = 3.0, 100
"""As the method has them."""
TRAINED, ASKED = 0, 1
"""Seeds."""

Features = Float[np.ndarray, "galaxies features"]
Redshifts = Float[np.ndarray, "galaxies"]
Fits = Float[np.ndarray, "galaxies 2"]


@dataclass(frozen=True)
class Way:
    """A plain way."""

    name: str
    words: str
    goal: str
    each: bool
    """Whether the neighbours are searched galaxy by galaxy."""
    jobs: int | None = None
    """Threads of the search; −1 for one on each core."""


LOOP = Way("local-linear", "a loop of scikit-learn and lstsq over galaxies", "at least 15", each=True)
SEARCH = Way("local-linear: search", "scikit-learn for all at once, lstsq for each", "at least 2", each=False, jobs=-1)


@dataclass(frozen=True)
class Taken:
    """What a plain way took."""

    building: float
    """Seconds until it could answer."""
    asking: float
    fits: np.ndarray
    """Redshift and error of the galaxies asked for."""


def measure(out: Path | None = None) -> Iterator[Result]:
    """Galaxies a second, against both plain ways.

    Args:
        out: takes no figure from here.
    """
    yield from compared(QUERIES, TRAIN, LOOPED, BATCHED, RUNS)


def compared(queries: int, train: int, looped: int, batched: int, runs: int) -> Iterator[Result]:
    """The results for so many galaxies and training galaxies, a part of which the plain ways are asked for."""
    with Apart(ours, queries, train) as fitted:
        for way, asked in ((LOOP, looped), (SEARCH, batched)):
            with Apart(plainly, way, asked, queries, train) as plain:
                pairs = alternating(fitted, partial(_scaled, plain, queries / asked), runs)
            apart = np.abs(fitted.last.answer[:asked] - plain.last.answer.fits).max()
            sizes = f"{queries:,} galaxies among {train:,}, {NEIGHBOURS} neighbours; the other: {asked:,}, scaled"
            note = f"{sizes}; largest difference in redshift {apart:.0e}"
            yield pairs.faster(way.name, queries, "galaxies/s", way.words, way.goal, note)


def survey(count: int, seed: int) -> tuple[Features, Redshifts]:
    """Features as SDSS galaxies have them, r and four colours that follow redshift and type, and redshifts."""
    rng = np.random.default_rng(seed)
    z, kind = np.clip(rng.gamma(4, 0.03, count), 0.003, 0.4), rng.uniform(0, 1, count)
    noise = rng.normal(size=(count, 5)) * [0.5, 0.15, 0.03, 0.02, 0.04]
    r = 14.5 + 12 * np.sqrt(z / 0.4) * 0.4
    colours = [1.2 + 0.6 * kind + z, 0.4 + 0.4 * kind + 2.2 * z * (0.5 + kind), 0.25 + 0.12 * kind + 0.6 * z]
    return np.column_stack([r, *colours, 0.15 + 0.15 * kind + 0.3 * z]) + noise, z


def ours(queries: int, train: int) -> Callable[[], Fits]:
    """The method's own way, its search built anew each time."""
    features, redshift = survey(train, TRAINED)
    asked, _ = survey(queries, ASKED)
    system = MagnitudeSystem(tuple("ugriz"), tuple(SDSS_SOFTENING.values()))
    return lambda: np.column_stack(
        LocalLinear("local-linear", Grid(), system, Options(), features, redshift).estimate(asked)
    )


def plainly(way: Way, queries: int, whole: int, train: int) -> Callable[[], Taken]:
    """A plain way for the first galaxies of the whole number."""
    features, redshift = survey(train, TRAINED)
    asked = survey(whole, ASKED)[0][:queries]
    neighbours = require("sklearn.neighbors", "baselines").NearestNeighbors

    def run() -> Taken:
        began = time.perf_counter()
        scale = features.std(axis=0)
        search = neighbours(n_neighbors=NEIGHBOURS, n_jobs=way.jobs).fit(features / scale)
        built = time.perf_counter()
        nearest = (
            (search.kneighbors(query[None] / scale, return_distance=False)[0] for query in asked)
            if way.each
            else search.kneighbors(asked / scale, return_distance=False)
        )
        fits = [_plane(query, features[near], redshift[near]) for query, near in zip(asked, nearest, strict=True)]
        return Taken(built - began, time.perf_counter() - built, np.array(fits))

    return run


def _plane(query: np.ndarray, near: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """One galaxy: fit, leave out, fit again."""
    design = np.column_stack([np.ones(len(near)), near])
    left = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    kept = np.abs(left) <= LIMIT * np.sqrt(np.mean(left**2))
    solved = np.linalg.lstsq(design[kept], z[kept], rcond=None)[0]
    left = z[kept] - design[kept] @ solved
    return float(solved[0] + query @ solved[1:]), float(np.sqrt(np.mean(left**2)))


def _scaled(plain: Callable[[], Run], times: float) -> Run:
    """A plain way's run, as long as all galaxies would have taken."""
    run = plain()
    return replace(run, seconds=run.answer.building + times * run.answer.asking)
