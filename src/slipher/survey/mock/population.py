"""What a mock galaxy is: a parent moved a little, dust in front of it, and a shape.

The shape is independent of redshift and flux, and the dust of the parent: else either would tell the redshift in a
way that no posterior derived from the fluxes knows of.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from slipher.redshift import Grid
from slipher.survey.mock.parents import Parents

__all__ = ["SERSIC_INDICES", "TRUNCATION", "MockGalaxy", "Shape", "draw_galaxy", "draw_shape"]

REDSHIFT_SCATTER = 0.01
"""Standard deviation of the mock's redshift about its parent's, in units of 1 + z."""
COEFFICIENT_SCATTER = 0.1
"""Relative standard deviation of each template coefficient about the parent's."""
SERSIC_INDICES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
# Disks and spheroids with few between, as in Blanton et al. 2003 (ApJ 594, 186), figure 4; a short list because
# galsim tabulates every index anew.
SERSIC_WEIGHTS = (0.36, 0.16, 0.11, 0.09, 0.10, 0.18)
TRUNCATION = 5.0
"""Radius, in half-light radii, beyond which a profile is cut, as SDSS's own model profiles are."""
MEDIAN_RADIUS, RADIUS_SCATTER = 2.3, 0.4
"""Median of the half-light radius in arcseconds and the standard deviation of its logarithm: main sample galaxies."""
SMALLEST_RADIUS, LARGEST_RADIUS = 0.8, 4.0
"""Limits of the half-light radius in arcseconds; the largest still fits a cutout of 25 arcseconds."""
FLATTEST = 0.25
"""Smallest axis ratio: no disk is thinner on the sky."""
SIGNAL_TO_NOISE = (5.0, 40.0)
"""Limits of the median signal-to-noise of a spectrum, per pixel."""


@dataclass(frozen=True)
class Shape:
    """A Sérsic profile on the sky."""

    half_light_radius: float
    """Radius of the circle of the ellipse's area that holds half the light, in arcseconds."""
    sersic_index: float
    axis_ratio: float
    angle: float
    """Position angle of the major axis in degrees, from the x axis towards y."""


@dataclass(frozen=True)
class MockGalaxy:
    """Everything true about one mock galaxy."""

    parent: int
    """Row among the parents."""
    redshift: float
    coefficients: Float[np.ndarray, "templates"]
    ebv: float
    """Galactic E(B−V) in magnitudes."""
    shape: Shape
    offset: tuple[float, float]
    """Distance of the galaxy's centre from the cutout's in pixels, (x, y): cutouts are cut along whole pixels."""
    signal_to_noise: float
    """Median signal-to-noise per pixel of its spectrum."""


def draw_galaxy(parents: Parents, grid: Grid, rng: np.random.Generator) -> MockGalaxy:
    """A mock galaxy about a parent drawn uniformly, with replacement.

    Args:
        parents: the real galaxies.
        grid: redshifts that the mock may have.
        rng: source of the draw.
    """
    parent = int(rng.integers(len(parents)))
    centre = parents.coefficients[parent]
    return MockGalaxy(
        parent=parent,
        redshift=_redshift(float(parents.redshift[parent]), grid, rng),
        coefficients=centre * (1 + COEFFICIENT_SCATTER * rng.standard_normal(centre.shape)),
        ebv=float(parents.ebv[rng.integers(len(parents))]),
        shape=draw_shape(MEDIAN_RADIUS, rng),
        offset=(float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5))),
        signal_to_noise=float(rng.uniform(*SIGNAL_TO_NOISE)),
    )


def draw_shape(median_radius: float, rng: np.random.Generator) -> Shape:
    """A shape that knows nothing of the galaxy it is given to.

    Args:
        median_radius: median half-light radius in arcseconds.
        rng: source of the draw.
    """
    return Shape(
        half_light_radius=_radius(median_radius, rng),
        sersic_index=float(rng.choice(SERSIC_INDICES, p=SERSIC_WEIGHTS)),
        axis_ratio=float(rng.uniform(FLATTEST, 1.0)),
        angle=float(rng.uniform(0.0, 180.0)),
    )


def _redshift(parent: float, grid: Grid, rng: np.random.Generator) -> float:
    """A redshift about the parent's, redrawn until it lies inside the grid."""
    while True:
        redshift = parent + REDSHIFT_SCATTER * (1 + parent) * rng.standard_normal()
        if 0 < redshift <= grid.z_max:
            return float(redshift)


def _radius(median: float, rng: np.random.Generator) -> float:
    """A log-normal half-light radius in arcseconds, redrawn until inside its limits."""
    while True:
        radius = median * np.exp(RADIUS_SCATTER * rng.standard_normal())
        if SMALLEST_RADIUS * median / MEDIAN_RADIUS <= radius <= LARGEST_RADIUS * median / MEDIAN_RADIUS:
            return float(radius)
