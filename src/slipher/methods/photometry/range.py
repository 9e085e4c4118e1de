"""How far a galaxy's photometry lies from that of the training galaxies: beyond it no method knows anything.

A galaxy is far if its reference magnitude or a colour lies outside what all but a thousandth of the training galaxies
have, by more than a tenth of that width, or if its magnitudes together do: by their Mahalanobis distance, the galaxy's
own errors included, beyond all but a thousandth of the training galaxies. Bands in another order, another unit or
another filter show so, and so does a galaxy of another kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from slipher.errors import InputError
from slipher.methods.file import ModelFile
from slipher.methods.photometry.features import magnitude_and_colours
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.progress import say
from slipher.survey.store import Galaxies

__all__ = ["TrainingRange"]

USE = "the range of a training's photometry is about; train on a store that has some"
"""What photometry is for here, in the words of an error."""
INSIDE = 0.999
"""Share of the training galaxies that a limit leaves inside."""
MARGIN = 0.1
"""Of the width of what they have, by which a magnitude or colour must lie outside."""
CORE = 0.95
"""Share of the training galaxies of which the covariance is taken: those farther away would blow it up."""
ROUNDS = 3
MOST = 20_000
"""Training galaxies that are looked at, evenly over their rows."""
LEAST = 10
"""Training galaxies for each band, fewer of which tell no range."""
LEAST_ERROR = 0.01
"""Magnitudes that are known no better than this: a zero point is not."""

PerBand = Float[np.ndarray, "galaxies bands"]


@dataclass(frozen=True)
class TrainingRange:
    """What a model was trained on."""

    system: MagnitudeSystem
    mean: tuple[float, ...]
    """Of the magnitudes."""
    covariance: tuple[tuple[float, ...], ...]
    limit: float
    """Mahalanobis distance."""
    low: tuple[float, ...]
    """Least reference magnitude and colours."""
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        bands = len(self.system.bands)
        rows = (self.mean, self.low, self.high, *self.covariance)
        if len(self.covariance) != bands or any(len(row) != bands for row in rows) or self.limit <= 0:
            raise InputError(
                f"seen must have {bands} numbers in mean, low, high and each of {bands} rows of covariance, and a "
                "limit above 0; copy or train the model again."
            )
        if np.linalg.eigvalsh(np.array(self.covariance)).min() < -(LEAST_ERROR**2):
            raise InputError("seen.covariance is none; copy or train the model again.")

    @classmethod
    def of(cls, train: Galaxies, system: MagnitudeSystem | None = None) -> "TrainingRange | None":
        """That of training galaxies; None if they have no photometry, or too few of them all bands.

        Args:
            train: the training galaxies.
            system: the magnitudes to look at; None takes those that suit their noise.
        """
        train = train[:: max(1, -(-len(train) // MOST))]
        if not train.has("photometry") or not len(train):
            return None
        system = MagnitudeSystem.of(train, USE) if system is None else system
        magnitudes, error = system.magnitudes(train, USE)
        whole = np.isfinite(magnitudes).all(axis=1)
        if whole.sum() < LEAST * len(system.bands):
            return None
        return cls._from(system, magnitudes[whole], error[whole])

    @classmethod
    def _from(cls, system: MagnitudeSystem, magnitudes: PerBand, error: PerBand) -> "TrainingRange":
        mean, covariance = _spread(magnitudes)
        for _ in range(ROUNDS):
            distance = _distance(magnitudes - mean, error, covariance)
            mean, covariance = _spread(magnitudes[distance <= np.quantile(distance, CORE)])
        limit = float(np.quantile(_distance(magnitudes - mean, error, covariance), INSIDE))
        seen = magnitude_and_colours(magnitudes, system.bands)
        low, high = np.quantile(seen, [(1 - INSIDE) / 2, (1 + INSIDE) / 2], axis=0)
        wide = MARGIN * (high - low)
        rows = tuple(map(tuple, covariance.tolist()))
        return cls(
            system, tuple(mean.tolist()), rows, limit, tuple((low - wide).tolist()), tuple((high + wide).tolist())
        )

    def far(self, galaxies: Galaxies) -> Bool[np.ndarray, "galaxies"]:
        """Which galaxies lie beyond; none where nothing is known. A band that a galaxy lacks is no matter."""
        if not galaxies.has("photometry") or not set(self.system.bands) <= set(galaxies.bands):
            return np.zeros(len(galaxies), bool)
        magnitudes, error = self.system.magnitudes(galaxies, USE)
        seen = magnitude_and_colours(magnitudes, self.system.bands)
        beyond = np.asarray(((seen < np.array(self.low)) | (seen > np.array(self.high))).any(axis=1))
        known = np.isfinite(magnitudes) & np.isfinite(error)
        for pattern in np.unique(known, axis=0):
            rows = np.flatnonzero((known == pattern).all(axis=1))
            apart = (magnitudes[rows] - np.array(self.mean))[:, pattern]
            inner = np.array(self.covariance)[np.ix_(pattern, pattern)]
            beyond[rows] |= _distance(apart, error[rows][:, pattern], inner) > self.limit
        return beyond

    @staticmethod
    def header(seen: "TrainingRange | None") -> Mapping[str, Any]:
        """What a model file says of it."""
        return {"seen": None if seen is None else asdict(seen)}

    @classmethod
    def stored(cls, file: ModelFile, bands: Sequence[str] | None) -> "TrainingRange | None":
        """That which a model file tells of; None if it says that there is none, or is of version 1 and does not.

        Args:
            file: the model's.
            bands: the model's, in the order of its tensors, which must be that of the range; None for any.

        Raises:
            InputError: if it tells of none that can be.
        """
        seen: TrainingRange | None = file.value("seen", cls | None, *([None] if file.version == 1 else []))
        if seen is None:
            say(f"{file.path}: the photometry of its training galaxies is not known, so that none counts as far.")
        elif bands is not None and seen.system.bands != tuple(bands):
            raise InputError(
                f"bands is {list(bands)}, but seen.system.bands {list(seen.system.bands)}, and the order is that of "
                "the tensors; copy or train the model again."
            )
        return seen


def _spread(magnitudes: PerBand) -> tuple[Float[np.ndarray, "bands"], Float[np.ndarray, "bands bands"]]:
    """Mean and covariance."""
    return magnitudes.mean(axis=0), np.atleast_2d(np.cov(magnitudes, rowvar=False, bias=True))


def _distance(
    apart: PerBand, error: PerBand, covariance: Float[np.ndarray, "bands bands"]
) -> Float[np.ndarray, "galaxies"]:
    """Mahalanobis distances of differences from the mean, in which each galaxy's errors add to the covariance."""
    own = np.square(error)[:, :, None] * np.eye(apart.shape[1]) + LEAST_ERROR**2 * np.eye(apart.shape[1])
    solved = np.linalg.solve(covariance + own, apart[:, :, None])[:, :, 0]
    return np.asarray(np.sqrt(np.maximum((apart * solved).sum(axis=1), 0.0)))
