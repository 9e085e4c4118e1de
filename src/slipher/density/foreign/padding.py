"""Rows of different lengths in one array, from either end: what fills the shorter ones up is no part of a density."""

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["direction", "trailing", "unpadded"]

Numbers = Float[np.ndarray, "galaxies numbers"]


def trailing(empty: Bool[np.ndarray, "galaxies numbers"]) -> Bool[np.ndarray, "galaxies numbers"]:
    """Which numbers are empty, as are all behind them."""
    return np.asarray(np.logical_and.accumulate(empty[:, ::-1], axis=1)[:, ::-1])


def direction(knots: Numbers) -> int:
    """−1 if the knots of all galaxies fall, else 1."""
    first, second = knots[:, 0], knots[:, 1]
    return -1 if (second < first).any() and not (second >= first).any() else 1


def unpadded(knots: Numbers, heights: Numbers) -> tuple[Numbers, Numbers]:
    """The last knot of each row and its height in place of padding: pieces of no width.

    Padding is a knot that is NaN or does not rise, and whose height is NaN or 0; the first knot is none.
    """
    highest = np.fmax.accumulate(knots, axis=1)
    rises = np.column_stack([np.ones(len(knots), bool), knots[:, 1:] > highest[:, :-1]])
    padding = trailing(~rises & (np.isnan(heights) | (heights == 0)))
    if not padding.any():
        return knots, heights
    last = np.where(padding, 0, np.arange(knots.shape[1])).max(axis=1, keepdims=True)
    knots, heights = (np.where(padding, np.take_along_axis(each, last, axis=1), each) for each in (knots, heights))
    return knots, heights
