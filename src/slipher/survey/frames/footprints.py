"""Which galaxy of a catalogue lies in which field, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial import cKDTree

from slipher.survey.frames.frame import Geometry

__all__ = ["Places", "best_places"]

SLACK = 1.001
"""By how much the circle around a field is wider than to its farthest corner."""


@dataclass(frozen=True, eq=False)
class Places:
    """The field of every galaxy and the pixel in it."""

    field: Int64[np.ndarray, "galaxies"]
    """Index of the field; −1 for a galaxy in none."""
    x: Float64[np.ndarray, "galaxies"]
    y: Float64[np.ndarray, "galaxies"]
    edge: Float64[np.ndarray, "galaxies"]
    """Distance to the nearest edge of the frame, pixels."""

    @property
    def found(self) -> Bool[np.ndarray, "galaxies"]:
        """Which galaxies lie in a field."""
        return np.asarray(self.field >= 0)


def best_places(
    ra: Float64[np.ndarray, "galaxies"], dec: Float64[np.ndarray, "galaxies"], frames: Sequence[Geometry]
) -> Places:
    """The frame in which each galaxy lies farthest from the edges; of equals, the first.

    A tree over the galaxies' directions gives each frame the few that its circumscribed circle holds, so the cost
    goes with the number of frames and of galaxies inside them, not with their product.

    Args:
        ra: right ascension, degrees; NaN is in no frame.
        dec: declination, degrees.
        frames: one frame of every field.
    """
    nowhere = np.full(len(ra), np.nan)
    places = Places(np.full(len(ra), -1), nowhere, nowhere.copy(), np.full(len(ra), -np.inf))
    usable = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    if not len(usable):
        return places
    tree = cKDTree(_directions(ra[usable], dec[usable]))
    for number, frame in enumerate(frames):
        rows = usable[np.sort(np.array(tree.query_ball_point(*_circle(frame)), np.int64))]
        if not len(rows):
            continue
        x, y = frame.pixels(ra[rows], dec[rows])
        edge = np.min([x, frame.shape[1] - 1 - x, y, frame.shape[0] - 1 - y], axis=0) + 0.5
        better = (edge >= 0) & (edge > places.edge[rows])
        chosen = rows[better]
        places.field[chosen] = number
        places.x[chosen], places.y[chosen], places.edge[chosen] = x[better], y[better], edge[better]
    return places


def _circle(frame: Geometry) -> tuple[Float64[np.ndarray, "3"], float]:
    """The direction of a frame's middle, and the chord to its farthest corner."""
    height, width = frame.shape
    x = np.array([(width - 1) / 2, -0.5, -0.5, width - 0.5, width - 0.5])
    y = np.array([(height - 1) / 2, -0.5, height - 0.5, -0.5, height - 0.5])
    directions = _directions(*frame.sky(x, y))
    return directions[0], SLACK * float(np.linalg.norm(directions[1:] - directions[0], axis=1).max())


def _directions(
    ra: Float64[np.ndarray, "points"], dec: Float64[np.ndarray, "points"]
) -> Float64[np.ndarray, "points 3"]:
    """Unit vectors of positions in degrees."""
    longitude, latitude = np.radians(ra), np.radians(dec)
    level = np.cos(latitude)
    return np.stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=1)
