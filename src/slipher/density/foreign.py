"""Densities that others made, brought onto a redshift grid by the differences of their cumulative distributions.

What lies outside the grid is cut off. Without a wish the grid is the one the file implies: its own knots where they are
equal steps from 0, else equal bins from 0 to the end of the densities, narrow enough for them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.extras import require
from slipher.redshift import Grid

__all__ = ["qp_masses", "rebinned"]

MOST_BINS = 2000
PROBED = 1000
"""Densities looked at to choose a grid where the file has no knots."""

Masses = Float[np.ndarray, "galaxies bins"]
Reader = tuple[Grid, Callable[[int, int], Masses], int]


def rebinned(edges: Float[np.ndarray, "edges"], pdfs: Any, grid: Grid | None) -> Reader:
    """Histograms in other bins: a grid, a function that reads the masses of rows, and their number."""
    wanted = grid or grid_of_knots(edges)

    def masses(start: int, stop: int) -> Masses:
        mass = pdfs[start:stop] * np.diff(edges)
        total = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)
        return _rises(_interpolated(wanted.edges, edges, total))

    return wanted, masses, len(pdfs)


def grid_of_knots(knots: Float[np.ndarray, "knots"]) -> Grid:
    """Equal bins from 0 to the last knot, as narrow as the closest two, within reason."""
    knots = knots[knots >= 0]
    end = float(knots[-1])
    return Grid(end, int(np.clip(round(end / np.diff(knots).min()), 2, MOST_BINS)))


def qp_masses(path: Path, file: h5py.File, grid: Grid | None) -> Reader:
    """Densities of any parameterisation, through qp: a grid, a function that reads the masses of rows, their number.

    Raises:
        InputError: if qp is not installed or cannot make sense of the file.
    """
    qp = require("qp", "qp")
    meta = {name: item[()] for name, item in file["meta"].items()}
    counts = {len(item) for item in file["data"].values()}
    if len(counts) != 1:
        raise InputError(f"{path} has data sets of {sorted(counts)} rows; it is damaged.")
    count = counts.pop()

    def ensemble(rows: Any) -> Any:
        try:
            return qp.from_tables({"meta": meta, "data": {name: item[rows] for name, item in file["data"].items()}})
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise InputError(
                f"{path} is not an ensemble that this qp can read ({error}); check how it was made."
            ) from error

    wanted = grid or _grid(ensemble, meta, count)

    def masses(start: int, stop: int) -> Masses:
        total = np.asarray(ensemble(slice(start, stop)).cdf(wanted.edges)).reshape(stop - start, -1)
        return _rises(total)

    return wanted, masses, count


def _grid(ensemble: Callable[[Any], Any], meta: dict[str, Any], count: int) -> Grid:
    if "xvals" in meta:
        return grid_of_knots(np.unique(np.ravel(meta["xvals"]).astype(np.float64)))
    probed = ensemble(slice(None, None, max(1, count // PROBED)))
    low, high, end = (np.ravel(probed.ppf(q)) for q in (0.16, 0.84, 0.9999))
    width = np.quantile((high - low) / 2, 0.1) / 4
    z_max = float(np.ceil(10 * end.max()) / 10)
    return Grid(z_max, int(np.clip(np.ceil(z_max / width), 2, MOST_BINS)))


def _rises(total: Float[np.ndarray, "galaxies edges"]) -> Masses:
    """Mass between the edges; where rounding makes a cumulative distribution fall there is none."""
    return np.maximum(np.diff(total, axis=1), 0.0)


def _interpolated(
    at: Float[np.ndarray, "wanted"], edges: Float[np.ndarray, "edges"], total: Float[np.ndarray, "galaxies edges"]
) -> Float[np.ndarray, "galaxies wanted"]:
    """Cumulative distributions, linear between their edges and constant beyond, at other redshifts."""
    left = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(edges) - 2)
    share = np.clip((at - edges[left]) / (edges[left + 1] - edges[left]), 0.0, 1.0)
    return np.asarray(total[:, left] * (1 - share) + total[:, left + 1] * share)
