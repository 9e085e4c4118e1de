"""Other galaxies and stars in a cutout, at the density of the real sky.

On SDSS Stripe 82 field 4192-4-300 (0.037 deg², galactic latitude −58°) sep finds, down to r = 22, 7,200 galaxies and
3,800 stars per square degree, parted by half-light radius; counts per magnitude rise as 10^0.4m, as in Yasuda et al.
2001 (AJ 122, 1104), and as 10^0.2m. Neighbours are unrelated to the galaxy: there is no clustering.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from slipher.physics.extinction import band_attenuation
from slipher.survey.mock.camera import PIXEL_SCALE
from slipher.survey.mock.parents import BANDS, Parents
from slipher.survey.mock.population import MEDIAN_RADIUS, Shape, draw_shape
from slipher.survey.mock.sed import true_flux

__all__ = ["Source", "draw_neighbours"]

BRIGHTEST, FAINTEST = 16.0, 22.0
"""Limits of the neighbours' observed magnitude in r."""
GALAXIES, GALAXY_SLOPE = 7200.0, 0.4
"""Galaxies per square degree between these limits, and the slope of log counts against magnitude."""
STARS, STAR_SLOPE = 3800.0, 0.2
MARGIN = 8
"""Neighbours lie up to this many pixels outside the cutout: their wings reach in."""
# Faint galaxies are small: the median half-light radius falls to 1" at r = 20 and 0.6" at r = 22.
SHRINKING, MAIN_SAMPLE_MAGNITUDE = 0.12, 17.0
# u, g, r, i, z less r along the main sequence from F to M, rounded from the stellar locus (Covey et al. 2007).
STELLAR_COLOURS = np.array(
    [
        [1.20, 0.25, 0.0, -0.08, -0.10],
        [1.70, 0.45, 0.0, -0.16, -0.22],
        [2.15, 0.60, 0.0, -0.22, -0.33],
        [3.00, 0.90, 0.0, -0.35, -0.54],
        [3.65, 1.20, 0.0, -0.52, -0.81],
        [4.00, 1.40, 0.0, -0.85, -1.33],
        [4.00, 1.45, 0.0, -1.30, -2.00],
    ]
)


@dataclass(frozen=True)
class Source:
    """Something that shines in a cutout."""

    flux: Float[np.ndarray, "bands"]
    """Total flux in nanomaggies, extinction included."""
    shape: Shape | None
    """None for a star."""
    position: tuple[float, float]
    """Distance from the centre of the cutout in pixels, (x, y)."""


def draw_neighbours(parents: Parents, ebv: float, size: int, rng: np.random.Generator) -> list[Source]:
    """The neighbours of one galaxy: as many as the sky has, anywhere in the cutout and close outside it.

    Args:
        parents: real galaxies, whose fitted colours the neighbouring galaxies have.
        ebv: Galactic E(B−V) of the field, in magnitudes.
        size: side of the cutout in pixels.
        rng: source of the draw.
    """
    area = ((size + 2 * MARGIN) * PIXEL_SCALE / 3600) ** 2
    reach = size / 2 + MARGIN
    galaxies = [_galaxy(parents, ebv, reach, rng) for _ in range(rng.poisson(GALAXIES * area))]
    stars = [_star(ebv, reach, rng) for _ in range(rng.poisson(STARS * area))]
    return galaxies + stars


def _galaxy(parents: Parents, ebv: float, reach: float, rng: np.random.Generator) -> Source:
    """A galaxy of the field with the colours of a parent."""
    magnitude = _magnitude(GALAXY_SLOPE, rng)
    parent = rng.integers(len(parents))
    colours = true_flux(parents.coefficients[parent], float(parents.redshift[parent]), ebv)
    radius = MEDIAN_RADIUS * 10 ** (-SHRINKING * (magnitude - MAIN_SAMPLE_MAGNITUDE))
    return Source(_scaled(colours, magnitude), draw_shape(radius, rng), _position(reach, rng))


def _star(ebv: float, reach: float, rng: np.random.Generator) -> Source:
    """A star of the field, somewhere along the main sequence."""
    along = rng.uniform(0, len(STELLAR_COLOURS) - 1)
    steps = np.arange(len(STELLAR_COLOURS))
    less_r = np.array([np.interp(along, steps, colour) for colour in STELLAR_COLOURS.T])
    colours = 10 ** (-0.4 * less_r) * band_attenuation(BANDS, np.array([ebv]))[0]
    return Source(_scaled(colours, _magnitude(STAR_SLOPE, rng)), None, _position(reach, rng))


def _magnitude(slope: float, rng: np.random.Generator) -> float:
    """An observed magnitude whose counts rise as 10^(slope·m)."""
    low, high = 10 ** (slope * BRIGHTEST), 10 ** (slope * FAINTEST)
    return float(np.log10(rng.uniform(low, high)) / slope)


def _scaled(colours: Float[np.ndarray, "bands"], magnitude: float) -> Float[np.ndarray, "bands"]:
    """Fluxes in nanomaggies in the given ratios, with the given magnitude in r."""
    return np.asarray(colours / colours[BANDS.index("r")] * 10 ** (0.4 * (22.5 - magnitude)))


def _position(reach: float, rng: np.random.Generator) -> tuple[float, float]:
    """A place anywhere within reach of the centre."""
    return float(rng.uniform(-reach, reach)), float(rng.uniform(-reach, reach))
