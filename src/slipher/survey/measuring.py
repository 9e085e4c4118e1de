"""What a survey measures on its cutouts: sources, sky and photometry."""

import numpy as np
from jaxtyping import Bool, Float, Float32, Shaped

from slipher.physics.skynoise import sky_statistics
from slipher.physics.sources import find_sources
from slipher.survey.photometry import measure

__all__ = ["measured"]


def measured(
    images: Float32[np.ndarray, "galaxies bands y x"],
    valid: Bool[np.ndarray, "galaxies bands y x"],
    electrons: Float[np.ndarray, "bands"] | None = None,
    sky_is_gone: bool = False,
) -> dict[str, Shaped[np.ndarray, "galaxies ..."]]:
    """Columns of a store that are measured on the images: source masks, sky and photometry.

    Args:
        images: cutouts in nanomaggies, finite.
        valid: which pixels are good.
        electrons: electrons per nanomaggy in each band, where known: adds the galaxy's own photon noise.
        sky_is_gone: whether the sky was subtracted well. If not, its level in each cutout is taken off before fluxes
            are summed; that costs accuracy, since the level is known to a few hundredths of the noise only and holds
            the galaxy's own wings.

    Returns:
        ``sources`` (galaxies, y, x), ``sky/level`` and ``sky/sigma`` (galaxies, bands), ``photometry/flux`` and
        ``photometry/flux_error`` (galaxies, bands), nanomaggies.

    Raises:
        InputError: if `sep` is not installed.
    """
    sources = np.stack([find_sources(image, good) for image, good in zip(images, valid, strict=True)])
    level, sigma = sky_statistics(images, sources, valid)
    offset = np.zeros_like(level) if sky_is_gone else np.nan_to_num(level)
    flux, error = measure(images - offset[..., None, None], valid, sigma, electrons)
    return {
        "sources": sources,
        "sky/level": level,
        "sky/sigma": sigma,
        "photometry/flux": flux,
        "photometry/flux_error": error,
    }
