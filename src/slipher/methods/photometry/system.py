"""Magnitudes as a method sees them: dereddened, in its bands, softened by the noise of its training galaxies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.methods.file import ModelFile
from slipher.physics.extinction import extinction_coefficients
from slipher.physics.magnitudes import (
    SDSS_SOFTENING,
    asinh_magnitudes,
    dereddened_fluxes,
    measured_bands,
    noise_softening,
    sdss_softening,
)
from slipher.progress import say
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply, check_photometry

__all__ = ["MagnitudeSystem"]

PerBand = Float[np.ndarray, "galaxies bands"]


@dataclass(frozen=True)
class MagnitudeSystem:
    """Asinh magnitudes in some bands.

    The softening is that of the training galaxies, kept with the model: a galaxy has the same magnitudes in whatever
    store it stands, and the same galaxies at another zero point differ by a constant.
    """

    bands: tuple[str, ...]
    """Blue to red."""
    softening: tuple[float, ...]
    """b of each band, nanomaggies."""

    @classmethod
    def of(cls, train: Galaxies, use: str) -> "MagnitudeSystem":
        """The one that suits the noise of the training galaxies.

        Raises:
            InputError: if they have no photometry.
        """
        bands = tuple(train.bands)
        return cls(bands, tuple(noise_softening(*_fluxes(train, bands, use)).tolist()))

    @classmethod
    def stored(cls, file: ModelFile) -> "MagnitudeSystem":
        """The one that a model file tells of; that of SDSS in a file of version 1, which was made with it.

        Raises:
            InputError: if it tells of none, or of none that can be.
        """
        if file.version > 1:
            return cls(file.bands, file.value("softening", tuple[float, ...]))
        if not set(file.bands) <= set(SDSS_SOFTENING):
            raise InputError(
                f"the model's magnitudes in {', '.join(file.bands)} are softened as those of SDSS, which has other "
                "bands; train it again."
            )
        say(f"{file.path}: the magnitudes are softened as those of SDSS, as when the model was trained.")
        return cls(file.bands, tuple(sdss_softening(file.bands).tolist()))

    @staticmethod
    def check(galaxies: Supply, use: str) -> None:
        """See that galaxies have photometry, and, if they lie behind dust, bands whose extinction is known.

        Args:
            galaxies: a store's, or announced.
            use: what needs the photometry and what to do without, for the error.

        Raises:
            InputError: otherwise.
        """
        check_photometry(galaxies, use)
        if galaxies.dusty:
            extinction_coefficients(galaxies.bands)

    def __post_init__(self) -> None:
        if len(self.softening) != len(self.bands) or not all(0 < b < np.inf for b in self.softening):
            raise InputError(
                f"softening is {list(self.softening)}, but must be a positive flux for each of {', '.join(self.bands)}."
            )

    def magnitudes(self, galaxies: Galaxies, use: str) -> tuple[PerBand, PerBand]:
        """Dereddened asinh magnitudes and their errors, float64; NaN where a galaxy lacks the band.

        A galaxy whose E(B−V) is unknown is taken as it was observed. A missing band is NaN since the asinh magnitude
        of the 0 that stands for it would pass for that of a very faint galaxy.

        Args:
            galaxies: a store with photometry; it may have more bands.
            use: what needs the photometry and what to do without, for the error.

        Raises:
            InputError: if the store has no photometry, or lacks a band.
        """
        flux, flux_error = _fluxes(galaxies, self.bands, use)
        magnitudes, error = asinh_magnitudes(flux, flux_error, np.array(self.softening))
        known = measured_bands(flux, flux_error)
        return np.where(known, magnitudes, np.nan), np.where(known, error, np.nan)


def _fluxes(galaxies: Galaxies, bands: Sequence[str], use: str) -> tuple[PerBand, PerBand]:
    """Dereddened fluxes and their errors in some bands of a store."""
    missing = [band for band in bands if band not in galaxies.bands]
    if missing:
        raise InputError(
            f"{galaxies.path} has bands {' '.join(galaxies.bands)}, but the model was fitted on {' '.join(bands)}; "
            "give a store in those bands."
        )
    check_photometry(galaxies, use)
    index = [galaxies.bands.index(band) for band in bands]
    return dereddened_fluxes(galaxies.flux[:, index], galaxies.flux_error[:, index], galaxies.ebv, bands)
