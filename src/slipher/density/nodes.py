"""Polynomials on (0, 1), told by their values at the Gauss–Legendre nodes there.

So many values tell a polynomial of one degree less, and give the integral of it, and of its square, without error.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

__all__ = ["antiderivative_at", "integral_to", "nodes", "value_at", "value_matrix", "weights"]

Matrix = Float[np.ndarray, "points nodes"]


@cache
def nodes(count: int) -> Float[np.ndarray, "nodes"]:
    """Where the values are taken, rising inside (0, 1)."""
    return np.asarray((np.polynomial.legendre.leggauss(count)[0] + 1) / 2)


@cache
def weights(count: int) -> Float[np.ndarray, "nodes"]:
    """Weights of the values in the integral over (0, 1), of sum 1."""
    return np.asarray(np.polynomial.legendre.leggauss(count)[1] / 2)


def value_at(values: Float[np.ndarray, "*many nodes"], s: Float[np.ndarray, "*many"]) -> Float[np.ndarray, "*many"]:
    """Each polynomial at a place s of its own."""
    powers = np.stack(_powers(s, values.shape[-1]), axis=-1)
    return np.asarray(np.einsum("...j,...j->...", values, powers @ _basis(values.shape[-1])))


def integral_to(values: Float[np.ndarray, "*many nodes"], s: Float[np.ndarray, "*many"]) -> Float[np.ndarray, "*many"]:
    """The integral of each polynomial from 0 to an s of its own."""
    return np.asarray(np.einsum("...j,...j->...", values, _integrals(s, values.shape[-1])))


@cache
def antiderivative_at(count: int, points: int) -> Matrix:
    """The matrix that gives, of values at ``count`` nodes, the integral from 0 to each of ``points`` nodes."""
    return _integrals(nodes(points), count)


def value_matrix(count: int, s: Float[np.ndarray, "points"]) -> Matrix:
    """The matrix that gives, of values at ``count`` nodes, those at other places."""
    return np.asarray(np.stack(_powers(s, count), axis=-1) @ _basis(count))


@cache
def _basis(count: int) -> Float[np.ndarray, "nodes nodes"]:
    """Coefficients of the powers of 2s − 1, a column a node."""
    return np.linalg.inv(np.stack(_powers(nodes(count), count), axis=-1))


def _powers(s: Float[np.ndarray, "*many"], count: int) -> list[Float[np.ndarray, "*many"]]:
    """The first powers of 2s − 1, which stay below 1."""
    return [(2 * s - 1) ** k for k in range(count)]


def _integrals(s: Float[np.ndarray, "*many"], count: int) -> Float[np.ndarray, "*many nodes"]:
    """What each value adds to the integral from 0 to s."""
    higher = _powers(s, count + 1)[1:]
    powers = [(power - (-1) ** (k + 1)) / (2 * (k + 1)) for k, power in enumerate(higher)]
    return np.asarray(np.stack(powers, axis=-1) @ _basis(count))
