"""Two classes of galaxies, elliptical (0) and spiral (1), for networks that tell them apart.

Dey et al. (2022) take the votes of Galaxy Zoo 1, corrected for bias (Lintott et al. 2011), where four fifths agree, and
guess the class of all others by networks trained on those. Here a store's own classes are used, or its votes, without
guesses; a store with neither has the two humps of the u − r colour stand in, parted at 2.22, of which the redder holds
most early types and the bluer most late ones (Strateva et al. 2001, AJ 122, 1861).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64

from slipher.errors import InputError
from slipher.physics.magnitudes import dereddened_fluxes, measured_bands
from slipher.survey.store import Galaxies

__all__ = ["ELLIPTICAL", "SPIRAL", "UNKNOWN", "morphology"]

ELLIPTICAL, SPIRAL, UNKNOWN = 0, 1, -1
CLASSES = "morphology"
"""Catalogue column of numbers of classes."""
VOTES = ("p_el_debiased", "p_cs_debiased")
"""Catalogue columns of fractions of votes, elliptical and spiral of any kind, as Galaxy Zoo 1 names them."""
AGREED = 0.8
"""Fraction of votes that decides."""
PARTING = 2.22
"""u − r, magnitudes, above which a galaxy counts as elliptical."""

Classes = Int64[np.ndarray, "galaxies"]


def morphology(galaxies: Galaxies) -> Classes:
    """The class of each galaxy: 0 elliptical, 1 spiral, −1 unknown.

    The first source that the store has says all: ``catalogue/morphology``, the votes ``catalogue/p_el_debiased`` and
    ``catalogue/p_cs_debiased``, or its photometry in u and r.

    Raises:
        InputError: if one of these columns holds anything but a number a galaxy.
    """
    if CLASSES in galaxies.catalogue:
        return _of_numbers(_numbers(galaxies, CLASSES))
    if all(name in galaxies.catalogue for name in VOTES):
        elliptical, spiral = (_numbers(galaxies, name) for name in VOTES)
        return _where(elliptical >= AGREED, spiral >= AGREED)
    if galaxies.has("photometry") and {"u", "r"} <= set(galaxies.bands):
        return _of_colours(galaxies)
    return np.full(len(galaxies), UNKNOWN, np.int64)


def _numbers(galaxies: Galaxies, name: str) -> Float[np.ndarray, "galaxies"]:
    """A column of the catalogue as numbers.

    Raises:
        InputError: if it holds anything else.
    """
    values = galaxies.column(f"catalogue/{name}")
    if values.ndim > 1 or values.dtype.kind not in "biuf":
        raise InputError(
            f"{galaxies.path}: catalogue/{name} must hold one number a galaxy: 0 elliptical, 1 spiral, -1 "
            "unknown, or fractions of votes; import it as such."
        )
    return values.astype(np.float64)


def _of_numbers(values: Float[np.ndarray, "galaxies"]) -> Classes:
    """Classes by their numbers; any other number, and NaN, is unknown."""
    return _where(values == ELLIPTICAL, values == SPIRAL)


def _of_colours(galaxies: Galaxies) -> Classes:
    """Classes by the dereddened colour; unknown where one of the bands was not measured, or neither has any flux.

    Fluxes are compared, not magnitudes: a galaxy without flux in u is red whatever the softening.
    """
    bands: Sequence[str] = ("u", "r")
    index = [galaxies.bands.index(band) for band in bands]
    flux, error = dereddened_fluxes(galaxies.flux[:, index], galaxies.flux_error[:, index], galaxies.ebv, bands)
    known = measured_bands(flux, error).all(axis=1) & (flux > 0).any(axis=1)
    redder = flux[:, 1] > 10 ** (0.4 * PARTING) * flux[:, 0]
    return _where(known & redder, known & ~redder)


def _where(elliptical: np.ndarray, spiral: np.ndarray) -> Classes:
    """Classes of two exclusive conditions; where neither holds, unknown."""
    return np.select([elliptical, spiral], [ELLIPTICAL, SPIRAL], UNKNOWN).astype(np.int64)
