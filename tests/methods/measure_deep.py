"""How well methods on measured photometry do on a deep survey, simulated: a program that prints a table, or JSON.

    python tests/methods/measure_deep.py [--galaxies 20000] [--softening sdss] [--json] [--methods beck annz]

Galaxies like those of the DC2 simulation with RAIL works: ugrizy of LSST, i < 25.3, redshifts to 3. All is SIMULATED.
Counts in i rise as 10^(0.31 i); redshifts follow z² exp(−z/z0) with z0 = 0.0417 i − 0.744 (LSST Science Book, section
3.7). Spectra are sums of kcorrect's templates, with the coefficients of real SDSS galaxies scattered by 0.3 in their
logarithm and taken from bluer galaxies the higher the redshift, behind the intergalactic hydrogen of Madau (1995). Errors
are those of ten years (Ivezić et al. 2019, equations 4 and 5, with five-sigma depths of 26.1, 27.4, 27.5, 26.8, 26.1
and 24.9); what is not detected stays as measured, around 0.

Row "forest" is scikit-learn's RandomForestRegressor on the same magnitude and colours and the same split; its density is
made of what its trees say. Row "trainz" knows nothing. ``--softening sdss`` softens all magnitudes as slipher once did, by
SDSS's constants, a number by so many standard deviations of the noise.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure_photometric import cell, timed
from sklearn.ensemble import RandomForestRegressor

from slipher.density.bootstrap import resample
from slipher.density.histogram import Density
from slipher.density.scores import columns, metrics
from slipher.formats.tables import write_table
from slipher.methods.base import Job, module
from slipher.methods.photometry import system
from slipher.methods.photometry.features import features_of
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.methods.shapes.around_fit import residual_mass
from slipher.physics.filters import load_filter
from slipher.physics.magnitudes import SDSS_SOFTENING, SOFTENING_PER_NOISE, noise_softening
from slipher.physics.template import load_templates
from slipher.redshift import Grid
from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.mock.parents import load_parents
from slipher.survey.store import open_store

BANDS = tuple(f"lsst2023-{band}" for band in "ugrizy")
DEPTH = np.array([26.1, 27.4, 27.5, 26.8, 26.1, 24.9])
"""Of five standard deviations after ten years, AB magnitudes."""
GAMMA = np.array([0.038, 0.039, 0.039, 0.039, 0.039, 0.039])
SYSTEMATIC = 0.005
BRIGHTEST, FAINTEST = 18.0, 25.3
SLOPE = 0.31
NEAREST, FARTHEST = 0.02, 3.0
SCATTER = 0.3
STEP = 0.005
GRID = Grid(FARTHEST, 300)
METHODS = ("trainz", "local-linear", "beck", "annz", "flexcode")
CHOSEN = ("mad", "bias", "outliers_0.15", "cde_loss", "crps")
USE = "the forest works on"
LYMAN_LIMIT, LYMAN_BETA, LYMAN_ALPHA = 912.0, 1026.0, 1216.0


def magnitudes_and_redshifts(count, rng):
    """i of galaxies, and redshifts that go with it."""
    share = rng.uniform(size=2 * count)
    low, high = 10 ** (SLOPE * BRIGHTEST), 10 ** (SLOPE * (FAINTEST + 0.3))
    i = np.log10(low + share * (high - low)) / SLOPE
    z = rng.gamma(3, 0.0417 * i - 0.744)
    inside = (z > NEAREST) & (z < FARTHEST)
    return i[inside], z[inside]


def through_hydrogen(wavelength, z):
    """What part of the light passes, at observed wavelengths: none beyond the Lyman limit, the forest's before it."""
    rest = wavelength / (1 + z)
    forest = np.exp(-0.0036 * (wavelength / LYMAN_ALPHA) ** 3.46)
    passed = np.where((rest > LYMAN_BETA) & (rest < LYMAN_ALPHA), forest, 1.0)
    passed = np.where((rest > LYMAN_LIMIT) & (rest < LYMAN_BETA), forest**1.5, passed)
    return np.where(rest < LYMAN_LIMIT, 0.0, passed)


def template_fluxes(z):
    """AB flux of each template in each band at some redshifts, but for a factor that they share."""
    rest, templates = load_templates()
    found = np.zeros((len(z), len(templates), len(BANDS)))
    for place, band in enumerate(BANDS):
        curve = load_filter(band)
        weight = curve.response * curve.wavelength
        zero_point = np.trapezoid(curve.response / curve.wavelength, curve.wavelength)
        for row, one in enumerate(z):
            passed = weight * through_hydrogen(curve.wavelength, one)
            seen = [np.interp(curve.wavelength / (1 + one), rest, each) for each in templates]
            found[row, :, place] = np.trapezoid(seen * passed, curve.wavelength, axis=1) / zero_point
    return found


def true_fluxes(i, z, rng):
    """Fluxes in ugrizy, nanomaggies, of galaxies of known i and redshift."""
    parents = load_parents()
    bluest_first = np.argsort(parents.flux[:, 3] / parents.flux[:, 1])
    rank = rng.uniform(size=len(z)) ** (1 + z)
    chosen = parents.coefficients[bluest_first[(rank * len(bluest_first)).astype(int)]]
    chosen = chosen * np.exp(SCATTER * rng.normal(size=chosen.shape))
    knots = np.arange(0, FARTHEST + 2 * STEP, STEP)
    table = template_fluxes(knots)
    below = (z / STEP).astype(int)
    part = (z / STEP - below)[:, None, None]
    flux = np.einsum("gt,gtb->gb", chosen, (1 - part) * table[below] + part * table[below + 1])
    return 10 ** (-0.4 * (i - 22.5))[:, None] * flux / flux[:, [3]]


def errors(flux):
    """Standard deviations of measured fluxes."""
    limit, there = 10 ** (-0.4 * (DEPTH - 22.5)), np.maximum(flux, 0)
    random = np.log(10) / 2.5 * np.sqrt((0.04 - GAMMA) * limit * there + GAMMA * limit**2)
    return np.hypot(random, SYSTEMATIC * there)


def survey(folder, count, seed=0):
    """The store of a simulated survey."""
    rng = np.random.default_rng(seed)
    i, z = magnitudes_and_redshifts(count, rng)
    flux = true_fluxes(i, z, rng)
    flux = flux + errors(flux) * rng.normal(size=flux.shape)
    kept = np.flatnonzero(flux[:, 3] > 10 ** (-0.4 * (FAINTEST - 22.5)))[:count]
    table = {"id": np.arange(len(kept)), "redshift": z[kept]}
    table |= {f"f_{band}": flux[kept, place] for place, band in enumerate(BANDS)}
    table |= {f"e_{band}": errors(flux)[kept, place] for place, band in enumerate(BANDS)}
    write_table(folder / "deep.parquet", table)
    named = CatalogueColumns(
        flux="f_{band}", flux_error="e_{band}", bands=",".join(BANDS), dereddened=True, redshift="redshift", id="id"
    )
    return open_store(import_catalogue(folder / "deep.parquet", folder / "deep.h5", named))


def softened(how):
    """What softens: the noise, SDSS's constants (z's where it has no band), or a multiple of the noise."""
    if how == "sdss":
        sdss = np.array([SDSS_SOFTENING.get(band[-1], SDSS_SOFTENING["z"]) for band in BANDS])
        return lambda flux, error: sdss
    factor = SOFTENING_PER_NOISE if how == "noise" else float(how)
    return lambda flux, error: factor / SOFTENING_PER_NOISE * noise_softening(flux, error)


def forest(galaxies):
    """scikit-learn's random forest, and densities of what its trees say."""
    magnitudes = MagnitudeSystem.of(galaxies.train, USE)
    train, test = (features_of(part, magnitudes, USE) for part in (galaxies.train, galaxies.test))
    model, fitting = timed(
        lambda: RandomForestRegressor(n_estimators=100, random_state=0).fit(train, galaxies.train.redshift)
    )
    trees = np.stack([tree.predict(test) for tree in model.estimators_], axis=1)
    mean = trees.mean(axis=1)
    mass = residual_mass(mean, trees - mean[:, None], trees.std(axis=1), GRID)
    return Density(GRID, mass, galaxies.test.id, galaxies.test.redshift), fitting


def fitted(galaxies, name):
    """A method of slipher's: densities, and time of fitting."""
    model, fitting = timed(lambda: module(name).fit(galaxies, Job(grid=GRID)))
    return model.predict(galaxies.test), fitting


def measure(galaxies, name):
    """A row of the table."""
    density, fitting = forest(galaxies) if name == "forest" else fitted(galaxies, name)
    draws = resample([columns(density)], {metric: metrics()[metric] for metric in CHOSEN})
    return {
        "method": name,
        "train": len(galaxies.train),
        "test": len(galaxies.test),
        "fit_seconds": fitting,
        "metrics": {metric: draws.score(metric).as_dict() for metric in CHOSEN},
    }


def markdown(rows):
    """The rows as a table."""
    heads = ["method", "fit s", *CHOSEN]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = [cell(row["metrics"][metric]) for metric in CHOSEN]
        lines.append(f"| {row['method']} | {row['fit_seconds']:.1f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=20_000)
    parser.add_argument("--softening", default="noise", help="noise, sdss, or a multiple of the noise")
    parser.add_argument("--methods", nargs="+", default=[*METHODS, "forest"])
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    given = parser.parse_args()
    system.noise_softening = softened(given.softening)
    with tempfile.TemporaryDirectory() as folder:
        galaxies = survey(Path(folder), given.galaxies)
        rows = [measure(galaxies, name) for name in given.methods]
    sys.stdout.write((json.dumps(rows, indent=2) if given.json else markdown(rows)) + "\n")


if __name__ == "__main__":
    main()
