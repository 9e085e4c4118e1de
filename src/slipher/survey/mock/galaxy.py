"""One mock galaxy, from its number to everything a survey and its truth hold of it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Shaped

from slipher.redshift import Grid
from slipher.survey.mock.camera import Camera
from slipher.survey.mock.neighbours import Source, draw_neighbours
from slipher.survey.mock.parents import BANDS, Parents
from slipher.survey.mock.population import MockGalaxy, draw_galaxy
from slipher.survey.mock.render import Renderer
from slipher.survey.mock.sed import observe_spectrum, true_flux
from slipher.survey.schema import Column

__all__ = ["SIZE", "TRUTH", "simulate_galaxy"]

SIZE = 64
"""Side of the cutouts in pixels."""
TRUTH: Mapping[str, Column] = {
    "parent": Column("int32"),
    "coefficients": Column("float64", (5,)),
    "flux": Column("float64", (len(BANDS),)),
    "half_light_radius": Column("float32"),
    "sersic_index": Column("float32"),
    "axis_ratio": Column("float32"),
    "angle": Column("float32"),
    "offset": Column("float32", (2,)),
    "neighbours": Column("int16"),
    "neighbour_flux": Column("float32", (len(BANDS),)),
    "signal_to_noise": Column("float32"),
}
"""What is known of a mock galaxy and no method may read: its parent, coefficients and total flux (extinction included),
its shape, where in the central pixels it lies, how many neighbours there are and their light inside the cutout, and the
median signal-to-noise of its spectrum."""


def simulate_galaxy(
    parents: Parents, camera: Camera, renderer: Renderer, grid: Grid, seed: int, number: int
) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Everything drawn for one galaxy; a function of the seed and the galaxy's number alone.

    Args:
        parents: real galaxies to draw from.
        camera: what the cutout is taken with.
        renderer: of that camera.
        grid: redshifts that the mock may have.
        seed: of the whole survey.
        number: of the galaxy in the survey.

    Returns:
        Entries of the store by name; what is measured on the cutout is not among them.
    """
    rng = np.random.default_rng(np.random.SeedSequence((seed, number)))
    galaxy = draw_galaxy(parents, grid, rng)
    flux = true_flux(galaxy.coefficients, galaxy.redshift, galaxy.ebv)
    neighbours = draw_neighbours(parents, galaxy.ebv, SIZE, rng)
    others = renderer.light(neighbours)
    light = renderer.light([Source(flux, galaxy.shape, galaxy.offset)]) + others
    spectrum = observe_spectrum(galaxy.coefficients, galaxy.redshift, galaxy.ebv, galaxy.signal_to_noise, rng)
    return {
        "id": np.array(number),
        "redshift": np.array(galaxy.redshift),
        "ebv": np.array(galaxy.ebv),
        "images": camera.expose(light, rng).astype(np.float16),
        "spectrum/flux": spectrum[0],
        "spectrum/ivar": spectrum[1],
        "spectrum/have": np.array(1),
        **_truth(galaxy, flux, len(neighbours), others.sum(axis=(1, 2))),
    }


def _truth(
    galaxy: MockGalaxy,
    flux: Shaped[np.ndarray, "bands"],
    neighbours: int,
    neighbour_flux: Shaped[np.ndarray, "bands"],
) -> dict[str, Shaped[np.ndarray, "..."]]:
    """The entries below truth/."""
    shape = galaxy.shape
    values = {
        "parent": galaxy.parent,
        "coefficients": galaxy.coefficients,
        "flux": flux,
        "half_light_radius": shape.half_light_radius,
        "sersic_index": shape.sersic_index,
        "axis_ratio": shape.axis_ratio,
        "angle": shape.angle,
        "offset": galaxy.offset,
        "neighbours": neighbours,
        "neighbour_flux": neighbour_flux,
        "signal_to_noise": galaxy.signal_to_noise,
    }
    return {f"truth/{name}": np.asarray(value) for name, value in values.items()}
