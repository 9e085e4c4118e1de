"""How well methods on measured photometry do on real catalogues: a program that prints a table, or JSON.

    python tests/methods/measure_photometric.py --seeds 3 [--json] [--only kcorrect stripe82] [--methods beck annz]

kcorrect's 10,000 galaxies of the SDSS main sample (0 < z < 0.4) and the 28,602 of Stripe 82 with 0.003 < z < 0.4, of
which a fifth is for testing and a twentieth for validation. Metrics are means over seeds; intervals are the bootstrap's
over galaxies, 95 %. Row "plain" is a local linear regression as one writes it with scikit-learn and numpy in ten lines,
on the same galaxies; each method's point estimates stand against its, paired by galaxy ("minus plain").
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from slipher.density.bootstrap import resample
from slipher.density.scores import columns, metrics, point_columns, residuals
from slipher.methods.base import Job, module
from slipher.methods.local_linear import LocalLinear, Options
from slipher.methods.photometry.features import features_of
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.redshift import Grid
from slipher.study.jobs import seeded
from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import open_store

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "catalogs"
METHODS = ("trainz", "local-linear", "beck", "annz", "flexcode")
POINT = ("mad", "bias", "outliers_0.05")
CHOSEN = (*POINT, "cde_loss", "crps", "log_score", "pit_ks", "coverage_68")
NEIGHBOURS = 100
USE = "the plain regression works on"
KCORRECT = CatalogueColumns(
    flux="MODELFLUX", ivar="MODELFLUX_IVAR", ebv="EXTINCTION", redshift="Z", ra="RA", dec="DEC", z_max=0.4
)
STRIPE82 = CatalogueColumns(
    flux="MAGGIES",
    ivar="MAGGIES_IVAR",
    dereddened=True,
    redshift="REDSHIFT",
    ra="RA",
    dec="DEC",
    z_min=0.003,
    z_max=0.4,
)


def catalogue(name, folder):
    """The store of a catalogue."""
    if name == "stripe82":
        return open_store(import_catalogue(DATA / "stripe82-specz.fits", folder / "stripe82.h5", STRIPE82))
    import kcorrect

    file = Path(kcorrect.__file__).parent / "data" / "test" / "gst_tests_small.fits"
    return open_store(import_catalogue(file, folder / "kcorrect.h5", KCORRECT))


def timed(call):
    """What a call gave, and its wall time."""
    started = time.perf_counter()
    return call(), time.perf_counter() - started


def plain(train, redshift, asked):
    """Redshifts by a plain local linear regression, unweighted, neighbours in plain magnitudes."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(train).kneighbors(asked, return_distance=False)
    found = []
    for query, near in zip(asked, nearest, strict=True):
        design = np.column_stack([np.ones(NEIGHBOURS), train[near] - query])
        found.append(np.linalg.lstsq(design, redshift[near], rcond=None)[0][0])
    return np.array(found)


def known_features(galaxies, system):
    """Magnitude and colours; 0 where a band is missing."""
    features = features_of(galaxies, system, USE)
    return np.nan_to_num(np.asarray(features, np.float64), nan=0.0)


def reference_of(galaxies):
    """What the plain regression knows of each test galaxy."""
    train, test, system = galaxies.train, galaxies.test, MagnitudeSystem.of(galaxies.train, USE)
    told = known_features(train, system), train.redshift
    return point_columns(plain(*told, known_features(test, system)), test.redshift)


def over_splits(galaxies, count):
    """MAD of plain regression, local-linear and beck on the same random splits, four fifths for training."""
    system = MagnitudeSystem.of(galaxies.train, USE)
    features, redshift, rows = known_features(galaxies, system), np.asarray(galaxies.redshift), []
    for seed in range(count):
        order = np.random.default_rng(seed).permutation(len(redshift))
        train, test = np.split(order, [len(order) * 4 // 5])
        told = features[train], redshift[train]
        points = {"plain": plain(*told, features[test])}
        for name, scale in (("local-linear", True), ("beck", False)):
            model = LocalLinear(name, Grid(), system, Options(scale=scale), *told)
            points[name] = model.estimate(features[test])[0]
        found = {name: metrics()["mad"].statistic(residuals(point, redshift[test])) for name, point in points.items()}
        rows.append({"split": seed, **{name: float(value) for name, value in found.items()}})
    return rows


def plain_row(galaxies, reference):
    """Its row of the table."""
    draws = resample([reference], {metric: metrics()[metric] for metric in POINT})
    return {
        "method": "plain",
        "options": {},
        "train": len(galaxies.train),
        "test": len(galaxies.test),
        "fit_seconds": 0.0,
        "metrics": {metric: draws.score(metric).as_dict() for metric in POINT},
    }


def measure(galaxies, name, seeds, options, reference):
    """A row of the table."""
    members, fitting, predicting = [], [], []
    for seed in range(seeds if seeded(name) else 1):
        job = Job(grid=Grid(), seed=seed, options=options)
        model, taken = timed(lambda job=job: module(name).fit(galaxies, job))
        density, asked = timed(lambda model=model: model.predict(galaxies.test))
        members.append(columns(density))
        fitting.append(taken)
        predicting.append(asked)
    draws = resample(members, {metric: metrics()[metric] for metric in CHOSEN})
    paired = resample([*members, reference], {metric: metrics()[metric] for metric in POINT})
    every = range(len(members))
    return {
        "method": name,
        "options": options,
        "seeds": len(members),
        "train": len(galaxies.train),
        "test": len(galaxies.test),
        "fit_seconds": float(np.median(fitting)),
        "predict_seconds": float(np.median(predicting)),
        "metrics": {metric: draws.score(metric, every).as_dict() for metric in CHOSEN},
        "minus_plain": {metric: paired.difference(metric, every, [len(members)]).as_dict() for metric in POINT},
        "over_seeds": {metric: values.tolist() for metric, values in draws.values.items()},
    }


def cell(score):
    """A value with its interval, if there is one."""
    if not score or score["low"] is None:
        return f"{score['value']:.5g}" if score else ""
    return f"{score['value']:.5g} [{score['low']:.5g}, {score['high']:.5g}]"


def markdown(rows):
    """The rows as a table."""
    heads = ["catalogue", "method", "fit s", *CHOSEN, *(f"{metric} minus plain" for metric in POINT)]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = [cell(row["metrics"].get(metric)) for metric in CHOSEN]
        cells += [cell(row.get("minus_plain", {}).get(metric)) for metric in POINT]
        named = row["method"] + (f" {row['options']}" if row["options"] else "")
        lines.append(f"| {row['catalogue']} | {named} | {row['fit_seconds']:.1f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=["kcorrect", "stripe82"], choices=["kcorrect", "stripe82"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--options", type=json.loads, default={}, help="of every method named, as JSON")
    parser.add_argument("--splits", type=int, default=0, help="instead: MAD on so many random splits, as JSON")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only:
            galaxies = catalogue(name, Path(folder))
            if given.splits:
                rows += [{"catalogue": name, **row} for row in over_splits(galaxies, given.splits)]
                continue
            reference = reference_of(galaxies)
            found = [plain_row(galaxies, reference)]
            found += [measure(galaxies, method, given.seeds, given.options, reference) for method in given.methods]
            rows += [{"catalogue": name, **row} for row in found]
    sys.stdout.write((json.dumps(rows, indent=2) if given.json or given.splits else markdown(rows)) + "\n")


if __name__ == "__main__":
    main()
