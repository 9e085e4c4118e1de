"""How much faster the batched fit is than fitting galaxy by galaxy: a program that prints JSON.

    python tests/methods/measure_beck.py --queries 100000 --train 100000

Three ways to the same numbers, taken in turn: ours (`LocalLinear.estimate`); a loop over galaxies
with scikit-learn's NearestNeighbors and numpy's lstsq; scikit-learn's neighbours of all galaxies at once, then lstsq
galaxy by galaxy. The slow ways are run on the first queries only and scaled up, which favours nobody: they take the
same time for each galaxy.
"""

import argparse
import json
import os
import sys
import time

import numpy as np
from sklearn.neighbors import NearestNeighbors

from slipher.methods.local_linear import LocalLinear, Options
from slipher.redshift import Grid

LIMIT, NEIGHBOURS = 3.0, 100


def sample(count, rng):
    """Features as SDSS galaxies have them, r and four colours that follow redshift and type, and redshifts."""
    z, kind = np.clip(rng.gamma(4, 0.03, count), 0.003, 0.4), rng.uniform(0, 1, count)
    noise = rng.normal(size=(count, 5)) * [0.5, 0.15, 0.03, 0.02, 0.04]
    r = 14.5 + 12 * np.sqrt(z / 0.4) * 0.4
    colours = [1.2 + 0.6 * kind + z, 0.4 + 0.4 * kind + 2.2 * z * (0.5 + kind), 0.25 + 0.12 * kind + 0.6 * z]
    return np.column_stack([r, *colours, 0.15 + 0.15 * kind + 0.3 * z]) + noise, z


def plane(query, near, z):
    """One galaxy: fit, leave out, fit again."""
    design = np.column_stack([np.ones(len(near)), near])
    left = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    kept = np.abs(left) <= LIMIT * np.sqrt(np.mean(left**2))
    solved = np.linalg.lstsq(design[kept], z[kept], rcond=None)[0]
    left = z[kept] - design[kept] @ solved
    return solved[0] + query @ solved[1:], np.sqrt(np.mean(left**2))


def loop(train, redshift):
    """Galaxy by galaxy, neighbours and all."""
    search = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(train)

    def run(queries):
        found = []
        for query in queries:
            nearest = search.kneighbors(query[None], return_distance=False)[0]
            found.append(plane(query, train[nearest], redshift[nearest]))
        return np.array(found)

    return run


def batched_neighbours(train, redshift):
    """All neighbours at once, on all cores, then galaxy by galaxy."""
    search = NearestNeighbors(n_neighbors=NEIGHBOURS, n_jobs=-1).fit(train)

    def run(queries):
        every = search.kneighbors(queries, return_distance=False)
        return np.array([plane(query, train[near], redshift[near]) for query, near in zip(queries, every, strict=True)])

    return run


def ours(train, redshift):
    """The method's own way."""
    model = LocalLinear("beck", Grid(), tuple("ugriz"), Options(scale=False), train, redshift)
    _ = model.among(np.ones(5, bool)).tree
    return lambda queries: np.column_stack(model.estimate(queries))


def timed(call):
    """Wall time of a call, and what it gave."""
    started = time.perf_counter()
    found = call()
    return time.perf_counter() - started, found


def measure(queries, train, slow, repeats):
    """The document that is printed."""
    rng = np.random.default_rng(0)
    features, redshift = sample(train, rng)
    asked, _ = sample(queries, rng)
    ways = {"ours": ours, "loop": loop, "batched_neighbours": batched_neighbours}
    counts = {"ours": queries, "loop": min(slow, queries), "batched_neighbours": min(10 * slow, queries)}
    rates, found = {name: [] for name in ways}, {}
    for _ in range(repeats):
        for name, way in ways.items():
            building, run = timed(lambda way=way: way(features, redshift))
            taken, found[name] = timed(lambda run=run, count=counts[name]: run(asked[:count]))
            # the search is built once, whatever the number of queries
            rates[name].append(queries / (building + taken * queries / counts[name]))
    others = [name for name in ways if name != "ours"]
    return {
        "queries": queries,
        "train": train,
        "neighbours": NEIGHBOURS,
        "cores": len(os.sched_getaffinity(0)),
        "repeats": repeats,
        "measured_on": counts,
        "extrapolated": [name for name, count in counts.items() if count < queries],
        "queries_per_second": {name: spread(each) for name, each in rates.items()},
        "ratio": {name: spread(np.array(rates["ours"]) / np.array(rates[name])) for name in others},
        "largest_difference": max(float(np.abs(found["ours"][: counts[n]] - found[n]).max()) for n in others),
    }


def spread(values):
    """Median, least and greatest."""
    return {"median": float(np.median(values)), "low": float(np.min(values)), "high": float(np.max(values))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--train", type=int, default=100_000)
    parser.add_argument("--slow", type=int, default=1000, help="queries of the loop; ten times as many of the other")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    json.dump(measure(given.queries, given.train, given.slow, given.repeats), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
