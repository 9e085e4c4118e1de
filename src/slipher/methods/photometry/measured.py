"""What methods that learn from measured magnitudes share: the galaxies they may use, and what they see of them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from slipher.errors import InputError
from slipher.methods.photometry.completion import Completion
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.methods.shapes.around_fit import FLOOR
from slipher.progress import say
from slipher.redshift import Grid
from slipher.survey.store import Galaxies, open_store

__all__ = ["USE", "Measured", "check_names", "completion_of", "labelled", "measured", "redshifts_alone"]

USE = "{} works on; import a survey with photometry, or leave this group out"
"""What photometry is for here, in the words of an error."""

PerBand = Float[np.ndarray, "galaxies bands"]


@dataclass(frozen=True, eq=False)
class Measured:
    """Magnitudes without gaps."""

    magnitudes: PerBand
    error: PerBand
    known: Bool[np.ndarray, "galaxies"]
    """Whether any band was measured; where none was, all magnitudes are those of the mean galaxy."""


def measured(galaxies: Galaxies, system: MagnitudeSystem, completion: Completion, method: str) -> Measured:
    """Dereddened asinh magnitudes, those missing filled in as the others lead one to expect.

    Raises:
        InputError: if the store has no photometry, or lacks a band.
    """
    magnitudes, error = system.magnitudes(galaxies, USE.format(method))
    return Measured(*completion.fill(magnitudes, error), np.isfinite(magnitudes).any(axis=1))


def completion_of(train: Galaxies, system: MagnitudeSystem, method: str) -> Completion:
    """How the magnitudes of the training galaxies go together.

    Raises:
        InputError: if too few have all bands.
    """
    magnitudes, _ = system.magnitudes(train, USE.format(method))
    lacking = int(np.isnan(magnitudes).any(axis=1).sum())
    least = 2 * len(train.bands)
    if len(train) - lacking < least:
        raise InputError(
            f"{train.path} has {len(train) - lacking} training galaxies with a redshift and all bands, but {method} "
            f"needs at least {least}; give more galaxies, or leave out a band that most of them lack."
        )
    if lacking:
        say(f"{method}: {lacking} of {len(train)} training galaxies lack a band, which is filled in from the others.")
    return Completion.of(magnitudes)


def labelled(galaxies: Galaxies, grid: Grid, method: str) -> tuple[Galaxies, Galaxies]:
    """Training and validation galaxies with a redshift inside the grid.

    Args:
        galaxies: a store, or its training part (the validation galaxies are then taken from the store).
        grid: the redshift grid.
        method: what needs them, for the error.

    Raises:
        InputError: if a part has none.
    """
    whole = galaxies if len(galaxies.validation) else open_store(galaxies.path)
    train, validation = (part[grid.contains(part.redshift)] for part in (galaxies.train, whole.validation))
    for part, name in ((train, "training"), (validation, "validation")):
        if not len(part):
            raise InputError(
                f"{galaxies.path} has no {name} galaxies with a redshift inside the grid (0, {grid.z_max:g}], which "
                f"{method} needs; give a store that has some."
            )
    return train, validation


def redshifts_alone(redshift: Float[np.ndarray, "galaxies"], grid: Grid) -> Float[np.ndarray, "bins"]:
    """The redshift distribution of the training galaxies, for those of which nothing is known."""
    counts = np.bincount(grid.index(redshift), minlength=grid.bins)
    mass = np.maximum(counts / counts.sum(), FLOOR)
    return np.asarray(mass / mass.sum())


def check_names(method: str, options: type, given: Mapping[str, Any]) -> None:
    """See that a method has the options it is given.

    Raises:
        InputError: names the first that it has not, and those it has.
    """
    allowed = [field.name for field in fields(options)]
    unknown = [name for name in given if name not in allowed]
    if unknown:
        raise InputError(f"method {method} has no option {unknown[0]}; allowed: {', '.join(allowed)}.")
