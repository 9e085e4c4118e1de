"""Colour pictures of cutouts after Lupton et al. (2004), PASP 116, 133."""

import numpy as np
from jaxtyping import Float, UInt8

__all__ = ["colour_bands", "lupton"]


def colour_bands(bands: tuple[str, ...]) -> tuple[int, int, int]:
    """Which bands become red, green and blue: i, r, g where there are, otherwise the last, middle and first."""
    if {"g", "r", "i"} <= set(bands):
        return bands.index("i"), bands.index("r"), bands.index("g")
    return len(bands) - 1, len(bands) // 2, 0


def lupton(
    image: Float[np.ndarray, "3 y x"],
    sigma: Float[np.ndarray, "3"],
    softening: float = 8.0,
    stretch: float = 6.0,
) -> UInt8[np.ndarray, "y x 3"]:
    """An RGB picture whose colours do not depend on brightness.

    The mean intensity I is mapped to asinh(Q I/s)/Q with Q = ``softening`` and s = ``stretch`` sky deviations; the
    three bands are scaled by the same factor, and where one exceeds 1 all three are divided by it (Lupton et al. 2004,
    eqs. 2 and 3).

    Args:
        image: Red, green and blue cutouts, sky subtracted, any linear unit.
        sigma: Standard deviation of the sky in each, same unit; brings the three to one scale.
        softening: Q, how early the stretch turns logarithmic.
        stretch: s, in mean sky deviations.

    Returns:
        8-bit picture, row 0 at the bottom as in the cutout.
    """
    scaled = np.nan_to_num(image) / np.maximum(sigma, np.finfo(np.float32).tiny)[:, None, None]
    intensity = scaled.mean(axis=0)
    mapped = np.arcsinh(softening * intensity / stretch) / softening
    picture = np.where(intensity > 0, scaled * mapped / np.where(intensity > 0, intensity, 1.0), 0.0)
    picture = np.clip(picture, 0.0, None)
    picture /= np.maximum(picture.max(axis=0), 1.0)
    return (np.moveaxis(picture, 0, -1) * 255).astype(np.uint8)
