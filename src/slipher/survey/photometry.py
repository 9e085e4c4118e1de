"""Photometry measured on the cutouts themselves, as a survey's pipeline would: what the catalogue methods see.

The galaxy is detected once, on the inverse-variance sum of all bands, and measured in every band through the same
elliptical aperture (Kron 1980: 2.5 times the first-moment radius), so that colours compare the same part of the
galaxy; pixels that belong to neighbours or are bad are left out and their share of the aperture is scaled for.
Detection and sums are SExtractor's, as `sep` has them (Bertin & Arnouts 1996; Barbary 2016).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from slipher.extras import require

__all__ = ["measure"]

THRESHOLD = 1.5
"""Detection threshold in units of the noise of the combined image."""
KRON_FACTOR = 2.5
SMALLEST_RADIUS = 3.5
"""Radius in pixels below which no aperture shrinks (SExtractor's PHOT_AUTOPARAMS)."""
CENTRE_RADIUS = 6.0
"""A detection farther from the centre of the cutout, in pixels, is not the galaxy that was asked for."""


@dataclass(frozen=True)
class Aperture:
    """An ellipse in pixels, angle in radians from the x axis, and the object of the segmentation inside it."""

    x: float
    y: float
    a: float
    b: float
    theta: float
    label: int


def measure(
    images: Float[np.ndarray, "galaxies bands y x"],
    valid: Bool[np.ndarray, "galaxies bands y x"],
    sigma: Float[np.ndarray, "galaxies bands"],
    electrons: Float[np.ndarray, "bands"] | None = None,
) -> tuple[Float[np.ndarray, "galaxies bands"], Float[np.ndarray, "galaxies bands"]]:
    """Flux of the central galaxy of each cutout, in one aperture common to all bands.

    Where nothing is detected at the centre the aperture is a circle there, an eighth of the cutout in radius; a band
    without one valid pixel in the aperture has flux 0 and error infinity. Never NaN.

    Args:
        images: sky-subtracted cutouts in nanomaggies.
        valid: False for the pixels to leave out.
        sigma: noise of one sky pixel in nanomaggies, as ``physics.sky.sky_statistics`` measures it.
        electrons: electrons per nanomaggy in each band, where known: adds the photon noise of the galaxy itself.

    Returns:
        Fluxes and their errors, in nanomaggies, float64.

    Raises:
        InputError: if `sep` is not installed.
    """
    require("sep", "simulate")
    flux = np.zeros(images.shape[:2])
    error = np.full(images.shape[:2], np.inf)
    for row, (image, good, noise) in enumerate(zip(images, valid, sigma, strict=True)):
        flux[row], error[row] = _measure_one(np.asarray(image, dtype=np.float64), good, noise, electrons)
    return flux, error


def _measure_one(
    image: Float[np.ndarray, "bands y x"],
    valid: Bool[np.ndarray, "bands y x"],
    sigma: Float[np.ndarray, "bands"],
    electrons: Float[np.ndarray, "bands"] | None,
) -> tuple[Float[np.ndarray, "bands"], Float[np.ndarray, "bands"]]:
    """Flux and error of one galaxy in each band."""
    usable = np.isfinite(sigma) & (sigma > 0)
    valid = np.ascontiguousarray(valid & np.isfinite(image) & usable[:, None, None])
    image = np.ascontiguousarray(np.where(valid, image, 0.0))
    aperture, segmentation = _aperture(image, valid, sigma)
    flux = np.zeros(len(image))
    error = np.full(len(image), np.inf)
    for band in np.flatnonzero(valid.any(axis=(1, 2))):
        gain = None if electrons is None else float(electrons[band])
        measured = _sum(image[band], ~valid[band], float(sigma[band]), gain, aperture, segmentation)
        if np.isfinite(measured).all():
            flux[band], error[band] = measured
    return flux, error


def _sum(
    image: Float[np.ndarray, "y x"],
    bad: Bool[np.ndarray, "y x"],
    sigma: float,
    gain: float | None,
    aperture: Aperture,
    segmentation: Int[np.ndarray, "y x"],
) -> tuple[float, float]:
    """Flux and error inside the aperture in one band; NaN if no pixel of it is left."""
    import sep

    flux, error, _ = sep.sum_ellipse(
        image,
        [aperture.x],
        [aperture.y],
        aperture.a,
        aperture.b,
        aperture.theta,
        r=1.0,
        err=sigma,
        gain=gain,
        mask=bad,
        segmap=segmentation,
        seg_id=np.array([aperture.label], dtype=np.int32),
        subpix=5,
    )
    return float(flux[0]), float(error[0])


def _aperture(
    image: Float[np.ndarray, "bands y x"], valid: Bool[np.ndarray, "bands y x"], sigma: Float[np.ndarray, "bands"]
) -> tuple[Aperture, Int[np.ndarray, "y x"]]:
    """The aperture of the central galaxy, and the segmentation of the cutout."""
    combined, mask = _combine(image, valid, sigma)
    objects, segmentation = _detect(combined, mask)
    height, width = combined.shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    chosen = _central(objects, segmentation, centre)
    if chosen is None:
        # A label of its own: pixels that the segmentation gives to others stay left out.
        radius = min(height, width) / 8
        return Aperture(centre[0], centre[1], radius, radius, 0.0, len(objects) + 1), segmentation
    return _kron(objects[chosen], chosen + 1, combined, mask, segmentation), segmentation


def _combine(
    image: Float[np.ndarray, "bands y x"], valid: Bool[np.ndarray, "bands y x"], sigma: Float[np.ndarray, "bands"]
) -> tuple[Float[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]:
    """Inverse-variance sum of the bands in units of its own noise, and the pixels that no band has."""
    weight = np.where(valid, 1.0, 0.0) / np.where(sigma > 0, sigma, np.inf)[:, None, None] ** 2
    total = weight.sum(axis=0)
    combined = (weight * image).sum(axis=0) / np.sqrt(np.where(total > 0, total, 1.0))
    return combined, total == 0


def _detect(combined: Float[np.ndarray, "y x"], mask: Bool[np.ndarray, "y x"]) -> tuple[Any, Int[np.ndarray, "y x"]]:
    """The objects of a cutout, as sep gives them, and their segmentation."""
    import sep

    options = {"thresh": THRESHOLD, "err": 1.0, "mask": mask, "minarea": 5, "segmentation_map": True}
    try:
        objects, segmentation = sep.extract(combined, **options)
    except Exception:  # sep knows no narrower one: too many sub-objects to part, as in a crowded or spoiled cutout
        objects, segmentation = sep.extract(combined, deblend_cont=1.0, **options)
    return objects, segmentation


def _central(objects: Any, segmentation: Int[np.ndarray, "y x"], centre: Float[np.ndarray, "2"]) -> int | None:
    """Which object is the galaxy: the one that holds the central pixel, else the nearest close by."""
    label = int(segmentation[round(centre[1]), round(centre[0])])
    if label:
        return label - 1
    distance = np.hypot(objects["x"] - centre[0], objects["y"] - centre[1])
    if distance.size and distance.min() < CENTRE_RADIUS:
        return int(distance.argmin())
    return None


def _kron(
    found: Any,
    label: int,
    combined: Float[np.ndarray, "y x"],
    mask: Bool[np.ndarray, "y x"],
    segmentation: Int[np.ndarray, "y x"],
) -> Aperture:
    """The Kron ellipse of one detected object, no smaller than the seeing and no larger than the cutout."""
    import sep

    x, y, a, b, theta = (float(found[name]) for name in ("x", "y", "a", "b", "theta"))
    seg_id = np.array([label], dtype=np.int32)
    radius, _ = sep.kron_radius(combined, [x], [y], a, b, theta, 6.0, mask=mask, segmap=segmentation, seg_id=seg_id)
    scale = KRON_FACTOR * float(radius[0])
    # Never NaN: noise can make a first moment negative or undefined.
    if not np.isfinite(scale) or scale * np.sqrt(a * b) < SMALLEST_RADIUS:
        return Aperture(x, y, SMALLEST_RADIUS, SMALLEST_RADIUS, 0.0, label)
    scale = min(scale, min(combined.shape) / 2 / a)
    return Aperture(x, y, scale * a, scale * b, theta, label)
