"""Frames of several bands onto one pixel grid around a galaxy.

A stamp is a tangent projection centred on the galaxy, with square pixels and the orientation that the reference frame
has there. Its axes run along those of the detector, and the frames of a field differ from it by a shift and a few
thousandths of a degree, so the noise has the same grain in every stamp; north up would turn it by any angle. A network
that trains under flips and quarter turns gains nothing from north.

Pixels are read off by quintic spline interpolation (Unser, Aldroubi & Eden 1993, IEEE Trans. Signal Process. 41, 821,
as `scipy.ndimage` has it), each multiplied by the area that it covers in pixels of the frame, so that surface
brightness is kept and fluxes are conserved. Measured on stars in SDSS's seeing (σ = 1.1 and 1.5 pixels), shifted by up
to half a pixel and turned by up to 35°: flux within 5 pixels 1.000, centroid to 0.001 pixel, peak 0.96–1.00 of what
a star has there; white noise keeps 0.71–0.84 of its variance, with a correlation of 0.11–0.21 between neighbours.
Cubic splines (as `reproject_interp` has them, three times as slow) keep 0.58–0.77, correlated by 0.15–0.30. Bilinear
interpolation, `reproject_exact` and `reproject_adaptive` keep 0.18–0.54, correlated by 0.2–0.6, and smear the peak to
0.74–0.94.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy.ndimage import distance_transform_edt, map_coordinates, maximum_filter

from slipher.extras import require
from slipher.survey.frames.frame import Frame, Geometry

__all__ = ["Stamp", "resample"]

ORDER = 5
MARGIN = 12
"""Pixels of the frame beyond the stamp that the spline is fitted to: the influence of one falls by 0.43 a pixel."""
REACH = 4
"""Rows and columns around a position in which a bad pixel spoils it; beyond, the spline gives it a tenth or less."""
STRIDE = 16
"""Pixels over which the reference frame's orientation is taken."""

Plane = Float[np.ndarray, "y x"]


class Stamp:
    """A grid of square pixels centred on a position.

    Args:
        ra: right ascension of the centre, degrees.
        dec: declination, degrees.
        size: pixels on a side.
        scale: arcseconds a pixel.
        reference: the frame whose orientation the grid has.
    """

    def __init__(self, ra: float, dec: float, size: int, scale: float, reference: Geometry) -> None:
        self.size = size
        self.scale = scale
        self._wcs = _tangent(ra, dec, size, np.array(_axes(ra, dec, reference)) * scale / 3600)

    def sky(self, parts: int = 1) -> tuple[Plane, Plane]:
        """Right ascension and declination (degrees) of every pixel's centre, or of ``parts`` by ``parts`` in each."""
        offsets = (np.arange(self.size * parts) + 0.5) / parts - 0.5
        x, y = np.meshgrid(offsets, offsets)
        ra, dec = self._wcs.wcs_pix2world(x.ravel(), y.ravel(), 0)
        return ra.reshape(x.shape), dec.reshape(x.shape)

    def parts(self, frame: Geometry) -> int:
        """How often a pixel is sampled along each axis, so that no pixel of the frame is passed over."""
        native = np.sqrt(np.abs(np.linalg.det(np.array(frame.cd)))) * 3600
        return max(1, round(self.scale / float(native)))

    def covered(self, frame: Geometry) -> Bool[np.ndarray, "y x"]:
        """Which pixels lie inside a frame."""
        return _inside(*frame.pixels(*self.sky()), frame.shape)


def resample(frame: Frame, stamp: Stamp) -> tuple[Float32[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]:
    """A frame on the grid of a stamp.

    Args:
        frame: the pixels of one band.
        stamp: the grid.

    Returns:
        Nanomaggies a pixel of the stamp, 0 where bad; and which are good: those whose centre lies between the centres
        of pixels of the frame, with no bad one near.
    """
    parts = stamp.parts(frame.geometry)
    x, y = frame.geometry.pixels(*stamp.sky(parts))
    rows, columns = _window(y, frame.geometry.shape[0]), _window(x, frame.geometry.shape[1])
    patch = frame.image[rows, columns].astype(np.float64)
    inside = _inside(x, y, frame.geometry.shape)
    if min(patch.shape) < 2 or not inside.any():
        return np.zeros((stamp.size, stamp.size), np.float32), np.zeros((stamp.size, stamp.size), bool)
    x, y = x - columns.start, y - rows.start
    bad = ~np.isfinite(patch)
    flux = map_coordinates(_filled(patch, bad), [y, x], order=ORDER, mode="mirror") * _area(x, y)
    good = _binned(inside & ~_near(bad, x, y), parts) == parts**2
    return np.where(good, _binned(flux, parts), 0).astype(np.float32), good


def _axes(ra: float, dec: float, frame: Geometry) -> tuple[tuple[float, float], tuple[float, float]]:
    """Unit steps along x and y of a frame at a position, as columns of a matrix in eastern and northern degrees."""
    x, y = frame.pixels(np.array(ra), np.array(dec))
    plane = _tangent(ra, dec, 1, np.eye(2))
    step = STRIDE * np.array([[-1, 1, 0, 0], [0, 0, -1, 1]])
    east, north = plane.wcs_world2pix(*frame.sky(x + step[0], y + step[1]), 0)
    along_x = np.array([east[1] - east[0], north[1] - north[0]])
    along_y = np.array([east[3] - east[2], north[3] - north[2]])
    cosine, sine = along_x / np.hypot(*along_x)
    hand = float(np.sign(along_x[0] * along_y[1] - along_x[1] * along_y[0]))
    return (float(cosine), -hand * float(sine)), (float(sine), hand * float(cosine))


def _tangent(ra: float, dec: float, size: int, cd: Float[np.ndarray, "2 2"]) -> Any:
    """A tangent projection centred on a position."""
    wcs = require("astropy.wcs", "cutouts").WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cd = [ra, dec], [(size + 1) / 2] * 2, cd
    wcs.wcs.set()
    return wcs


def _window(position: Plane, length: int) -> slice:
    """The rows or columns of a frame that positions need, with a margin."""
    low, high = np.nanmin(position), np.nanmax(position)
    return slice(int(np.clip(low - MARGIN, 0, length)), int(np.clip(high + MARGIN + 2, 0, length)))


def _inside(x: Plane, y: Plane, shape: tuple[int, int]) -> Bool[np.ndarray, "y x"]:
    """Which positions lie between the centres of a frame's pixels: nothing is extrapolated."""
    return np.asarray((x >= 0) & (x <= shape[1] - 1) & (y >= 0) & (y <= shape[0] - 1))


def _filled(patch: Plane, bad: Bool[np.ndarray, "y x"]) -> Plane:
    """Pixels with the bad ones replaced by their nearest good neighbours: a spline feels every pixel a little."""
    if not bad.any() or bad.all():
        return np.where(bad, 0.0, patch)
    nearest = distance_transform_edt(bad, return_distances=False, return_indices=True)
    return np.asarray(patch[tuple(nearest)])


def _near(bad: Bool[np.ndarray, "rows columns"], x: Plane, y: Plane) -> Bool[np.ndarray, "y x"]:
    """Which positions have a bad pixel among the four rows and four columns around them."""
    if not bad.any():
        return np.zeros(x.shape, bool)
    around = maximum_filter(bad, REACH, origin=-1, mode="constant")
    row, column = (np.clip(np.floor(each), 0, n - 1).astype(int) for each, n in zip((y, x), bad.shape, strict=True))
    return np.asarray(around[row, column])


def _area(x: Plane, y: Plane) -> Plane:
    """The area around every position, in pixels of the frame: the determinant of the map's derivative."""
    (x_up, x_right), (y_up, y_right) = np.gradient(x), np.gradient(y)
    return np.asarray(np.abs(x_right * y_up - x_up * y_right))


def _binned(values: np.ndarray, parts: int) -> Plane:
    """Sums over ``parts`` by ``parts`` samples of each pixel."""
    size = len(values) // parts
    return np.asarray(values.reshape(size, parts, size, parts).sum(axis=(1, 3), dtype=np.float64))
