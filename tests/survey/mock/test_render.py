"""Rendered light is all there, where it should be, and as galsim's own drawing has it."""

import galsim
import numpy as np
import pytest

from slipher.survey.mock.neighbours import Source
from slipher.survey.mock.population import Shape

FLUX = np.array([10.0, 20.0, 40.0, 60.0, 70.0])
ROUND = Shape(half_light_radius=1.5, sersic_index=1.0, axis_ratio=0.9, angle=20.0)


def test_the_light_of_a_galaxy_that_fits_is_its_flux(renderer):
    light = renderer.light([Source(FLUX, ROUND, (0.3, -0.2))])
    np.testing.assert_allclose(light.sum(axis=(1, 2)) / FLUX, 1.0, atol=2e-3)


@pytest.mark.parametrize("index", [1.0, 2.5, 4.0])
def test_half_the_light_lies_inside_the_half_light_radius(renderer, index):
    shape = Shape(half_light_radius=3.0, sersic_index=index, axis_ratio=1.0, angle=0.0)
    light = renderer.light([Source(FLUX, shape, (0.0, 0.0))])
    pixels = np.arange(64) - 31.5
    inside = np.hypot(pixels[:, None], pixels) * 0.396 < 3.0
    # The seeing carries a little out.
    np.testing.assert_allclose(light[:, inside].sum(axis=1) / FLUX, 0.5, atol=0.06)


def test_a_star_is_the_point_spread_function(renderer, camera):
    light = renderer.light([Source(FLUX, None, (0.5, 0.5))])
    # The centre of the cutout lies between pixels, so this star is in the middle of pixel (32, 32).
    np.testing.assert_allclose(light[:, 7:58, 7:58], FLUX[:, None, None] * camera.psf, atol=0.01 * FLUX.max())
    peak = light.max(axis=(1, 2))
    np.testing.assert_allclose(peak / FLUX, camera.psf.max(axis=(1, 2)), rtol=0.05)


def test_it_agrees_with_galsims_own_drawing(renderer, camera):
    shape = Shape(half_light_radius=1.8, sersic_index=1.0, axis_ratio=0.4, angle=30.0)
    profile = galsim.Sersic(1.0, half_light_radius=1.8, trunc=9.0, flux=FLUX[2])
    profile = profile.shear(q=0.4, beta=30 * galsim.degrees).shift(0.396 * 0.3, 0.396 * -0.4)
    optics = galsim.InterpolatedImage(galsim.Image(camera.psf[2].copy(), scale=0.396), flux=1.0)
    expected = galsim.Convolve(profile, optics).drawImage(nx=64, ny=64, scale=0.396, method="no_pixel").array
    light = renderer.light([Source(FLUX, shape, (0.3, -0.4))])
    np.testing.assert_allclose(light[2], expected, atol=2e-3 * expected.max())


def test_sources_add(renderer):
    one, two = Source(FLUX, ROUND, (5.0, 0.0)), Source(2 * FLUX, None, (-9.0, 12.0))
    np.testing.assert_allclose(renderer.light([one, two]), renderer.light([one]) + renderer.light([two]), atol=1e-10)


def test_a_source_outside_does_not_return_on_the_other_side(renderer):
    light = renderer.light([Source(FLUX, None, (38.0, 0.0))])
    assert light[:, :, :40].sum() < 0.01 * FLUX.sum()


def test_nothing_shines_in_an_empty_cutout(renderer):
    assert renderer.light([]).shape == (5, 64, 64)
    assert not renderer.light([]).any()
