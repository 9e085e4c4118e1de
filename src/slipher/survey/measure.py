"""Source masks, sky and photometry for a store that was made without measuring."""

from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.extras import require
from slipher.survey.amend import amend, amending
from slipher.survey.filling import CORRELATION
from slipher.survey.measuring import measured
from slipher.survey.pool import Columns, processes
from slipher.survey.schema import BITS, Column
from slipher.survey.store import Galaxies, open_store

__all__ = ["measure_store"]

STAMP = ("measured", "2")
"""The second counts up whenever the same images would be measured otherwise."""
PHOTOMETRY = ("photometry/flux", "photometry/flux_error")


def measure_store(path: str | Path, workers: int | None = None) -> bool:
    """Add source masks, sky statistics and, where there is none, photometry to a store with images.

    Background resampling needs the first two, methods on photometry the third. Fluxes that a catalogue brought stay.

    Args:
        path: the store; written anew beside itself, so twice its room is needed.
        workers: number of processes; None takes every core.

    Returns:
        Whether anything was done.

    Raises:
        InputError: if it is no store, damaged or without images, or `sep` is not installed.
    """
    path, count = Path(path), processes(workers)
    with amending(path) as work:
        store = open_store(path)
        if store.shape is None:
            raise InputError(f"{path} has no images, so nothing can be measured; give a store of cutouts.")
        if all(store.has(part) for part in ("sources", "sky", "photometry")):
            return False
        require("sep", "simulate")
        return amend(
            path,
            _columns,
            stamp=STAMP,
            columns=_measured_columns(store, store.shape),
            tables={CORRELATION: Column("float32", (len(store.bands), 5, 5))},
            workers=count,
            label="measuring",
            work=work,
        )


def _measured_columns(store: Galaxies, shape: tuple[int, int]) -> dict[str, Column]:
    """The columns to add to a store with cutouts of a shape."""
    bands = (len(store.bands),)
    names = ("sky/level", "sky/sigma", *(() if store.has("photometry") else PHOTOMETRY))
    return {"sources": Column(BITS, shape), **{name: Column("float32", bands) for name in names}}


def _columns(galaxies: Galaxies, _payload: Any) -> Columns:
    """What is measured on some galaxies."""
    found = measured(galaxies.images(), np.asarray(galaxies.valid()))
    return {name: values for name, values in found.items() if name not in PHOTOMETRY or not galaxies.has("photometry")}
