"""Real Stripe 82 cutouts become a store."""

from pathlib import Path

import numpy as np
import pytest

from slipher.redshift import Grid
from slipher.survey.check import check
from slipher.survey.images import import_images
from slipher.survey.store import open_store

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CUTOUTS = DATA / "stripe82" / "cutouts.npz"
pytestmark = pytest.mark.skipif(not CUTOUTS.is_file(), reason="the real SDSS cutouts are not beside the repository")


@pytest.fixture(scope="module")
def galaxies(tmp_path_factory):
    pytest.importorskip("sep")
    path = tmp_path_factory.mktemp("stripe82") / "stripe82.h5"
    return open_store(
        import_images(
            CUTOUTS, path, images="cube", redshift="z", bands=tuple("ugriz"), pixel_scale=0.396, dtype="float32"
        )
    )


def test_all_galaxies_are_in_it(galaxies):
    assert galaxies.redshift.tolist() == [0.1248, 0.1495, 0.426, 0.5646]
    assert Grid().contains(galaxies.redshift).tolist() == [True, True, False, False]
    assert galaxies.bands == ("u", "g", "r", "i", "z")
    assert galaxies.shape == (64, 64)


def test_the_frame_edge_is_masked(galaxies):
    cube = np.load(CUTOUTS)["cube"].transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(galaxies.valid(), np.isfinite(cube))
    np.testing.assert_array_equal(galaxies.images(), np.nan_to_num(cube))
    assert (~galaxies.valid()[0]).sum(axis=(1, 2)).tolist() == [0, 0, 384, 192, 0]


def test_photometry_is_that_of_galaxies(galaxies):
    """Magnitudes and colours in the range of luminous galaxies at these redshifts."""
    magnitude = 22.5 - 2.5 * np.log10(galaxies.flux[:, 1:])
    assert (magnitude[:, 1] > 16).all()
    assert (magnitude[:, 1] < 21).all()
    assert (np.diff(magnitude, axis=1) < 0).all(), "each is brighter towards the red"
    colour = magnitude[:, 0] - magnitude[:, 1]
    assert colour[:2].max() < colour[2:].min(), "g − r reddens with redshift"
    assert (galaxies.flux[:, 2] / galaxies.flux_error[:, 2] > 8).all()


def test_the_sky_is_that_of_the_survey(galaxies):
    """Stripe 82's single epochs reach r = 22.2: some 0.02 to 0.04 nanomaggies a pixel."""
    assert (galaxies.sky_sigma[:, 2] > 0.015).all()
    assert (galaxies.sky_sigma[:, 2] < 0.05).all()
    assert (np.abs(galaxies.sky_level) < galaxies.sky_sigma).all()
    assert (np.abs(galaxies.sky_correlation[:, 2, 3]) < 0.2).all(), "nearest pixels: the noise is white"


def test_it_is_sound(galaxies):
    assert check(galaxies.path)["ok"]
