"""The densities of others: each parameterisation of qp as the piecewise polynomials that its numbers mean.

What is stored is integrated, exactly, between the knots that are stored; qp's own distribution functions, which
disagree with its densities, are not asked.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool

from slipher.density import nodes
from slipher.density.foreign.lines import interp, own_interp, packed, sparse
from slipher.density.foreign.mixtures import mixture, normal
from slipher.density.foreign.named import named
from slipher.density.foreign.other import other
from slipher.density.foreign.record import Pieces, Record
from slipher.density.foreign.spline import spline
from slipher.density.foreign.steps import hist, own_hist, quant
from slipher.density.piecewise import Piecewise

__all__ = ["KINDS", "OWN_HIST", "OWN_INTERP", "Record", "piecewise"]

OWN_HIST, OWN_INTERP = "hist with own bins", "interp_irregular"

KINDS: dict[str, Callable[[Record], Pieces]] = {
    "hist": hist,
    OWN_HIST: own_hist,
    "interp": interp,
    OWN_INTERP: own_interp,
    "packed_interp": packed,
    "sparse": sparse,
    "quant": quant,
    "mixmod": mixture,
    "norm": normal,
    "spline": spline,
}
"""How each parameterisation is read; others are distributions of scipy, or left to qp."""
OVERSHOOT = 0.05
"""A spline may swing below 0 by so much of the mass that it has above."""


def piecewise(record: Record) -> tuple[Bool[np.ndarray, "galaxies"], Piecewise]:
    """Which rows hold a density, and these densities.

    None is held by NaN, infinities, knots that do not rise, negative values or nothing at all. Where a spline swings
    below 0 it counts as 0.

    Raises:
        InputError: if the numbers are not those of the parameterisation.
    """
    read = KINDS.get(record.kind) or named(record.kind) or other
    with np.errstate(all="ignore"):
        pieces = read(record)
        good = _sound(pieces)
    edges = pieces.edges[good] if len(pieces.edges) == len(good) else pieces.edges
    values, parameters = np.maximum(pieces.values[good], 0.0), tuple(each[good] for each in pieces.parameters)
    return good, Piecewise(edges, values, None, None, pieces.log_density, parameters)


def _sound(pieces: Pieces) -> Bool[np.ndarray, "galaxies"]:
    """Which rows are densities."""
    width = np.diff(pieces.edges, axis=1)
    above, below = (np.maximum(sign * pieces.values, 0.0) @ nodes.weights(pieces.values.shape[2]) for sign in (1, -1))
    mass, missing = np.sum(above * width, axis=1), np.sum(below * width, axis=1)
    rising = np.isfinite(pieces.edges).all(axis=1) & (width >= 0).all(axis=1)
    finite = np.isfinite(pieces.values).all(axis=(1, 2)) & np.isfinite(mass)
    return np.asarray(finite & rising & (mass > 0) & (missing <= OVERSHOOT * mass))
