"""qp's spline: B-splines with knots, coefficients and a degree, a row each."""

import numpy as np
from jaxtyping import Float

from slipher.density import nodes
from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError

__all__ = ["spline"]

HIGHEST = 5
"""Degree that FITPACK allows."""


def spline(record: Record) -> Pieces:
    """``splx`` knots with the outer ones repeated, ``sply`` coefficients, ``spln`` the degree: scipy's (t, c, k)."""
    knots = record.rows("splx")
    coefficients = record.rows("sply", knots.shape[1])
    degrees = np.unique(record.rows("spln", 1))
    degree = int(degrees[0]) if len(degrees) == 1 else -1
    if not 0 <= degree <= HIGHEST or knots.shape[1] < 2 * degree + 2:
        raise InputError(
            f"{record.where} has splines of the degrees {', '.join(f'{each:g}' for each in degrees[:5])} on "
            f"{knots.shape[1]} knots; one degree from 0 to {HIGHEST} and knots enough for it are needed."
        )
    inner = knots[:, degree : knots.shape[1] - degree]
    places = inner[:, :-1, None] + np.diff(inner, axis=1)[:, :, None] * nodes.nodes(degree + 1)
    return Pieces(inner, _de_boor(knots, coefficients, degree, places))


def _de_boor(
    knots: Float[np.ndarray, "galaxies knots"],
    coefficients: Float[np.ndarray, "galaxies knots"],
    degree: int,
    places: Float[np.ndarray, "galaxies pieces nodes"],
) -> Float[np.ndarray, "galaxies pieces nodes"]:
    """The splines inside each piece, by de Boor's recursion: in piece j the coefficients j to j + degree count."""
    pieces = places.shape[1]
    at = np.arange(pieces)
    parts = [np.broadcast_to(coefficients[:, at + j, None], places.shape) for j in range(degree + 1)]
    for level in range(1, degree + 1):
        for j in range(degree, level - 1, -1):
            low, high = knots[:, at + j, None], knots[:, at + j + degree + 1 - level, None]
            gap = high - low
            share = np.where(gap > 0, (places - low) / np.where(gap > 0, gap, 1.0), 0.0)
            parts[j] = (1 - share) * parts[j - 1] + share * parts[j]
    return np.asarray(parts[degree])
