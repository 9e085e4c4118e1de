"""Densities that are constant between knots: histograms, and quantiles with a straight line from one to the next."""

import numpy as np
from jaxtyping import Float, Int

from slipher.density.foreign.padding import direction, unpadded
from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError

__all__ = ["hist", "own_hist", "quant"]

TIED = 1e-9
"""Quantiles this close, relative to 1 + z, are at one redshift: that is rounding."""


def hist(record: Record) -> Pieces:
    """``bins`` that all share, of any widths from any redshift on, and ``pdfs`` per unit of redshift."""
    edges = record.knots("bins")
    return Pieces(edges, record.heights("pdfs", edges.shape[1] - 1)[:, :, None])


def own_hist(record: Record) -> Pieces:
    """``bins`` of each galaxy's own, of as many as it has, rising or falling."""
    edges = record.own_knots("bins")
    way = direction(edges)
    heights = record.heights("pdfs", edges.shape[1] - 1)
    edges, heights = unpadded(way * edges, np.pad(heights, ((0, 0), (1, 0))))
    return Pieces(way * edges[:, ::way], heights[:, 1:][:, ::way, None])


def quant(record: Record) -> Pieces:
    """Redshifts ``locs`` where F reaches ``quants``: between two of them F is straight.

    Stored is F at these places and nothing else; the straight line passes through all of them, which qp's own density
    and cdf (a line through the middles, a parabola through the places) do not. Beyond the outermost quantiles F goes
    on straight to 0 and 1, as in qp. Where several quantiles are at one redshift F jumps there, as those of samples and
    of rounded redshifts do; it passes through the middle of the jump, so that there is a density.
    """
    quants = record.shared("quants")
    if len(quants) < 2 or (np.diff(quants) <= 0).any() or quants[0] < 0 or quants[-1] > 1:
        raise InputError(f"{record.where} has 'quants' that do not rise from 0 to 1; it is damaged.")
    locs = record.rows("locs", len(quants))
    reached, begin, end = _reached(quants, locs)
    first, last = quants[0] > np.finfo(np.float64).eps, quants[-1] < 1
    below = locs[:, 0] - reached[:, 0] * _slope(reached, locs, np.zeros(len(locs), int), end[:, 0] + 1)
    above = locs[:, -1] + (1 - reached[:, -1]) * _slope(reached, locs, begin[:, -1] - 1, np.full(len(locs), -1))
    edges = np.column_stack([*([below] if first else []), locs, *([above] if last else [])])
    reached = np.pad(reached, ((0, 0), (int(first), int(last))), constant_values=((0, 0), (0.0, 1.0)))
    rise, width = np.diff(reached, axis=1), np.diff(edges, axis=1)
    return Pieces(edges, np.where(rise == 0, 0.0, rise / width)[:, :, None])


def _reached(
    quants: Float[np.ndarray, "knots"], locs: Float[np.ndarray, "galaxies knots"]
) -> tuple[Float[np.ndarray, "galaxies knots"], Int[np.ndarray, "galaxies knots"], Int[np.ndarray, "galaxies knots"]]:
    """F at each place, and the first and last of the places that are the same; 0 and 1 stay at the ends."""
    at = np.arange(len(quants))
    parted = ~(np.abs(np.diff(locs, axis=1)) <= TIED * (1 + np.abs(locs[:, 1:])))
    begin = np.maximum.accumulate(np.where(np.pad(parted, ((0, 0), (1, 0))), at, 0), axis=1)
    behind = np.where(np.pad(parted, ((0, 0), (0, 1))), at, at[-1])
    end = np.minimum.accumulate(behind[:, ::-1], axis=1)[:, ::-1]
    low, high = quants[begin], quants[end]
    middle = np.where(begin == end, low, (low + high) / 2)
    return np.where(low <= np.finfo(np.float64).eps, low, np.where(high == 1, high, middle)), begin, end


def _slope(
    reached: Float[np.ndarray, "galaxies knots"],
    locs: Float[np.ndarray, "galaxies knots"],
    low: Int[np.ndarray, "galaxies"],
    high: Int[np.ndarray, "galaxies"],
) -> Float[np.ndarray, "galaxies"]:
    """Redshift per probability between two places of each galaxy; NaN if all places are the same."""
    rows, count = np.arange(len(locs)), locs.shape[1]
    low, high = np.maximum(low, 0), np.minimum(high, count - 1)
    return np.asarray((locs[rows, high] - locs[rows, low]) / (reached[rows, high] - reached[rows, low]))
