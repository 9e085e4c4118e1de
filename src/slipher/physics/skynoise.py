"""The sky's level, noise and correlation, measured in pixels that hold no source."""

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["sky_correlation", "sky_statistics"]

LAGS = 5
"""Lags of the measured autocorrelation along each axis: −2 … 2 pixels."""
FEWEST_PIXELS = 50
"""Fewer source-free pixels than these measure nothing: then every good pixel is taken."""
OUTLIER = 5.0
"""Residuals are cut here, in standard deviations, before they are correlated: a missed star is no noise."""

Images = Float[np.ndarray, "galaxies bands y x"]
PerBand = Float[np.ndarray, "galaxies bands"]


def sky_statistics(
    images: Images,
    sources: Bool[np.ndarray, "galaxies y x"],
    valid: Bool[np.ndarray, "galaxies bands y x"] | None = None,
) -> tuple[PerBand, PerBand]:
    """Level (median) and noise (1.4826 × median absolute deviation) of the sky, in the units of the images.

    Args:
        images: cutouts, any units.
        sources: pixels that hold light of a source.
        valid: good pixels; bad ones, and any that are not finite, are not measured.

    Returns:
        level, sigma: float32; NaN for an image without a good pixel.
    """
    free = _free(images, sources, valid)
    pixels = np.where(free, images, np.nan).reshape(*images.shape[:2], -1).astype(np.float32)
    level = _median(pixels)
    return level, np.float32(1.4826) * _median(np.abs(pixels - level[..., None]))


def sky_correlation(
    images: Images,
    sources: Bool[np.ndarray, "galaxies y x"],
    level: PerBand,
    sigma: PerBand,
    valid: Bool[np.ndarray, "galaxies bands y x"] | None = None,
) -> Float[np.ndarray, "bands lag lag"]:
    """Autocorrelation of the sky's noise by lag (−2 … 2 pixels along y and x), averaged over galaxies, 1 at its centre.

    Args:
        images: cutouts, any units.
        sources: pixels that hold light of a source.
        level: level of the sky, in the units of the images.
        sigma: noise of the sky, in the units of the images.
        valid: good pixels.
    """
    free = _free(images, sources, valid) & (sigma > 0)[..., None, None]
    scale = np.where(sigma > 0, sigma, 1.0)[..., None, None]
    residual = np.clip(np.where(free, (images - level[..., None, None]) / scale, 0.0), -OUTLIER, OUTLIER)
    half = LAGS // 2
    correlation = np.zeros((images.shape[1], LAGS, LAGS))
    for dy in range(half + 1):
        for dx in range(-half, half + 1):
            value = _lagged_product(residual, free, dy, dx)
            correlation[:, half + dy, half + dx] = correlation[:, half - dy, half - dx] = value
    centre = correlation[:, half, half].copy()
    known = centre > 0
    correlation[known] /= centre[known, None, None]
    correlation[~known] = 0.0
    correlation[:, half, half] = 1.0
    return correlation


def _free(
    images: Images, sources: Bool[np.ndarray, "galaxies y x"], valid: Bool[np.ndarray, "galaxies bands y x"] | None
) -> Bool[np.ndarray, "galaxies bands y x"]:
    """Good pixels without a source; all good pixels of an image that has too few of them."""
    good = np.isfinite(images) if valid is None else np.isfinite(images) & valid
    free = good & ~sources[:, None]
    enough = free.sum(axis=(-2, -1), keepdims=True) >= FEWEST_PIXELS
    return np.asarray(np.where(enough, free, good))


def _median(values: Float[np.ndarray, "galaxies bands pixels"]) -> PerBand:
    """Median over the last axis without its NaN: by sorting, which puts them last and is faster than nanmedian."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    upper = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[-1] - 1), axis=-1)
    return np.asarray((lower + upper)[..., 0] / 2)


def _lagged_product(
    residual: Images, free: Bool[np.ndarray, "galaxies bands y x"], dy: int, dx: int
) -> Float[np.ndarray, "bands"]:
    """Mean product of pixels (dy, dx) apart over the pairs of which both are free; residuals are zero elsewhere."""
    rows, columns = residual.shape[-2:]
    here = (..., slice(0, rows - dy), slice(max(0, -dx), columns - max(0, dx)))
    there = (..., slice(dy, rows), slice(max(0, dx), columns - max(0, -dx)))
    products = (residual[here] * residual[there]).sum(axis=(0, -2, -1))
    pairs = (free[here] & free[there]).sum(axis=(0, -2, -1))
    return np.asarray(products / np.maximum(pairs, 1), np.float64)
