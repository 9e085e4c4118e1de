"""The redshifts that go with arrays of densities, wherever a file tells them."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.containers import Container, open_container
from slipher.formats.opened import damaged, opened
from slipher.formats.tables import Table, listed, open_table

__all__ = ["Knots", "bare", "named_knots", "stored_knots"]

CALLED = (
    *("zgrid", "gridz", "zbins", "binsz", "bins", "pzbins", "binedges", "edges", "zedges", "bincenters", "bincentres"),
    *(
        "zmid",
        "zmids",
        "zcenters",
        "zcentres",
        "zvals",
        "zvalues",
        "xvals",
        "grid",
        "redshiftgrid",
        "redshiftbins",
        "zs",
    ),
    *("redshifts", "zarray", "z", "x"),
)
"""What arrays of redshifts are called, in lower case and without _ and -."""
FIRST, LAST, STEP = ("zmin", "zlow"), ("zmax", "zhigh"), ("dz", "zstep", "deltaz")
"""What a header calls the first and last redshift and the step from one to the next."""


FITS = (".fits", ".fit", ".fits.gz", ".fit.gz", ".fits.bz2")
LONGEST = 100_000
"""Redshifts that a set of knots has at most: longer arrays are columns."""


@dataclass(frozen=True, eq=False)
class Knots:
    """Redshifts that rise: the same for all galaxies, or a column of the table with some for each."""

    width: int
    values: Float[np.ndarray, "knots"] | None = None
    column: str | None = None
    falls: bool = False
    """Whether they fall in the file; here they rise."""


def named_knots(table: Table, name: str) -> Knots:
    """The redshifts that a user names: a column or array of the table's file, or FILE:COL.

    Raises:
        InputError: if there are none, or they do not rise.
    """
    if name in table and table.length(name) == table.count and table.describe(name).values.ndim == 2:
        return Knots(table.describe(name).values.shape[1], column=name)
    file, colon, inner = name.rpartition(":")
    values = table[name].numbers() if name in table else _array(Path(file) if colon else table.path, inner)
    for knots in _in_order(values):
        return knots
    raise InputError(f"{name!r} does not hold redshifts that rise; name an array of knots or edges by --grid.")


def stored_knots(table: Table, wide: Mapping[str, int]) -> list[Knots]:
    """Every set of redshifts that the file of a table tells: columns of each galaxy's own, arrays, headers."""
    own = [Knots(width, column=name) for name, width in wide.items() if _is_called(name, CALLED)]
    with _arrays(table.path) as container:
        arrays = [] if container is None else list(_beside(container))
        notes = [] if container is None else [container.notes(name) for name in wide]
    widths = set(wide.values())
    noted = [_noted(each, width) for each in [*notes, *_headers(table.path)] for width in widths]
    return [*own, *chain.from_iterable(map(_in_order, [*arrays, *noted]))]


@contextmanager
def _arrays(path: Path) -> Iterator[Container | None]:
    """The arrays of a file; None if it is a table of text or Parquet."""
    try:
        container = open_container(path)
    except InputError:
        yield None
        return
    with container:
        yield container


def _array(path: Path, name: str) -> Float[np.ndarray, "knots"]:
    """An array of a file, or a column of a table."""
    with _arrays(path) as container:
        if container is not None and name in container:
            return _flat(container, name)
    table = open_table(path)
    if name not in table:
        raise InputError(f"{path} has no column or array {name!r} of redshifts; it has {listed(table)}.")
    return table[name].numbers()


def _beside(container: Container) -> Iterator[Float[np.ndarray, "knots"]]:
    """Arrays that are called like redshifts and have one axis of any length."""
    for name, (dtype, _) in container.arrays.items():
        for each in [f"{name}/{field}" for field in dtype.names or ()] or [name]:
            if _is_called(each, CALLED):
                kind, shape = container.describe(each)
                if kind.kind in "iuf" and math.prod(shape) == max(shape, default=0) <= LONGEST:
                    yield _flat(container, each)


def _flat(container: Container, name: str) -> Float[np.ndarray, "knots"]:
    return container.column(name).numbers().reshape(-1)


def _headers(path: Path) -> list[Mapping[str, Any]]:
    """The headers of a FITS file."""
    if not path.name.lower().endswith(FITS):
        return []
    fits = require("astropy.io.fits", "catalog")
    # as a stream, since astropy would go to the network for a path that begins with a folder called http:
    with damaged(path, "fits"), opened(path) as stream, fits.open(stream) as units:
        return [dict(unit.header) for unit in units]


def _noted(notes: Mapping[str, Any], width: int) -> Float[np.ndarray, "knots"]:
    """Redshifts that a header tells: an array, or the first, the last and the step."""
    plain = {bare(name): value for name, value in notes.items()}
    for name in CALLED:
        values = np.asarray(plain.get(name, ""))
        if values.ndim == 1 and values.dtype.kind in "iuf":
            return values.astype(np.float64)
    first, last, step = (_number(plain, names) for names in (FIRST, LAST, STEP))
    steps = width - 1 if np.isnan(step) else (last - first) / step if step > 0 else np.nan
    if not (np.isfinite([first, last, steps]).all() and 0 < steps < LONGEST):
        return np.zeros(0)
    return np.linspace(first, last, round(steps) + 1)


def _number(notes: Mapping[str, Any], names: tuple[str, ...]) -> float:
    """The first number of one of these names; NaN if there is none."""
    found = (np.asarray(notes[name]) for name in names if name in notes)
    return next((float(value) for value in found if value.ndim == 0 and value.dtype.kind in "iuf"), np.nan)


def _in_order(values: Float[np.ndarray, "knots"]) -> list[Knots]:
    """The knots that an array holds, if it does: it rises, or falls."""
    steps = np.diff(values)
    if len(steps) == 0 or not np.isfinite(values).all() or not ((steps > 0).all() or (steps < 0).all()):
        return []
    falls = bool(steps[0] < 0)
    return [Knots(len(values), values[::-1] if falls else values, falls=falls)]


def _is_called(name: str, names: tuple[str, ...]) -> bool:
    return bare(name) in names


def bare(name: str) -> str:
    """A name without its group, in lower case, without _ and -."""
    return name.rpartition("/")[2].lower().replace("_", "").replace("-", "")
