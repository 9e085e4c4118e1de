"""Densities that are constant between knots: histograms, and quantiles with a straight line from one to the next."""

import numpy as np

from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError

__all__ = ["hist", "own_hist", "quant"]


def hist(record: Record) -> Pieces:
    """``bins`` that all share, of any widths from any redshift on, and ``pdfs`` per unit of redshift."""
    edges = record.knots("bins")
    return Pieces(edges, record.heights("pdfs", edges.shape[1] - 1)[:, :, None])


def own_hist(record: Record) -> Pieces:
    """``bins`` of each galaxy's own."""
    edges = record.own_knots("bins")
    return Pieces(edges, record.heights("pdfs", edges.shape[1] - 1)[:, :, None])


def quant(record: Record) -> Pieces:
    """Redshifts ``locs`` where F reaches ``quants``: between two of them F is straight.

    Stored is F at these places and nothing else; the straight line passes through all of them, which qp's own density
    and cdf (a line through the middles, a parabola through the places) do not. Beyond the outermost quantiles F goes
    on straight to 0 and 1, as in qp.
    """
    quants = record.shared("quants")
    if len(quants) < 2 or (np.diff(quants) <= 0).any() or quants[0] < 0 or quants[-1] > 1:
        raise InputError(f"{record.where} has 'quants' that do not rise from 0 to 1; it is damaged.")
    locs = record.rows("locs", len(quants))
    first = [locs[:, 0] - quants[0] * _slope(quants, locs, 0, 1)] if quants[0] > np.finfo(np.float64).eps else []
    last = [locs[:, -1] + (1 - quants[-1]) * _slope(quants, locs, -2, -1)] if quants[-1] < 1 else []
    edges = np.column_stack([*first, locs, *last])
    rise = np.diff(np.concatenate([[0.0] * len(first), quants, [1.0] * len(last)]))
    return Pieces(edges, (rise / np.diff(edges, axis=1))[:, :, None])


def _slope(quants: np.ndarray, locs: np.ndarray, low: int, high: int) -> np.ndarray:
    """Redshift per probability between two quantiles."""
    return np.asarray((locs[:, high] - locs[:, low]) / (quants[high] - quants[low]))
