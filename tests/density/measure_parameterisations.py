"""The same densities in every parameterisation of qp, and their scores: ours, qp's, and exact ones.

    python tests/density/measure_parameterisations.py

prints the table of docs/evaluate.md. Two hundred galaxies have a density of two peaks each, a narrow and a wide one,
and a true redshift drawn from it. What a parameterisation stores of that differs, so each has exact scores of its own.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.interpolate import BSpline

GALAXIES = 200
KNOTS = np.linspace(0, 3, 151)
SPARSE_KNOTS = np.linspace(0, 3, 101)
QUANTS = np.linspace(0.005, 0.995, 67)
SCORES = ("bias", "cde_loss", "crps", "pit_ks")


class Galaxies:
    """Mixtures of two normal distributions and redshifts drawn from them."""

    def __init__(self, count=GALAXIES, seed=0):
        rng = np.random.default_rng(seed)
        self.means = np.stack([rng.uniform(0.6, 1.2, count), rng.uniform(1.4, 2.2, count)], axis=1)
        self.stds = np.stack([rng.uniform(0.03, 0.08, count), rng.uniform(0.08, 0.2, count)], axis=1)
        share = rng.uniform(0.3, 0.7, count)
        self.weights = np.stack([share, 1 - share], axis=1)
        first = rng.random(count) < share
        self.z = np.where(first, *(self.means + self.stds * rng.normal(size=(count, 2))).T)

    def pdf(self, x):
        x = np.broadcast_to(x, (len(self.z), np.shape(x)[-1]))
        parts = stats.norm.pdf(x[:, :, None], self.means[:, None], self.stds[:, None])
        return np.sum(self.weights[:, None] * parts, axis=2)

    def cdf(self, x):
        x = np.broadcast_to(x, (len(self.z), np.shape(x)[-1]))
        parts = stats.norm.cdf(x[:, :, None], self.means[:, None], self.stds[:, None])
        return np.sum(self.weights[:, None] * parts, axis=2)

    def quantile(self, q):
        x = np.linspace(-0.5, 4, 40_001)
        return np.stack([np.interp(q, row, x) for row in self.cdf(x)])


def ensembles(g):
    """Each parameterisation: qp's ensemble, the true redshifts, and ρ of every galaxy by numpy and scipy alone."""
    import qp
    from qp.parameterizations.packed_interp.packing_utils import PackingType
    from qp.parameterizations.sparse_interp.sparse_rep import build_sparse_representation

    own = np.sort(
        np.concatenate([g.means[:, k, None] + g.stds[:, k, None] * np.linspace(-5, 5, 41) for k in (0, 1)], axis=1)
    )
    edges = KNOTS + 0.013
    heights = np.diff(g.cdf(edges), axis=1) / np.diff(edges)
    locs = g.quantile(QUANTS)
    curves = qp.convert(
        qp.Ensemble(qp.interp, data={"xvals": KNOTS, "yvals": g.pdf(KNOTS)}), "spline", xvals=KNOTS, method="xy"
    )
    grid = qp.Ensemble(qp.interp, data={"xvals": KNOTS, "yvals": g.pdf(KNOTS)})
    linear, logarithmic = (qp.convert(grid, "packed_interp", xvals=KNOTS, packing_type=kind) for kind in PackingType)
    indices, meta, _ = build_sparse_representation(SPARSE_KNOTS, g.pdf(SPARSE_KNOTS), Nsig=20, verbose=False)
    meta.pop("Ntot")
    sparse = qp.Ensemble(qp.sparse, data={"sparse_indices": indices, **meta})
    mean, std = g.means[:, 1:], g.stds[:, 1:]
    z = mean[:, 0] + std[:, 0] * np.random.default_rng(1).normal(size=len(g.z))
    shape = np.full_like(mean, 12.0)

    def steps(edges, values):
        return [lambda x, e=e, v=v: _step(e, v, x) for e, v in zip(edges, values, strict=True)]

    def lines(knots, values):
        return [lambda x, k=k, v=v: np.interp(x, k, v, left=0, right=0) for k, v in zip(knots, values, strict=True)]

    def shared(knots):
        return np.broadcast_to(knots, (len(g.z), len(knots)))

    padded = np.column_stack(
        [
            locs[:, 0] - QUANTS[0] * (locs[:, 1] - locs[:, 0]) / (QUANTS[1] - QUANTS[0]),
            locs,
            locs[:, -1] + (1 - QUANTS[-1]) * (locs[:, -1] - locs[:, -2]) / (QUANTS[-1] - QUANTS[-2]),
        ]
    )
    rise = np.diff(np.concatenate([[0], QUANTS, [1]]))
    data = curves.objdata
    return {
        "hist": (
            qp.Ensemble(qp.hist, data={"bins": edges, "pdfs": heights}),
            g.z,
            shared(edges),
            steps(shared(edges), heights),
        ),
        "interp": (grid, g.z, shared(KNOTS), lines(shared(KNOTS), g.pdf(KNOTS))),
        "interp_irregular": (
            qp.Ensemble(qp.interp_irregular, data={"xvals": own, "yvals": g.pdf(own)}),
            g.z,
            own,
            lines(own, g.pdf(own)),
        ),
        "quant": (
            qp.Ensemble(qp.quant, data={"quants": QUANTS, "locs": locs}),
            g.z,
            padded,
            steps(padded, rise / np.diff(padded, axis=1)),
        ),
        "mixmod": (
            qp.Ensemble(qp.mixmod, data={"means": g.means, "stds": g.stds, "weights": g.weights}),
            g.z,
            own,
            [lambda x, k=k: _mixture(g, k, x) for k in range(len(g.z))],
        ),
        "spline": (
            curves,
            g.z,
            shared(KNOTS),
            [
                lambda x, t=t, c=c: BSpline(t, c, 3, extrapolate=False)(x)
                for t, c in zip(data["splx"], data["sply"], strict=True)
            ],
        ),
        "packed_interp": (linear, g.z, shared(KNOTS), lines(shared(KNOTS), linear.dist.yvals)),
        "packed_interp (log)": (logarithmic, g.z, shared(KNOTS), lines(shared(KNOTS), logarithmic.dist.yvals)),
        "sparse": (sparse, g.z, shared(SPARSE_KNOTS), lines(shared(SPARSE_KNOTS), np.maximum(sparse.dist.yvals, 0))),
        "norm": _named(qp, "norm", {"loc": mean, "scale": std}, z),
        "lognorm": _named(qp, "lognorm", {"s": std / mean, "scale": mean}, z),
        "gamma": _named(qp, "gamma", {"a": shape, "scale": mean / shape}, z),
        "beta": _named(qp, "beta", {"a": shape, "b": shape, "scale": 2 * mean}, z),
    }


def _named(qp, kind, data, z):
    """A distribution of scipy."""
    distribution = getattr(stats, kind)
    rows = [distribution(**{name: values[k, 0] for name, values in data.items()}) for k in range(len(z))]
    knots = np.stack([row.ppf(stats.norm.cdf(np.linspace(-7, 7, 141))) for row in rows])
    return qp.Ensemble(getattr(qp.stats, kind), data=data), z, knots, [row.pdf for row in rows]


def _step(edges, values, x):
    place = np.searchsorted(edges, x, side="left") - 1
    inside = (place >= 0) & (place < len(values))
    return np.where(inside, values[np.clip(place, 0, len(values) - 1)], 0.0)


def _mixture(g, k, x):
    return np.sum(g.weights[k] * stats.norm.pdf(np.asarray(x)[..., None], g.means[k], g.stds[k]), axis=-1)


def exact(knots, density, z):
    """Scores of each galaxy by quadrature between its knots: ten nodes each, and one more way for the CRPS."""
    s, w = np.polynomial.legendre.leggauss(10)
    rows = []
    for row, rho, truth in zip(knots, density, z, strict=True):
        fine = np.linspace(row[:-1], row[1:], 8, endpoint=False).T.ravel()
        cuts = np.unique(np.concatenate([fine, row[-1:], np.clip([truth], row[0], row[-1])]))
        x = (cuts[:-1, None] + np.diff(cuts)[:, None] * (s + 1) / 2).ravel()
        weight = (np.diff(cuts)[:, None] * w / 2).ravel()
        y = np.maximum(rho(x), 0.0)
        y, at = y / np.sum(weight * y), float(np.maximum(rho(truth), 0.0)) / np.sum(weight * y)
        mass = weight * y
        total = np.concatenate([[0.0], np.cumsum(mass)])
        # E|X − z| − E|X − X'|/2, the second as ∫F(1 − F), F at the nodes by half their own mass
        middle = total[:-1] + mass / 2
        spread = np.sum(weight * middle * (1 - middle))
        rows.append(
            (
                (np.sum(mass * x) - truth) / (1 + truth),
                np.sum(weight * y**2) - 2 * at,
                np.sum(mass * np.abs(x - truth)) - spread,
                np.sum(mass[x <= truth]),
            )
        )
    bias, cde, crps, pit = np.array(rows).T
    return {
        "bias": bias.mean(),
        "cde_loss": cde.mean(),
        "crps": crps.mean(),
        "pit_ks": stats.kstest(pit, "uniform").statistic,
    }


def ours(path, z):
    """What slipher says of a file that qp wrote."""
    from slipher.density.file import DensityFile
    from slipher.density.scores import METRICS, columns

    with DensityFile(path) as file:
        scored = [
            columns(density, z[start:stop]) for (start, stop), density in zip(file.bounds(), file.blocks(), strict=True)
        ]
    joined = {name: np.concatenate([part[name] for part in scored]) for name in scored[0]}
    return {name: float(METRICS[name].statistic(np.sort(joined[METRICS[name].column]))) for name in SCORES}


def by_qp(ensemble, z):
    """What qp says: its means where it has some, its CDE loss on 6,001 places, and its PIT; it has no CRPS."""
    from qp.metrics.concrete_metric_classes import CDELossMetric
    from qp.metrics.pit import PIT

    found = {
        "cde_loss": float(CDELossMetric(np.linspace(0, 4, 6001)).evaluate(ensemble, z)),
        "pit_ks": float(np.ravel(PIT(ensemble, z, np.linspace(0, 1, 101)).evaluate_PIT_KS().statistic)[0]),
    }
    try:
        means = np.ravel(ensemble.mean())
    except TypeError:  # qp's error for the parameterisations of which it finds none
        return found
    return {"bias": float(np.mean((means - z) / (1 + z))), **found}


def main():
    """Print the table."""
    head = [f"{score} {who}" for score in SCORES for who in ("ours", "qp", "exact")]
    sys.stdout.write("| parameterisation | " + " | ".join(head) + " |\n" + "|---" * (len(head) + 1) + "|\n")
    for name, (ensemble, z, knots, density) in ensembles(Galaxies()).items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "densities.hdf5"
            ensemble.write_to(str(path))
            columns = [ours(path, z), by_qp(ensemble, z), exact(knots, density, z)]
        cells = [f"{column[score]:.5g}" if score in column else "–" for score in SCORES for column in columns]
        sys.stdout.write(f"| {name} | " + " | ".join(cells) + " |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
