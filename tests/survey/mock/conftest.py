"""The parents, the camera and a few simulated galaxies, made once."""

import numpy as np
import pytest

pytest.importorskip("galsim")
pytest.importorskip("kcorrect")

from slipher.survey.mock.camera import Camera, load_camera
from slipher.survey.mock.galaxy import SIZE
from slipher.survey.mock.parents import Parents, load_parents
from slipher.survey.mock.render import Renderer
from slipher.survey.mock.simulate import BlockSimulator


@pytest.fixture(scope="session")
def parents() -> Parents:
    return load_parents()


@pytest.fixture(scope="session")
def camera() -> Camera:
    return load_camera()


@pytest.fixture(scope="session")
def renderer(camera: Camera) -> Renderer:
    return Renderer(camera, SIZE)


@pytest.fixture(scope="session")
def block(parents: Parents) -> dict[str, np.ndarray]:
    return dict(BlockSimulator(parents, 0, np.zeros(64, np.uint8))((0, 64)))
