"""What methods on measured photometry look at: one magnitude and the colours of adjacent bands."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.physics.magnitudes import colours, dereddened_magnitudes
from slipher.survey.store import Galaxies

__all__ = ["features_of", "magnitude_and_colours"]


def features_of(galaxies: Galaxies, bands: Sequence[str], use: str) -> Float[np.ndarray, "galaxies features"]:
    """Dereddened reference magnitude and adjacent colours of a store's galaxies, in asinh magnitudes.

    Args:
        galaxies: a store with photometry; it may have more bands.
        bands: those to take, blue to red.
        use: what needs the photometry and what to do without, for the error.

    Raises:
        InputError: if the store has no photometry, or some of it is not finite.
    """
    if not galaxies.has("photometry"):
        raise InputError(f"{galaxies.path} has no photometry, which {use}.")
    index = [galaxies.bands.index(band) for band in bands]
    features = magnitude_and_colours(galaxies.flux[:, index], galaxies.flux_error[:, index], galaxies.ebv, bands)
    bad = ~np.isfinite(features).all(axis=1)
    if bad.any():
        raise InputError(
            f"{galaxies.path}: {bad.sum()} galaxies have no finite photometry, the first is {galaxies.id[bad][0]}; "
            "leave them out of the store."
        )
    return features


def magnitude_and_colours(
    flux: Float[np.ndarray, "galaxies bands"],
    flux_error: Float[np.ndarray, "galaxies bands"],
    ebv: Float[np.ndarray, "galaxies"],
    bands: Sequence[str],
) -> Float[np.ndarray, "galaxies bands"]:
    """The reference magnitude (r, or the middle band) and the colours of adjacent bands, dereddened.

    A galaxy whose E(B−V) is unknown is taken as it was observed.
    """
    magnitudes, _ = dereddened_magnitudes(flux, flux_error, np.nan_to_num(ebv), bands)
    reference = list(bands).index("r") if "r" in bands else len(bands) // 2
    return np.column_stack([magnitudes[:, reference], colours(magnitudes)])
