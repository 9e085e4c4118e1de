"""Stars of known flux and place, put onto stamps from frames of other orientation, scale and phase."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from slipher.survey.frames.frame import Frame, read_geometry
from slipher.survey.frames.resample import Stamp, resample

sep = pytest.importorskip("sep")
spec = importlib.util.spec_from_file_location("sdss_frames", Path(__file__).with_name("sdss_frames.py"))
sdss = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sdss)

SHAPE = (160, 180)
ARCSEC = 0.396


def geometry_of(tmp_path, **options):
    """A frame's geometry, read from a file."""
    return read_geometry(sdss.write_frame(tmp_path, "r", np.zeros(SHAPE), sdss.projection(shape=SHAPE, **options)))


def star_frame(geometry, ra, dec, flux=10.0, sigma=1.4):
    """A frame with one star."""
    x, y = geometry.pixels(np.array(ra), np.array(dec))
    return Frame(sdss.star(SHAPE, float(x), float(y), flux, sigma).astype(np.float32), geometry)


@pytest.mark.parametrize("pixel_scale", [0.3, ARCSEC, 0.6, 0.792])
@pytest.mark.parametrize("frame", [{"angle": 90.0}, {"angle": 37.0}, {"angle": 201.0, "scale": 0.45 / 3600}])
@pytest.mark.parametrize("phase", [(0.0, 0.0), (0.5, 0.5), (0.27, 0.81)])
def test_flux_and_place_are_kept(tmp_path, pixel_scale, frame, phase):
    geometry = geometry_of(tmp_path, **frame, shift=phase)
    reference = geometry_of(make(tmp_path / "reference"), angle=90.0)
    ra, dec = (float(each) for each in reference.sky(np.array(90.2), np.array(80.6)))
    stamp = Stamp(ra, dec, 48, pixel_scale, reference)
    image, valid = resample(star_frame(geometry, ra, dec), stamp)
    assert valid.all()
    assert image.sum() == pytest.approx(10.0, rel=0.01)
    x, y, _ = sep.winpos(image.astype(np.float64), [23.5], [23.5], 1.6 * ARCSEC / pixel_scale)
    np.testing.assert_allclose([x[0], y[0]], 23.5, atol=0.05)


def make(folder):
    folder.mkdir()
    return folder


@pytest.mark.parametrize("hand", [1, -1])
@pytest.mark.parametrize("position", [(150.0, 2.0), (0.001, -1.2), (200.0, 88.0)])
def test_the_grid_has_the_orientation_of_the_frame(tmp_path, position, hand):
    """Also where meridians converge, across 0 h, and for a mirrored detector."""
    wcs = sdss.projection(*position, angle=63.0, shape=SHAPE)
    wcs.wcs.cd = wcs.wcs.cd * [[hand, 1], [hand, 1]]
    geometry = read_geometry(sdss.write_frame(tmp_path, "r", np.zeros(SHAPE), wcs))
    ra, dec = geometry.sky(np.array(100.3), np.array(50.7))
    x, y = geometry.pixels(*Stamp(float(ra), float(dec), 9, ARCSEC, geometry).sky())
    offsets = np.arange(9) - 4.0
    np.testing.assert_allclose(x, 100.3 + np.broadcast_to(offsets, (9, 9)), atol=1e-4)
    np.testing.assert_allclose(y, 50.7 + np.broadcast_to(offsets[:, None], (9, 9)), atol=1e-4)


def test_at_no_shift_pixels_are_copied(tmp_path):
    geometry = geometry_of(tmp_path)
    pixels = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    ra, dec = geometry.sky(np.array(90.0), np.array(80.0))
    image, valid = resample(Frame(pixels, geometry), Stamp(float(ra), float(dec), 33, ARCSEC, geometry))
    assert valid.all()
    np.testing.assert_allclose(image, pixels[64:97, 74:107], atol=2e-4)


def test_it_is_what_reproject_makes_of_a_smooth_image(tmp_path):
    """Against another library, which interpolates by cubic splines."""
    reproject = pytest.importorskip("reproject")
    wcs = sdss.projection(shape=SHAPE, angle=37.0)
    geometry = read_geometry(sdss.write_frame(tmp_path, "r", np.zeros(SHAPE), wcs))
    ra, dec = geometry.sky(np.array(91.3), np.array(78.8))
    stamp = Stamp(float(ra), float(dec), 40, 0.3, geometry)
    frame = star_frame(geometry, ra, dec, sigma=2.5)
    image, _ = resample(frame, stamp)
    expected, _ = reproject.reproject_interp((frame.image, wcs), stamp._wcs, (40, 40), order="bicubic")
    np.testing.assert_allclose(image, expected * (0.3 / ARCSEC) ** 2, atol=2e-3 * image.max())


def test_outside_of_the_frame_is_bad(tmp_path):
    geometry = geometry_of(tmp_path)
    ra, dec = geometry.sky(np.array(5.25), np.array(80.25))
    image, valid = resample(
        Frame(np.ones(SHAPE, np.float32), geometry), Stamp(float(ra), float(dec), 32, ARCSEC, geometry)
    )
    column = 5.25 - 15.5 + np.arange(32)
    np.testing.assert_array_equal(valid, np.broadcast_to(column >= 0, (32, 32)))
    np.testing.assert_allclose(image, np.where(valid, 1, 0), atol=1e-3)


def test_a_galaxy_far_outside(tmp_path):
    geometry = geometry_of(tmp_path)
    ra, dec = geometry.sky(np.array(5000.0), np.array(80.0))
    image, valid = resample(
        Frame(np.ones(SHAPE, np.float32), geometry), Stamp(float(ra), float(dec), 32, ARCSEC, geometry)
    )
    assert not valid.any()
    assert not image.any()


def test_bad_pixels_spoil_their_surroundings_only(tmp_path):
    geometry = geometry_of(tmp_path)
    ra, dec = geometry.sky(np.array(90.4), np.array(80.3))
    stamp = Stamp(float(ra), float(dec), 32, ARCSEC, geometry)
    good = star_frame(geometry, ra, dec, sigma=6.0)
    pixels = good.image.copy()
    pixels[84, 95], pixels[70:75, 80] = np.nan, np.inf
    image, valid = resample(Frame(pixels, geometry), stamp)
    x, y = geometry.pixels(*stamp.sky())
    near = np.zeros(x.shape, bool)
    for row, column in np.argwhere(~np.isfinite(pixels)):
        near |= (np.abs(x - column) < 2) & (np.abs(y - row) < 2)
    np.testing.assert_array_equal(valid, ~near)
    assert not image[~valid].any()
    whole, _ = resample(good, stamp)
    np.testing.assert_allclose(image[valid], whole[valid], rtol=0.02, atol=1e-3 * whole.max())


def test_noise_keeps_most_of_its_variance(tmp_path):
    geometry = geometry_of(tmp_path)
    pixels = np.random.default_rng(3).normal(size=SHAPE).astype(np.float32)
    ra, dec = geometry.sky(np.array(90.0), np.array(80.0))
    image, _ = resample(Frame(pixels, geometry), Stamp(float(ra), float(dec), 64, ARCSEC, geometry))
    assert 0.6 < image.var() < 0.85, "half a pixel off is the worst case"
    coarse, _ = resample(Frame(pixels, geometry), Stamp(float(ra), float(dec), 32, 2 * ARCSEC, geometry))
    assert 2.5 < coarse.var() < 4.5, "four pixels are added up, not one of four picked"
