"""Normal distributions and mixtures of them: qp's mixmod, and scipy's norm."""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from slipher.density import nodes
from slipher.density.foreign.padding import trailing
from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError
from slipher.formats.tables import listed

__all__ = ["mixture", "normal"]

REACH = np.linspace(-9, 9, 25)
"""Knots in units of σ around each mean: 1e-19 lies beyond, and six nodes a piece give ρ to a millionth of its peak."""
NODES = 6

Components = Float[np.ndarray, "galaxies components"]


def normal(record: Record) -> Pieces:
    """``loc`` and ``scale``, 0 and 1 where they are not given."""
    if unknown := set(record.data) - {"loc", "scale"}:
        raise InputError(f"{record.where} has {listed(sorted(unknown))} of normal distributions; it is damaged.")
    mean = record.rows("loc", 1) if "loc" in record.data else np.zeros((record.count, 1))
    sigma = record.rows("scale", 1) if "scale" in record.data else np.ones((record.count, 1))
    return _pieces(mean, sigma, np.ones_like(mean))


def mixture(record: Record) -> Pieces:
    """``means``, ``stds`` and ``weights`` of any sum; components of weight 0, or NaN at the end, fill a row up."""
    mean = record.rows("means")
    weight = record.rows("weights", mean.shape[1])
    return _pieces(mean, record.rows("stds", mean.shape[1]), np.where(trailing(np.isnan(weight)), 0.0, weight))


def _pieces(mean: Components, sigma: Components, weight: Components) -> Pieces:
    mean, sigma = _filled(mean, weight), _filled(sigma, weight)
    sigma, weight = np.where(sigma > 0, sigma, np.nan), np.where(weight >= 0, weight, np.nan)
    weight = weight / weight.sum(axis=1, keepdims=True)
    knots = mean[:, :, None] + sigma[:, :, None] * REACH
    edges = np.sort(knots.reshape(len(mean), mean.shape[1] * len(REACH)), axis=1)
    places = edges[:, :-1, None] + np.diff(edges, axis=1)[:, :, None] * nodes.nodes(NODES)
    values = np.zeros_like(places)
    for m, s, w in zip(mean.T, sigma.T, weight.T, strict=True):
        m, s, w = (each[:, None, None] for each in (m, s, w))
        values += w / (s * np.sqrt(2 * np.pi)) * np.exp(-(((places - m) / s) ** 2) / 2)
    return Pieces(edges, values, _log_density, (mean, sigma, weight))


def _filled(values: Components, weight: Components) -> Components:
    """The numbers of the heaviest component in place of those of none."""
    heaviest = np.take_along_axis(values, np.argmax(weight, axis=1)[:, None], axis=1)
    return np.where(weight == 0, heaviest, values)


def _log_density(parameters: tuple[np.ndarray, ...], z: Float[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies"]:
    mean, sigma, weight = parameters
    exponent = -(((z[:, None] - mean) / sigma) ** 2) / 2 - np.log(sigma) - np.log(2 * np.pi) / 2
    return np.asarray(logsumexp(exponent, b=weight, axis=1))
