"""The columns that come with cutouts: identifiers, redshifts and positions, checked."""

import numpy as np
from jaxtyping import Float64, Shaped

from slipher.errors import InputError
from slipher.formats.containers import Container
from slipher.formats.identifiers import as_stored, row_numbers, unique_identifiers
from slipher.formats.plausible import REDSHIFT, known, known_positions

__all__ = ["check_positions", "identifiers", "numbers", "positions", "redshifts", "widened"]

LEAST_REDSHIFT = -0.01
"""No galaxy falls towards us faster."""


def redshifts(container: Container, name: str | None, count: int) -> Float64[np.ndarray, "galaxies"]:
    """Spectroscopic redshifts; NaN where unknown or if there are none.

    Values that no redshift has count as unknown and are told.

    Raises:
        InputError: if the array does not fit the cutouts or most of it is no redshift.
    """
    if name is None:
        return np.full(count, np.nan)
    return known(numbers(container, name, count), REDSHIFT, f"{container.path}: {name!r}")


def numbers(container: Container, name: str, count: int) -> Float64[np.ndarray, "galaxies"]:
    """One real number a galaxy.

    Raises:
        InputError: if the array does not fit the cutouts or holds no numbers.
    """
    values = _column(container, name, count)
    if values.dtype.kind not in "iuf":
        raise InputError(f"{container.path}: {name!r} holds {values.dtype}, but must hold numbers.")
    return widened(values)


def positions(
    container: Container, ra: str | None, dec: str | None, count: int
) -> dict[str, Float64[np.ndarray, "galaxies"]]:
    """Right ascensions and declinations in degrees as ``ra`` and ``dec``, NaN where unknown; nothing if unnamed.

    Raises:
        InputError: if only one is named, an array does not fit the cutouts, or most positions are not on the sky.
    """
    if ra is None and dec is None:
        return {}
    if ra is None or dec is None:
        raise InputError(f"{container.path}: only {'dec' if ra is None else 'ra'} is named; name both or none.")
    labels = f"{container.path}: {ra!r}", f"{container.path}: {dec!r}"
    return known_positions(numbers(container, ra, count), numbers(container, dec, count), labels)


def check_positions(ra: Float64[np.ndarray, "galaxies"], dec: Float64[np.ndarray, "galaxies"], where: str) -> None:
    """See that positions in degrees, NaN where unknown, are on the sky.

    Raises:
        InputError: if one is not; names the first.
    """
    impossible = (ra < -180) | (ra > 360) | (np.abs(dec) > 90)
    if impossible.any():
        row = int(np.argmax(impossible))
        raise InputError(
            f"{where}: {int(impossible.sum())} positions are not on the sky, the first is ra {ra[row]:g}, dec "
            f"{dec[row]:g} (row {row}); give degrees, and NaN where unknown."
        )


def identifiers(
    container: Container, name: str | None, count: int, repeated: bool = False
) -> Shaped[np.ndarray, "galaxies"]:
    """Identifiers as a store keeps them, int64 or UTF-8 bytes; the row numbers if there are none.

    Args:
        container: the open file.
        name: the array.
        count: number of galaxies.
        repeated: whether one may stand several times, which is then said.

    Raises:
        InputError: if the array does not fit the cutouts, or as `formats.identifiers.unique_identifiers`.
    """
    if name is None:
        return row_numbers(count)
    _check_shape(container, name, count)
    column = container.column(name)
    return as_stored(unique_identifiers(column if column.values.ndim == 1 else column[:, 0], repeated))


def widened(values: Shaped[np.ndarray, "galaxies"]) -> Float64[np.ndarray, "galaxies"]:
    """Numbers as float64; a float32 becomes the shortest decimal that it stands for, so that 0.4 stays 0.4."""
    if values.dtype in (np.float16, np.float32):
        return values.astype(str).astype(np.float64)
    return values.astype(np.float64)


def _column(container: Container, name: str, count: int) -> Shaped[np.ndarray, "galaxies"]:
    """One value a galaxy."""
    _check_shape(container, name, count)
    return container.read(name).reshape(count)


def _check_shape(container: Container, name: str, count: int) -> None:
    """See that an array has one value a galaxy."""
    shape = container.describe(name)[1]
    if shape not in ((count,), (count, 1)):
        raise InputError(
            f"{container.path}: {name!r} has shape {shape}, but there are {count} cutouts; it must have one value each."
        )
