"""What evaluating densities says of them: which rows hold none, and how much lies where no redshift is."""

import numpy as np
from jaxtyping import Bool, Float

from slipher.density.file import DensityFile
from slipher.formats.tables import Table
from slipher.progress import say

__all__ = ["tell_missing", "tell_outside"]

NAMED = 5
"""How many rows are named."""
LITTLE = 1e-3
"""Probability outside of the grid, or below 0, that is not worth a word."""


def tell_missing(file: DensityFile, good: Bool[np.ndarray, "galaxies"]) -> None:
    """Say how many rows hold no density, and name the first."""
    rows = np.flatnonzero(~good)
    if not len(rows):
        return
    why = "NaN, infinite, negative or zero everywhere, or around no redshift, such as -99"
    why += "" if file.wanted is None else ", or outside of the grid"
    more = ", ..." if len(rows) > NAMED else ""
    say(
        f"{len(rows):,} of {len(good):,} densities of {file.path} are none ({why}) and are left out: row "
        f"{', '.join(_named(file.ancil, int(row)) for row in rows[:NAMED])}{more}."
    )


def tell_outside(file: DensityFile, outside: Float[np.ndarray, "galaxies"]) -> None:
    """Say of how many densities some lies below 0, or outside of the grid that was asked for."""
    far = outside[outside > LITTLE]
    if not len(far):
        return
    many = f"{len(far):,} of {len(outside):,} densities of {file.path}"
    if file.grid is None:
        say(f"{many} reach below redshift 0, with {_share(far)}; it counts as it is stored.")
    else:
        say(f"{many} reach out of the grid (0, {file.grid.z_max:g}], with {_share(far)}; it is cut off.")


def _named(ancil: Table, row: int) -> str:
    """A row by its number, and its id where it has one."""
    if "id" not in ancil or ancil.length("id") != ancil.count:
        return str(row)
    return f"{row} (id {ancil.read(['id'], row, row + 1)['id'].values[0]})"


def _share(far: Float[np.ndarray, "galaxies"]) -> str:
    return f"{_percent(far.mean())} of their probability on average and {_percent(far.max())} at most"


def _percent(share: float) -> str:
    """Two digits, and never a power of ten where all of it is meant."""
    return f"{float(f'{100 * share:.2g}'):g} %"
