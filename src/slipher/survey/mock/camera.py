"""The camera that the mock survey is taken with: a real field of SDSS imaging, as its psField file describes it.

pydl ships the psField of run 3366, camera column 3, field 110. It holds, for each band, the Karhunen–Loève images
whose combination is the point-spread function at any place of the field (Lupton et al. 2001), the sky, the gain and
the dark variance.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.extras import require

__all__ = ["PIXEL_SCALE", "Camera", "load_camera"]

PIXEL_SCALE = 0.396
"""Arcseconds a pixel."""
ROW, COLUMN = 744.5, 1024.5
"""The centre of an SDSS field, where the point-spread function is taken."""
NANOMAGGIES_PER_COUNT = (0.0119, 0.00447, 0.00547, 0.00656, 0.0386)
"""Calibration of the camera in u, g, r, i, z: nanomaggies in one data number."""
PSF_PIXELS = 51


@dataclass(frozen=True)
class Camera:
    """Point-spread functions and noise of one exposure, bands from blue to red."""

    psf: Float[np.ndarray, "bands psf_y psf_x"]
    """Point-spread functions, the pixel's own response included, at the pixel scale; each sums to 1."""
    sky: Float[np.ndarray, "bands"]
    """Sky in electrons a pixel."""
    dark_variance: Float[np.ndarray, "bands"]
    """Variance of dark current and read-out in electrons² a pixel."""
    electrons: Float[np.ndarray, "bands"]
    """Electrons in one nanomaggy."""

    @property
    def sky_sigma(self) -> Float[np.ndarray, "bands"]:
        """Standard deviation of a pixel of blank sky, in nanomaggies."""
        return np.asarray(np.sqrt(self.sky + self.dark_variance) / self.electrons)

    def expose(self, light: Float[np.ndarray, "bands y x"], rng: np.random.Generator) -> Float[np.ndarray, "bands y x"]:
        """Take a picture: photon noise of sky and sources, dark and read-out noise, the true sky subtracted.

        Args:
            light: noiseless light that reaches each pixel, in nanomaggies, without the sky.
            rng: source of the noise.

        Returns:
            The picture in nanomaggies.
        """
        sky, electrons = self.sky[:, None, None], self.electrons[:, None, None]
        # Rounding in the Fourier transform can leave a dark pixel a hair below zero.
        photons = rng.poisson(np.maximum(light * electrons + sky, 0.0))
        readout = np.sqrt(self.dark_variance)[:, None, None] * rng.standard_normal(light.shape)
        return np.asarray((photons + readout - sky) / electrons)


def load_camera() -> Camera:
    """The camera of SDSS run 3366, column 3, field 110, from the psField file that pydl ships.

    Raises:
        InputError: if pydl or astropy is not installed.
    """
    fits = require("astropy.io.fits", "simulate")
    with fits.open(_psfield()) as units:
        psf = np.stack([_psf(units[band + 1].data) for band in range(len(NANOMAGGIES_PER_COUNT))])
        field = {name: np.array(units[6].data[name][0], np.float64) for name in ("sky", "gain", "dark_variance")}
    # Sky is in data numbers, dark variance in data numbers squared, gain in electrons a data number.
    gain = field["gain"]
    electrons = gain / np.array(NANOMAGGIES_PER_COUNT)
    return Camera(psf, field["sky"] * gain, field["dark_variance"] * gain**2, electrons)


def _psfield() -> Path:
    """The psField file inside pydl, found without importing pydl, which would log deprecation warnings."""
    found = find_spec("pydl")
    if found is None or found.origin is None:
        raise InputError("pydl is not installed; pip install 'slipher[simulate]' brings it.")
    return Path(found.origin).parent / "photoop" / "tests" / "t" / "psField-003366-3-0110.fit"


def _psf(components: Any) -> Float[np.ndarray, "psf_y psf_x"]:
    """The point-spread function at (ROW, COLUMN): Σ_i (Σ_jk c_i,jk (10⁻³ row)^j (10⁻³ column)^k) RROWS_i, sum 1."""
    total = np.zeros((PSF_PIXELS, PSF_PIXELS))
    for component in components:
        rows, columns = int(component["nrow_b"]), int(component["ncol_b"])
        across = (1e-3 * ROW) ** np.arange(rows)
        along = (1e-3 * COLUMN) ** np.arange(columns)
        weight = across @ np.asarray(component["c"], np.float64)[:rows, :columns] @ along
        total += weight * np.asarray(component["RROWS"], np.float64).reshape(total.shape)
    return np.asarray(total / total.sum())
