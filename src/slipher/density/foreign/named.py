"""Distributions of scipy by their names, which qp takes over: lognorm, gamma, beta and a hundred more."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit

from slipher.density import nodes
from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError

__all__ = ["named"]

PROBABILITIES = expit(np.linspace(-28, 0, 29))
"""Knots lie where F or 1 − F has these values: from 1e-12 on, e times as likely each."""
NODES = 6


def named(kind: str) -> Callable[[Record], Pieces] | None:
    """How densities of a distribution of scipy are read; None if it has none of that name."""
    from scipy import stats  # takes long to load, and is rarely needed

    found = getattr(stats, kind, None)
    return partial(_pieces, found) if isinstance(found, stats.rv_continuous) else None


def _pieces(distribution: Any, record: Record) -> Pieces:
    """Knots at quantiles; the mass of a piece from the distribution function, its shape from the density."""
    shapes = [name.strip() for name in (distribution.shapes or "").split(",") if name.strip()]
    unknown = set(record.data) - {*shapes, "loc", "scale"}
    if unknown or set(shapes) - set(record.data):
        raise InputError(
            f"{record.where} has {', '.join(sorted(record.data)) or 'nothing'} of each density of kind {record.kind}, "
            f"which needs {', '.join([*shapes, 'loc', 'scale'])}; it is damaged."
        )
    names = list(record.data)
    parameters = tuple(record.rows(name, 1) for name in names)
    given = dict(zip(names, parameters, strict=True))
    with np.errstate(all="ignore"):
        low, high = distribution.support(**given)
        bounds = [np.where(np.isfinite(each), each, np.nan).reshape(-1, 1) for each in (low, high)]
        below, above = distribution.ppf(PROBABILITIES, **given), distribution.isf(PROBABILITIES[-2::-1], **given)
        edges = np.concatenate([below, above], axis=1)
        edges = np.concatenate([_or(bounds[0], edges[:, :1]), edges, _or(bounds[1], edges[:, -1:])], axis=1)
        places = edges[:, :-1, None] + np.diff(edges, axis=1)[:, :, None] * nodes.nodes(NODES)
        values = distribution.pdf(places, **{name: each[:, :, None] for name, each in given.items()})
        values = np.where((np.diff(edges, axis=1)[:, :, None] > 0) & ~np.isinf(values), values, 0.0)
        values *= _correction(distribution, given, edges, values)[:, :, None]
    return Pieces(edges, values, partial(_log_density, distribution, names), parameters)


def _or(bound: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """The end of the support where there is one."""
    return np.where(np.isnan(bound), otherwise, bound)


def _correction(distribution: Any, given: dict[str, np.ndarray], edges: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mass of each piece over that which its nodes have, which miss a pole at an end of the support."""
    rise = np.diff(distribution.cdf(edges, **given), axis=1)
    fall = -np.diff(distribution.sf(edges, **given), axis=1)
    mass = np.where(edges[:, 1:] <= distribution.median(**given).reshape(-1, 1), rise, fall)
    found = (values @ nodes.weights(NODES)) * np.diff(edges, axis=1)
    return np.where(found > 0, mass / np.where(found > 0, found, 1.0), 1.0)


def _log_density(distribution: Any, names: list[str], parameters: tuple[np.ndarray, ...], z: np.ndarray) -> np.ndarray:
    given = {name: values[:, 0] for name, values in zip(names, parameters, strict=True)}
    return np.asarray(distribution.logpdf(z, **given))
