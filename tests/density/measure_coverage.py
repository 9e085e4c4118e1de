"""How often the 95 % intervals of the metrics hold the truth, and how often the tests of PIT distances find nothing.

A population of normal densities on a grid, calibrated or not, is drawn once; its metrics are the truth. Samples of it,
with replacement, are scored as ``slipher evaluate`` scores densities: each metric alone, and paired with another model of
the same galaxies. ``python tests/density/measure_coverage.py`` prints the table; ``--trials`` says of how many samples.
"""

import argparse
import sys

import numpy as np
from scipy.special import ndtr

from slipher.density.bootstrap import resample
from slipher.density.distances import AD, CVM, KS
from slipher.density.histogram import Density
from slipher.density.scores import METRICS, columns, metrics, point_columns
from slipher.redshift import Grid

GRID = Grid(0.4, 180)
POPULATION = 200_000
DISTANCES = {"pit_ks": KS, "pit_cvm": CVM, "pit_ad": AD}
STATES = {"calibrated": (1.0, 0.0), "too narrow and shifted": (0.7, 0.3)}
"""By how much a density is too wide, and how many of its widths it is off."""
PAIRS = {
    "both calibrated": (0.0, 0.0),
    "both off, the same way": (0.3, 0.3),
    "both off, opposite ways": (0.3, -0.3),
    "one off": (0.0, 0.1),
    "one off, more": (0.0, 0.2),
}
"""How many widths the first and the second density are off, where distances of the PIT are compared."""
BETTER = 0.9
"""Scatter of a second model about the truth, in units of the first one's."""


def population(stretch: float, shift: float, seed: int = 0, scatter: float = 1.0) -> dict[str, np.ndarray]:
    """The columns of many densities; of two seeds, they are different models of the same galaxies, correlated by half."""
    shared, own = np.random.default_rng(1), np.random.default_rng(2 + seed)
    redshift = shared.uniform(0.12, 0.26, POPULATION)
    sigma = 0.02 * (1 + redshift)
    error = (shared.normal(size=POPULATION) + own.normal(size=POPULATION)) / np.sqrt(2)
    centre = redshift + sigma * (scatter * error + shift)
    parts = []
    for rows in np.array_split(np.arange(POPULATION), POPULATION // 4000):
        width = stretch * scatter * sigma[rows, None]
        mass = np.diff(ndtr((GRID.edges - centre[rows, None]) / width), axis=1) + 1e-9
        parts.append(columns(Density(GRID, mass / mass.sum(axis=1, keepdims=True)), redshift[rows]))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def alone(state: str, n: int, trials: int, resamples: int, convention: str = "paper") -> dict[str, float]:
    """How often the interval of each metric holds the truth; of distances, how often p is at least 0.05."""
    whole, rng = population(*STATES[state]), np.random.default_rng(n)
    chosen = metrics(convention)
    if convention == "rail":
        whole = point_columns(whole["dz"], np.zeros(POPULATION))
    truth = {
        name: float(each.statistic(np.sort(whole[each.column])))
        for name, each in chosen.items()
        if each.column in whole
    }
    held = dict.fromkeys(truth, 0)
    for _ in range(trials):
        draws = resample([picked(whole, rng.integers(0, POPULATION, n))], chosen, resamples)
        for name in held:
            score = draws.score(name)
            inside = score.p >= 0.05 if score.p is not None else score.low <= truth[name] <= score.high
            held[name] += inside
    return {name: count / trials for name, count in held.items()}


def paired(n: int, trials: int, resamples: int) -> dict[str, float]:
    """The same of differences from a second model; of distances, how often they are not told apart."""
    first, second = population(1.0, 0.0), population(1.0, 0.0, 1, BETTER)
    truth = {
        name: each.statistic(np.sort(first[each.column])) - each.statistic(np.sort(second[each.column]))
        for name, each in METRICS.items()
    }
    held, rng = dict.fromkeys(METRICS, 0), np.random.default_rng(n)
    for _ in range(trials):
        rows = rng.integers(0, POPULATION, n)
        draws = resample([picked(first, rows), picked(second, rows)], METRICS, resamples)
        for name in held:
            score = draws.difference(name, [0], [1])
            held[name] += score.p >= 0.05 if score.p is not None else score.low <= truth[name] <= score.high
    return {name: count / trials for name, count in held.items()}


def null_band(n: int, trials: int) -> dict[str, float]:
    """How often the distance of uniform numbers lies in the band that is expected of them, and how often p < 0.05."""
    rng, inside = np.random.default_rng(n), dict.fromkeys(DISTANCES, 0)
    low = dict.fromkeys(DISTANCES, 0)
    for _ in range(trials):
        pit = rng.random(n)
        for name, distance in DISTANCES.items():
            value = METRICS[name].statistic(pit)
            first, last = distance.expected(n)
            inside[name] += first <= value <= last
            low[name] += distance.p(value, n) < 0.05
    return {name: inside[name] / trials for name in DISTANCES} | {
        f"{name}: p < 0.05": low[name] / trials for name in low
    }


def told_apart(pair: str, n: int, trials: int, correlation: float = 0.8) -> dict[str, float]:
    """How often two models of the same galaxies are told apart by the distance of their PIT (p < 0.05)."""
    rng, apart = np.random.default_rng(n), dict.fromkeys(DISTANCES, 0)
    for _ in range(trials):
        shared = np.sqrt(correlation) * rng.normal(size=n)
        both = [ndtr(shared + np.sqrt(1 - correlation) * rng.normal(size=n) + shift) for shift in PAIRS[pair]]
        draws = resample([{"pit": pit} for pit in both], {name: METRICS[name] for name in DISTANCES}, 1)
        for name in apart:
            apart[name] += draws.difference(name, [0], [1]).p < 0.05
    return {name: count / trials for name, count in apart.items()}


def picked(whole: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: column[rows] for name, column in whole.items()}


def show(heading: str, found: dict[str, float]) -> None:
    sys.stdout.write(f"{heading:45}" + "  ".join(f"{name} {100 * share:.1f}" for name, share in found.items()) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--galaxies", type=int, nargs="+", default=[200, 1500, 10_000])
    chosen = parser.parse_args()
    for n in chosen.galaxies:
        show(f"null, {n}", null_band(n, chosen.trials))
        for pair in PAIRS:
            show(f"told apart, {pair}, {n}", told_apart(pair, n, chosen.trials))
        for state in STATES:
            show(f"alone, {state}, {n}", alone(state, n, chosen.trials, chosen.resamples))
        show(f"alone, rail, {n}", alone("calibrated", n, chosen.trials, chosen.resamples, "rail"))
        show(f"difference, {n}", paired(n, chosen.trials, chosen.resamples))


if __name__ == "__main__":
    sys.exit(main())
