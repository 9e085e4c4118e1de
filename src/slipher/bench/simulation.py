"""The mock survey: its rendering against galsim's own drawing, and the whole on all cores against one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.bench.apart import Apart
from slipher.bench.result import Result, alternating
from slipher.extras import require
from slipher.survey.mock.camera import PIXEL_SCALE, load_camera
from slipher.survey.mock.galaxy import SIZE
from slipher.survey.mock.neighbours import Source
from slipher.survey.mock.population import MEDIAN_RADIUS, TRUNCATION, draw_shape
from slipher.survey.mock.render import Renderer
from slipher.survey.mock.simulate import simulate
from slipher.survey.store import open_store
from slipher.threads import available_cores

__all__ = ["measure"]

CUTOUTS, GALAXIES = 200, 1280
"""Cutouts that are rendered and galaxies that are simulated in a run."""
RUNS = 3
FLUX = np.array([15.0, 60.0, 130.0, 190.0, 240.0])
"""Of a galaxy of the main sample in u, g, r, i, z, nanomaggies."""
COMPARED = 8
"""Cutouts on which ours is held against galsim's."""

Light = Float[np.ndarray, "cutouts bands y x"]


def measure(out: Path | None) -> Iterator[Result]:
    """Rendering alone, then everything from the command to the finished store.

    Args:
        out: not used; there is no figure.
    """
    yield rendering(CUTOUTS, RUNS)
    yield survey(GALAXIES, RUNS)


def rendering(cutouts: int, runs: int) -> Result:
    """Noiseless cutouts of a galaxy and a neighbour in five bands.

    Args:
        cutouts: rendered in a run.
        runs: pairs of runs.
    """
    with Apart(rendered, cutouts) as ours, Apart(plainly_rendered, cutouts) as other:
        pairs = alternating(ours, other, runs)
        found, expected = ours.last.answer, other.last.answer
    difference = float((np.abs(found - expected).max(axis=(2, 3)) / expected.max(axis=(2, 3))).max())
    note = (
        f"{cutouts} cutouts of {SIZE}×{SIZE} pixels in {len(FLUX)} bands, a galaxy and a neighbour each, one thread; "
        f"largest difference {difference:.1e} of a cutout's peak"
    )
    return pairs.faster(
        "simulation: rendering", cutouts, "galaxies/s", "galsim, a drawing for every source and band", note=note
    )


def survey(galaxies: int, runs: int) -> Result:
    """The whole of `slipher data simulate`, the first run of either included: real surveys are simulated once.

    Args:
        galaxies: simulated in a run, at least 24.
        runs: pairs of runs.
    """
    cores = available_cores()
    with (
        TemporaryDirectory() as folder,
        Apart(simulated, Path(folder) / "ours.h5", galaxies, cores) as ours,
        Apart(simulated, Path(folder) / "other.h5", galaxies, 1) as other,
    ):
        pairs = alternating(ours, other, runs, warm=0)
    note = (
        f"{galaxies} galaxies, rendered, exposed, measured and written, {cores} processes; reading templates included"
    )
    return pairs.faster("simulation", galaxies, "galaxies/s", "one process", note=note)


def rendered(cutouts: int) -> Callable[[], Light]:
    """Ours; the answer is the first few cutouts."""
    renderer = Renderer(load_camera(), SIZE)
    scenes = [_scene(number) for number in range(cutouts)]

    def run() -> Light:
        return np.stack([renderer.light(scene) for scene in scenes][:COMPARED])

    return run


def plainly_rendered(cutouts: int) -> Callable[[], Light]:
    """Galsim's own drawing, source by source and band by band, the optics made ready once."""
    galsim = require("galsim", "simulate")
    images = [galsim.Image(np.ascontiguousarray(psf), scale=PIXEL_SCALE) for psf in load_camera().psf]
    optics = [galsim.InterpolatedImage(image, flux=1.0) for image in images]
    scenes = [_scene(number) for number in range(cutouts)]

    def run() -> Light:
        return np.stack([_drawn(scene, optics) for scene in scenes][:COMPARED])

    return run


def simulated(path: Path, galaxies: int, workers: int) -> Callable[[], str]:
    """A mock survey, made anew at every call; the answer is its fingerprint."""

    def run() -> str:
        path.unlink(missing_ok=True)
        return open_store(simulate(path, galaxies, workers=workers)).fingerprint

    return run


def _scene(number: int) -> list[Source]:
    """A galaxy in the middle and a fainter one somewhere, a function of the number."""
    rng = np.random.default_rng(number)
    middle = Source(FLUX, draw_shape(MEDIAN_RADIUS, rng), tuple(rng.uniform(-0.5, 0.5, 2)))
    neighbour = Source(FLUX / 20, draw_shape(MEDIAN_RADIUS / 2, rng), tuple(rng.uniform(-30, 30, 2)))
    return [middle, neighbour]


def _drawn(scene: list[Source], optics: list[Any]) -> Float[np.ndarray, "bands y x"]:
    """A scene as galsim draws it."""
    galsim = require("galsim", "simulate")
    images = [galsim.ImageD(SIZE, SIZE, scale=PIXEL_SCALE) for _ in optics]
    for source in scene:
        profile = _profile(galsim, source)
        for image, psf, flux in zip(images, optics, source.flux, strict=True):
            seen = galsim.Convolve(profile.withFlux(flux), psf)
            seen.drawImage(image, method="no_pixel", add_to_image=True)
    return np.stack([image.array for image in images])


def _profile(galsim: Any, source: Source) -> Any:
    """A source of unit flux at its place."""
    profile = galsim.DeltaFunction()
    if source.shape is not None:
        shape, radius = source.shape, source.shape.half_light_radius
        profile = galsim.Sersic(shape.sersic_index, half_light_radius=radius, trunc=TRUNCATION * radius)
        profile = profile.shear(q=shape.axis_ratio, beta=shape.angle * galsim.degrees)
    return profile.shift(*(PIXEL_SCALE * offset for offset in source.position))
