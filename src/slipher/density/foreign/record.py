"""What a file stores of some densities: numbers of all of them, and numbers of each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from slipher.density.piecewise import LogDensity
from slipher.errors import InputError
from slipher.formats.column import decimal
from slipher.formats.plausible import ESTIMATE, REDSHIFT
from slipher.formats.tables import listed

__all__ = ["Pieces", "Record"]


NOISE = 1e-6
"""A density may lie below 0 by so much of its peak: that is rounding."""


class Pieces(NamedTuple):
    """What a ``Piecewise`` is made of, before anyone has looked whether each row is a density."""

    edges: Float[np.ndarray, "rows edges"]
    values: Float[np.ndarray, "galaxies pieces nodes"]
    log_density: LogDensity | None = None
    parameters: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class Record:
    """The stored numbers of some galaxies, by the names of a parameterisation of qp.

    Attributes:
        where: the file, for messages.
        kind: the parameterisation.
        meta: what is the same for all of them.
        data: what is not, one row a galaxy.
    """

    where: str
    kind: str
    meta: Mapping[str, np.ndarray]
    data: Mapping[str, np.ndarray]

    @property
    def count(self) -> int:
        """Number of galaxies."""
        return max((len(values) for values in self.data.values()), default=0)

    def rows(self, name: str, width: int | None = None) -> Float[np.ndarray, "galaxies numbers"]:
        """Numbers of each galaxy.

        Raises:
            InputError: if there are none of that name, they are no numbers, or not so many.
        """
        values = _numbers(self, name, self.data)
        values = values.reshape(len(values), math.prod(values.shape[1:]))
        if values.shape[1] != (width or max(values.shape[1], 1)):
            raise InputError(
                f"{self.where} has {values.shape[1]} numbers of {name!r} a galaxy where densities of kind {self.kind} "
                f"need {width or 'some'}; it is damaged."
            )
        return np.broadcast_to(values, (self.count, values.shape[1])) if len(values) == 1 else values

    def heights(self, name: str, width: int) -> Float[np.ndarray, "galaxies numbers"]:
        """Densities of each galaxy; rounding below 0 is 0, and what is truly negative is NaN: no density."""
        values = self.rows(name, width)
        if (values >= 0).all():
            return values
        low = -NOISE * np.fmax.reduce(values, axis=1, keepdims=True, initial=0.0)
        return np.where(values >= low, np.maximum(values, 0.0), np.nan)

    def shared(self, name: str) -> Float[np.ndarray, "numbers"]:
        """Numbers that all galaxies share; float32 by its shortest decimal, as redshifts are.

        Raises:
            InputError: as for ``rows``, or if one is infinite or NaN.
        """
        values = _numbers(self, name, self.meta).ravel()
        if not np.isfinite(values).all() or not len(values):
            raise InputError(f"{self.where} has no finite {name!r}, which all its densities need; it is damaged.")
        return values

    def own_knots(self, name: str) -> Float[np.ndarray, "galaxies numbers"]:
        """Knots of each galaxy, at least two; NaN where one is no redshift.

        Raises:
            InputError: if there are fewer, or most are no redshifts.
        """
        values = self.rows(name)
        if values.shape[1] < 2:
            raise InputError(
                f"{self.where} has one number of {name!r} a galaxy, where two are the least; it is damaged."
            )
        known = values[np.isfinite(values)]
        if known.size and np.median(known) > REDSHIFT.high:
            raise self._too_far(known.max())
        return np.where(np.abs(values) <= ESTIMATE.high, values, np.nan)

    def knots(self, name: str) -> Float[np.ndarray, "one numbers"]:
        """Knots that all galaxies share, as one row.

        Raises:
            InputError: if they do not rise, or are no redshifts.
        """
        values = self.shared(name)
        if len(values) < 2 or (np.diff(values) < 0).any() or values[-1] <= values[0]:
            raise InputError(f"{self.where} has {name!r} that do not increase; it is damaged.")
        if values[-1] > ESTIMATE.high:
            raise self._too_far(values[-1])
        return values[None, :]

    def _too_far(self, redshift: float) -> InputError:
        """That no redshift is so high."""
        return InputError(
            f"{self.where} has densities on knots up to {redshift:g}, which are no redshifts; divide the knots by what "
            f"they were multiplied with (the densities need no scale), or name others."
        )


def _numbers(record: Record, name: str, stored: Mapping[str, np.ndarray]) -> Float[np.ndarray, "*shape"]:
    if name not in stored:
        raise InputError(
            f"{record.where} has no {name!r}, which densities of kind {record.kind} need, only {listed(stored)}; it "
            f"is damaged."
        )
    values = stored[name]
    if values.dtype.kind not in "biuf":
        raise InputError(f"{record.where} has {name!r} of type {values.dtype}, not numbers; it is damaged.")
    shared = stored is record.meta
    return np.atleast_1d(decimal(values) if shared else values.astype(np.float64, copy=False))
