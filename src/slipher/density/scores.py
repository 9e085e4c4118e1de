"""The metrics of point estimates and densities, each a function of one column of numbers, one a galaxy.

Δz = (z_p − z)/(1 + z). Scores of densities are exact for a histogram (``rules.py``) and for pieces of others'
(``piecewise.py``).
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from slipher.density import drawn
from slipher.density.bootstrap import RESAMPLES, Columns, Metric, Score, resample
from slipher.density.distances import AD, CVM, KS, pit_ad, pit_cvm, pit_ks
from slipher.density.histogram import Density
from slipher.density.piecewise import Piecewise
from slipher.errors import InputError
from slipher.formats.column import decimal

__all__ = [
    "CONVENTIONS",
    "METRICS",
    "columns",
    "metrics",
    "paired_difference",
    "point_columns",
    "point_scores",
    "residuals",
    "scores",
]

Convention = Literal["paper", "rail"]
CONVENTIONS = ("paper", "rail")
PIT_END = 1e-4
"""A PIT nearer than this to 0 or 1 is an outlier."""
LEAST_LIMIT = 0.06
"""No galaxy nearer than this to its redshift is an outlier of RAIL's."""
BLOCK = 4096
"""Galaxies scored at a time: their intermediate arrays then stay in the processor's cache."""

PerGalaxy = Float[np.ndarray, "galaxies"]


def residuals(point: PerGalaxy, redshift: PerGalaxy) -> PerGalaxy:
    """Δz = (z_p − z)/(1 + z)."""
    return np.asarray((point - redshift) / (1 + redshift))


def mad(dz: PerGalaxy) -> float:
    """1.4826 median|Δz| (Engel & Strube, section 4)."""
    return float(1.4826 * np.median(np.abs(dz)))


def mad_centred(dz: PerGalaxy) -> float:
    """1.4826 median|Δz − median Δz|, what other works call σ_MAD or NMAD."""
    return float(1.4826 * np.median(np.abs(dz - np.median(dz))))


def sigma_iqr(dz: PerGalaxy) -> float:
    """Interquartile range over 1.349, the standard deviation of a normal with that range (RAIL)."""
    low, high = np.quantile(dz, [0.25, 0.75])
    return float(high - low) / 1.349


def outliers_3sigma(dz: PerGalaxy) -> float:
    """Fraction with |Δz| > max(0.06, 3 σ_IQR) (RAIL)."""
    return float(np.mean(np.abs(dz) > max(LEAST_LIMIT, 3 * sigma_iqr(dz))))


def in_ends(pit: PerGalaxy) -> Bool[np.ndarray, "galaxies"]:
    """Whether the PIT is below 1e-4 or above 0.9999, as it is for 2e-4 of the galaxies where calibrated."""
    return np.asarray((pit < PIT_END) | (pit > 1 - PIT_END))


def _fraction(column: str, counts: Callable[[PerGalaxy], Any], target: float | None = None) -> Metric:
    """The mean of what each galaxy counts, from 0 to 1."""
    return Metric(column, lambda values: np.mean(counts(values)), target=target, fraction=True, counts=counts)


def _outliers(limit: float) -> Metric:
    """Fraction with |Δz| above the limit."""
    return _fraction("dz", lambda dz: np.abs(dz) > limit)


def _coverage(level: float) -> Metric:
    """Fraction of true redshifts in the equal-tailed interval of probability ``level``."""
    return _fraction("pit", lambda pit: np.abs(pit - 0.5) <= level / 2, level)


METRICS: dict[str, Metric] = {
    "bias": Metric("dz", np.mean, target=0.0),
    "mad": Metric("dz", mad, drawn.mad),
    "mad_centred": Metric("dz", mad_centred, drawn.mad_centred),
    "outliers_0.05": _outliers(0.05),
    "outliers_0.15": _outliers(0.15),
    "cde_loss": Metric("cde_loss", np.mean),
    "crps": Metric("crps", np.mean),
    "log_score": Metric("log_score", np.mean),
    "pit_ks": Metric("pit", pit_ks, distance=KS),
    "pit_cvm": Metric("pit", pit_cvm, distance=CVM),
    "pit_ad": Metric("pit", pit_ad, distance=AD),
    "pit_outliers": _fraction("pit", in_ends, 2 * PIT_END),
    "coverage_68": _coverage(0.68),
    "coverage_95": _coverage(0.95),
    "coverage_68_hpd": _fraction("in_68_hpd", np.asarray, 0.68),
    "coverage_95_hpd": _fraction("in_95_hpd", np.asarray, 0.95),
}
"""The metrics by name, in the order in which they are reported."""

RAIL: dict[str, Metric] = {
    "bias": Metric("dz", np.median, drawn.median),
    "mad": METRICS["mad"],
    "mad_centred": METRICS["mad_centred"],
    "sigma_iqr": Metric("dz", sigma_iqr, drawn.sigma_iqr),
    "outliers_3sigma": Metric("dz", outliers_3sigma, drawn.outliers_beyond(LEAST_LIMIT, 3), fraction=True),
}


def metrics(convention: str = "paper") -> dict[str, Metric]:
    """The metrics of a convention: ``paper``, or ``rail`` with RAIL's bias (a median), spread and outliers.

    Raises:
        InputError: for another name.
    """
    if convention not in CONVENTIONS:
        raise InputError(f"there is no convention {convention!r}; there are {' and '.join(CONVENTIONS)}.")
    return METRICS if convention == "paper" else {**RAIL, **{k: m for k, m in METRICS.items() if k not in RAIL}}


def point_columns(point: PerGalaxy, redshift: PerGalaxy) -> dict[str, PerGalaxy]:
    """The one column that point estimates allow."""
    return {"dz": residuals(point, redshift)}


def columns(
    density: Density | Piecewise, redshift: PerGalaxy | None = None, point: str = "mean"
) -> dict[str, PerGalaxy]:
    """Everything that the metrics need to know of each galaxy.

    Args:
        density: the densities.
        redshift: true redshifts, finite; those the densities carry if None.
        point: the point estimate: mean, median or mode.
    """
    truth = density.redshift if redshift is None else redshift
    if truth is None or len(truth) != len(density) or not np.isfinite(truth).all():
        raise InputError(f"scores need one known redshift for each of the {len(density)} densities; drop the others.")
    truth = decimal(truth)
    blocks = [slice(start, start + BLOCK) for start in range(0, max(len(density), 1), BLOCK)]
    parts = [_block_columns(density[rows], truth[rows], point) for rows in blocks]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _block_columns(density: Density | Piecewise, truth: PerGalaxy, point: str) -> dict[str, PerGalaxy]:
    return {
        "dz": residuals(density.point(point), truth),
        "cde_loss": density.cde_loss(truth),
        "crps": density.crps(truth),
        "log_score": density.log_score(truth),
        "pit": density.pit(truth),
        "in_68_hpd": density.in_highest_density(0.68, truth),
        "in_95_hpd": density.in_highest_density(0.95, truth),
    }


def scores(
    density: Density | Piecewise,
    redshift: PerGalaxy | None = None,
    point: str = "mean",
    convention: str = "paper",
    resamples: int = RESAMPLES,
) -> dict[str, Score]:
    """Every metric of densities against true redshifts, with intervals, in the order of ``METRICS``."""
    return score_columns(columns(density, redshift, point), convention, resamples)


def point_scores(
    point: PerGalaxy, redshift: PerGalaxy, convention: str = "paper", resamples: int = RESAMPLES
) -> dict[str, Score]:
    """The metrics that point estimates alone allow, with intervals."""
    return score_columns(point_columns(point, redshift), convention, resamples)


def score_columns(
    scored: Columns, convention: str = "paper", resamples: int = RESAMPLES, label: str | None = None
) -> dict[str, Score]:
    """The metrics that these columns allow, with intervals."""
    draws = resample([scored], metrics(convention), resamples, label=label)
    return {name: draws.score(name) for name in draws.values}


def paired_difference(metric: str, first: Columns, second: Columns, chosen: Mapping[str, Metric] = METRICS) -> Score:
    """A metric of ``first`` less that of ``second``, paired by galaxy."""
    return resample([first, second], {metric: chosen[metric]}).difference(metric, [0], [1])
