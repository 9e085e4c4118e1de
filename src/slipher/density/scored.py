"""Which galaxies of a file are scored: those of one part, with a known redshift and a possible point estimate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Shaped

from slipher.errors import InputError
from slipher.formats.parts import PARTS, table_parts
from slipher.formats.plausible import ESTIMATE, REDSHIFT, Quantity, plausible, tell
from slipher.formats.tables import Table
from slipher.progress import say

__all__ = ["ALL", "Scored", "scored_galaxies"]

ALL = "all"
"""Every part of a split."""
SPLIT = "split"
"""The column that says which part a galaxy is in."""

Which = Bool[np.ndarray, "galaxies"]
PerGalaxy = Float[np.ndarray, "galaxies"]


@dataclass(frozen=True, eq=False)
class Scored:
    """The galaxies that are scored, and why others are not."""

    rows: Which
    part: str | None
    """The part of the split that they are in; None where the file knows no parts."""
    left_out: Mapping[str, int]
    """How many are left out for their part, their redshift, their point estimate, or want of a density."""

    def holding(self, density: Which, table: Table) -> "Scored":
        """Without the galaxies that have no density.

        Raises:
            InputError: if none is left.
        """
        rows = self.rows & density
        if not rows.any():
            raise InputError(f"no galaxy of {table.path} that is to be scored has a density; check how it was made.")
        missing = int((self.rows & ~density).sum())
        return replace(self, rows=rows, left_out={**self.left_out, "density": missing})

    def document(self) -> dict[str, object]:
        """The part and the numbers, where there are some."""
        out = {reason: number for reason, number in self.left_out.items() if number}
        return ({} if self.part is None else {"split": self.part}) | ({"left_out": out} if out else {})


def scored_galaxies(table: Table, redshift: PerGalaxy, point: PerGalaxy | None, split: str | None) -> Scored:
    """Choose the galaxies that are scored, and say how many are left out.

    Args:
        table: the columns that go with the galaxies.
        redshift: true redshifts as they are written.
        point: point estimates as they are written; None where they cannot be impossible.
        split: train, validation, test or all; if None, test where the table has a column ``split``, else all.

    Raises:
        InputError: if no galaxy is left, the columns hold something else, or a part is asked for that nobody knows.
    """
    inside, part = _of_part(table, len(redshift), split)
    known = _possible(inside, redshift, REDSHIFT, table, "true redshift")
    scored = known if point is None else _possible(known, point, ESTIMATE, table, "point estimate")
    steps = {"part": ~inside, "redshift": inside & ~known, "point": known & ~scored}
    return Scored(scored, part, {reason: int(which.sum()) for reason, which in steps.items()})


def _possible(among: Which, values: PerGalaxy, quantity: Quantity, table: Table, what: str) -> Which:
    """Which of some galaxies have a value that their quantity can have."""
    kept, tally = plausible(values[among], quantity)
    tell(tally, quantity, f"{table.path}: {what}")
    good = np.isfinite(kept)
    if not good.any():
        raise InputError(
            f"no galaxy of {table.path} that is to be scored has a known {what}; "
            + ("give some by --truth COL or FILE:COL." if what == "true redshift" else "name another by --point.")
        )
    if not good.all():
        say(f"{(~good).sum():,} of {len(good):,} galaxies have no known {what} and are left out.")
    out = among.copy()
    out[among] = good
    return out


def _of_part(table: Table, count: int, split: str | None) -> tuple[Which, str | None]:
    """Which galaxies are in the part that is scored, and its name."""
    name = next((name for name in table if name.lower() == SPLIT), None)
    if name is None and split in PARTS:
        raise InputError(f"{table.path} has no column {SPLIT!r} that says who is in {split}; leave --split out.")
    if name is None or split == ALL:
        return np.ones(count, bool), None if name is None else ALL
    try:
        found = table_parts(table, name)
    except InputError as error:
        if split is not None:
            raise
        say(f"Every galaxy is scored, since {error}")
        return np.ones(count, bool), None
    wanted = split or "test"
    return _inside(found, wanted, table), wanted


def _inside(found: Shaped[np.ndarray, "galaxies"], wanted: str, table: Table) -> Which:
    """Which galaxies are in a part; says who is not."""
    inside = np.asarray(found == PARTS[wanted])
    others = [f"{(found == number).sum():,} {name}" for name, number in PARTS.items() if (found == number).any()]
    if not inside.any():
        raise InputError(
            f"{table.path} has no galaxies of the part {wanted}, only {', '.join(others)}; choose by --split, or score "
            "all by --split all."
        )
    if not inside.all():
        say(
            f"{inside.sum():,} of {len(inside):,} galaxies are scored, the part {wanted} of {', '.join(others)}; all "
            "are by --split all."
        )
    return inside
