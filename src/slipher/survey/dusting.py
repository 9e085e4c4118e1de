"""E(B−V) from dust maps for the galaxies of a store whose reddening is not known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from slipher.errors import InputError
from slipher.survey.amend import amend, amending
from slipher.survey.dust import NO_SOURCE
from slipher.survey.dustmaps import ebv_from_maps
from slipher.survey.layout import digest
from slipher.survey.pool import Columns
from slipher.survey.schema import Column
from slipher.survey.store import Galaxies, open_store
from slipher.unfinished import Unfinished

__all__ = ["Dusted", "add_reddening"]

STAMP = "dusted"


@dataclass(frozen=True)
class Dusted:
    """What became of the E(B−V) of a store's galaxies."""

    known: int
    """Galaxies whose E(B−V) was known and stayed."""
    filled: int
    """Galaxies that got theirs from the maps."""
    unknown: int
    """Galaxies whose position, or E(B−V) at it, is not known."""
    source: str
    """Which maps."""


def add_reddening(path: str | Path, maps: str | Path | None = None) -> Dusted:
    """Fill in E(B−V) where a store does not know it, from its positions; a known value is never replaced.

    Args:
        path: the store, with ``catalogue/ra`` and ``catalogue/dec`` in degrees; written anew beside itself if there is
            anything to fill in.
        maps: folder of the full maps; None takes the coarse one.

    Returns:
        The counts.

    Raises:
        InputError: if it is no store or has no positions, or the maps cannot be read.
    """
    path, maps = Path(path), None if maps is None else Path(maps)
    with amending(path) as work:
        store = open_store(path)
        if not {"ra", "dec"} <= set(store.catalogue):
            raise InputError(f"{path} has no positions; import it again with the columns of ra and dec named.")
        ebv = store.ebv.astype(np.float64)
        ra, dec = store.numbers("catalogue/ra"), store.numbers("catalogue/dec")
        wanted = np.isnan(ebv) & np.isfinite(ra) & np.isfinite(dec)
        found, source = ebv_from_maps(ra[wanted], dec[wanted], maps)
        known = int(np.isfinite(ebv).sum())
        ebv[wanted] = found
        filled = int(np.isfinite(ebv).sum()) - known
        if filled:
            _amend(store, ebv, f"{source} for {filled} galaxies", work)
    return Dusted(known, filled, len(ebv) - known - filled, source)


def _amend(store: Galaxies, ebv: Float64[np.ndarray, "galaxies"], source: str, work: Unfinished) -> None:
    """Write the store anew with another E(B−V)."""
    before = str(store.attributes.get("ebv_source", NO_SOURCE))
    amend(
        store.path,
        _replaced,
        stamp=(STAMP, digest(ebv.tobytes()).hex()),
        columns={"ebv": Column("float32")},
        attributes={"ebv_source": source if before == NO_SOURCE else f"{before}; {source}"},
        read=lambda start, stop: ebv[start:stop],
        label="filling in E(B−V)",
        work=work,
    )


def _replaced(_galaxies: Galaxies, ebv: Any) -> Columns:
    """The new column of some galaxies."""
    return {"ebv": ebv}
