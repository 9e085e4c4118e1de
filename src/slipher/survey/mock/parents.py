"""The real galaxies that the mock survey is made from.

kcorrect (Blanton & Roweis 2007) ships a random 10,000 galaxies of the SDSS main sample with their model magnitudes,
extinctions and redshifts. Five template coefficients are fitted to each of them; a mock galaxy is one of these
spectral energy distributions, moved a little.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from slipher.extras import require
from slipher.physics.extinction import EXTINCTION_PER_EBV

__all__ = ["BANDS", "Parents", "load_parents"]

BANDS = ("u", "g", "r", "i", "z")
FAINTEST = 17.77
"""Dereddened Petrosian r of the SDSS main galaxy sample (Strauss et al. 2002)."""
NEAREST, FARTHEST = 0.005, 0.4


@dataclass(frozen=True)
class Parents:
    """Real SDSS galaxies with the coefficients of their spectral energy distributions."""

    coefficients: Float[np.ndarray, "parents templates"]
    """Coefficients of kcorrect's five templates, none negative."""
    redshift: Float[np.ndarray, "parents"]
    """Spectroscopic redshift."""
    ebv: Float[np.ndarray, "parents"]
    """Galactic E(B−V) in magnitudes, from the catalogue's extinction in r."""
    flux: Float[np.ndarray, "parents bands"]
    """Catalogued model fluxes in ugriz, dereddened, in nanomaggies."""

    def __len__(self) -> int:
        return len(self.redshift)


def load_parents() -> Parents:
    """The 9,783 of kcorrect's galaxies with dereddened Petrosian r < 17.77 and 0.005 < z < 0.4.

    Takes about five seconds, most of them kcorrect's import and its templates.

    Raises:
        InputError: if kcorrect or astropy is not installed.
    """
    catalogue = _catalogue()
    extinction = catalogue["EXTINCTION"]
    petrosian = catalogue["PETROFLUX"][:, 2] * 10 ** (0.4 * extinction[:, 2])
    redshift = catalogue["Z"]
    bright = petrosian > 10 ** (0.4 * (22.5 - FAINTEST))
    kept = bright & (redshift > NEAREST) & (redshift < FARTHEST)
    flux = (catalogue["MODELFLUX"] * 10 ** (0.4 * extinction))[kept]
    inverse_variance = (catalogue["MODELFLUX_IVAR"] * 10 ** (-0.8 * extinction))[kept]
    ebv = extinction[kept, 2] / EXTINCTION_PER_EBV["r"]
    return Parents(_coefficients(redshift[kept], flux, inverse_variance), redshift[kept], ebv, flux)


def _catalogue() -> dict[str, np.ndarray]:
    """The catalogue that kcorrect ships, in native byte order and double precision."""
    fits = require("astropy.io.fits", "simulate")
    file = Path(str(require("kcorrect", "simulate").__file__)).parent / "data" / "test" / "gst_tests_small.fits"
    names = ("MODELFLUX", "MODELFLUX_IVAR", "PETROFLUX", "EXTINCTION", "Z")
    with fits.open(file) as units:
        return {name: np.array(units[1].data[name], dtype=np.float64) for name in names}


def _coefficients(
    redshift: Float[np.ndarray, "parents"],
    flux: Float[np.ndarray, "parents bands"],
    inverse_variance: Float[np.ndarray, "parents bands"],
) -> Float[np.ndarray, "parents templates"]:
    """The non-negative fit, by kcorrect itself, of its templates to dereddened fluxes in nanomaggies."""
    kcorrect = require("kcorrect.kcorrect", "simulate")
    with warnings.catch_warnings():
        # kcorrect leaves the files of its templates and of its reference stars to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        # Its default tabulates 4,000 redshifts up to 2, which takes 12 s.
        fitter = kcorrect.Kcorrect(
            responses=[f"sdss_{band}0" for band in BANDS], redshift_range=[0.0, FARTHEST + 0.02], nredshift=421
        )
        fitted = fitter.fit_coeffs(redshift=redshift, maggies=flux * 1e-9, ivar=inverse_variance * 1e18)
    return np.asarray(fitted, dtype=np.float64)
