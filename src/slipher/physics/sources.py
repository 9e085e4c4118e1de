"""Which pixels of a cutout hold the light of a source."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter

from slipher.extras import require

__all__ = ["find_sources"]

SMOOTHING = 2.0
"""Standard deviation of the Gaussian that the stacked image is smoothed with before detection, pixels."""
THRESHOLD = 1.0
"""Detection threshold, in standard deviations of the smoothed sky: low, since a wing lost is worse than sky kept."""
SIGNIFICANCE = 5.0
"""Standard deviations of the smoothed sky above which a peak is no chance; only in the middle lower ones are kept."""
SMALLEST_AREA = 8
"""Fewest connected pixels of a source."""
REACH = 1.55
"""Radii of its detected area to which the ellipse of the galaxy in the middle reaches. Where a wing sinks below a given
surface brightness tells where its last hundredth lies whatever the profile, which the half-light radius, measured above
a sky that the wings have raised, does not: it comes out small for large and steep galaxies."""
NEIGHBOUR_REACH = 1.1
"""The same for the others: they are faint, and the sky is wanted."""
FREE = 0.1
"""Share of the pixels that is left to the sky, so that it can be measured, where a galaxy fills the cutout."""
CLIPPED_SIGMA, CLIPPED_MEDIAN = 0.984, 0.0342
"""What :func:`_sky` leaves of normal noise: the scatter in true ones, and the fall of the median in those left. The cut
lies at t = m + 2s, with m = Φ⁻¹(Φ(t)/2) and s = m − Φ⁻¹(0.1587 Φ(t))."""
SHRINKING = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Factors by which ellipses are made smaller in turn, until so much is left."""


def find_sources(
    images: Float[np.ndarray, "bands y x"], valid: Bool[np.ndarray, "bands y x"] | None = None
) -> Bool[np.ndarray, "y x"]:
    """The pixels that hold light of the galaxy or of a neighbour.

    The bands are added in units of their sky noise, smoothed, and cut at a low threshold; every source found is then
    given an ellipse larger than what was detected of it, since the wings of a galaxy lie far below the noise of a
    pixel. Of a mock main sample 0.3 % of the light lies beyond, in the mean, and more than 5 % in one of 500 galaxies
    (tests/physics/measure_masks.py).

    Args:
        images: one galaxy's cutouts, any units, the galaxy in the middle.
        valid: good pixels; bad ones, and any that are not finite, show no source.

    Raises:
        InputError: if sep is not installed.
    """
    sep = require("sep", "simulate")
    stack = _stack(images, valid)
    smoothed = gaussian_filter(stack, SMOOTHING, mode="nearest", truncate=3.0)
    noise = 1 / (2 * np.sqrt(np.pi) * SMOOTHING)
    objects, labels = sep.extract(
        smoothed,
        THRESHOLD * noise,
        minarea=SMALLEST_AREA,
        filter_kernel=None,
        deblend_nthresh=1,
        deblend_cont=1.0,
        clean=False,
        segmentation_map=True,
    )
    middle = np.arange(len(objects)) == labels[labels.shape[0] // 2, labels.shape[1] // 2] - 1
    significant = objects["peak"] > SIGNIFICANCE * noise
    real = middle | significant
    reach = np.where(middle & significant, REACH, NEIGHBOUR_REACH)[real]
    detected, objects = np.asarray(np.append(False, real)[labels], bool), objects[real]
    return _with_ellipses(detected, objects, reach * np.sqrt(objects["npix"] / np.pi))


def _with_ellipses(
    detected: Bool[np.ndarray, "y x"], objects: np.ndarray, radius: Float[np.ndarray, "objects"]
) -> Bool[np.ndarray, "y x"]:
    """The detected pixels and an ellipse about each source, smaller ones where no sky would be left."""
    sep = require("sep", "simulate")
    flattening = np.sqrt(np.clip(objects["b"] / objects["a"], 0.2, 1.0))
    for shrink in SHRINKING:
        mask = detected.copy()
        size = shrink * radius
        sep.mask_ellipse(mask, objects["x"], objects["y"], size / flattening, size * flattening, objects["theta"], 1.0)
        if mask.mean() <= 1 - FREE:
            return mask
    return detected


def _stack(
    images: Float[np.ndarray, "bands y x"], valid: Bool[np.ndarray, "bands y x"] | None
) -> Float[np.ndarray, "y x"]:
    """The sum of the bands that are there above their sky, in units of its noise: unit variance in mere sky."""
    good = np.isfinite(images) if valid is None else np.isfinite(images) & valid
    total, bands = np.zeros(images.shape[1:], np.float32), 0
    for image, usable in zip(images, good, strict=True):
        level, sigma = _sky(image[usable])
        if sigma > 0:
            total += np.where(usable, (image - level) / sigma, 0.0)
            bands += 1
    return total / np.float32(np.sqrt(max(bands, 1)))


def _sky(pixels: Float[np.ndarray, "pixels"]) -> tuple[float, float]:
    """Level and noise of the sky from pixels of which the upper ones may hold sources.

    The noise is the distance from the median down to the 16th percentile, since sources spoil the upper side; pixels
    two of it above the median are left out, until none is. What that does to normal noise is undone at the end.
    """
    ordered, count = np.sort(pixels), len(pixels)
    level = sigma = 0.0
    while count:
        level = float(ordered[count // 2])
        sigma = level - float(ordered[int(0.1587 * count)])
        kept = int(np.searchsorted(ordered, level + 2 * sigma, side="right"))
        if kept >= count:
            break
        count = kept
    return level + CLIPPED_MEDIAN * sigma, sigma / CLIPPED_SIGMA
