"""Every galaxy finds the field in which it lies deepest, whatever the number of fields."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.survey.frames.footprints import best_places
from slipher.survey.frames.frame import Geometry

spec = importlib.util.spec_from_file_location("sdss_frames", Path(__file__).with_name("sdss_frames.py"))
sdss = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sdss)


def geometry(ra, dec, angle=90.0, shape=(149, 205)):
    wcs = sdss.projection(ra, dec, angle=angle, shape=shape).wcs
    cd = tuple(tuple(row) for row in wcs.cd.tolist())
    return Geometry(shape, tuple(wcs.ctype), tuple(wcs.crpix.tolist()), tuple(wcs.crval.tolist()), cd)


def plainly(ra, dec, frames):
    """Every galaxy in every frame, one by one."""
    best = np.full(len(ra), -1), np.full(len(ra), -np.inf)
    for number, frame in enumerate(frames):
        for row in range(len(ra)):
            x, y = frame.wcs().wcs_world2pix([[ra[row], dec[row]]], 0)[0]
            edge = min(x, frame.shape[1] - 1 - x, y, frame.shape[0] - 1 - y) + 0.5
            if edge >= 0 and edge > best[1][row]:
                best[0][row], best[1][row] = number, edge
    return best


@settings(max_examples=15, deadline=None)
@given(
    st.tuples(st.sampled_from([0.0, 359.995, 123.4]), st.sampled_from([0.0, 60.0, -89.98])),
    st.floats(0, 360),
    st.integers(0, 1000),
)
def test_it_finds_what_plain_search_finds(centre, angle, seed):
    rng = np.random.default_rng(seed)
    stretch = 1 / np.cos(np.radians(centre[1]))
    frames = [geometry((centre[0] + 0.01 * k * stretch) % 360, centre[1], angle) for k in range(4)]
    ra = (centre[0] + rng.uniform(-0.03, 0.06, 40) * stretch) % 360
    dec = np.clip(centre[1] + rng.uniform(-0.02, 0.02, 40), -90, 90)
    places = best_places(ra, dec, frames)
    field, edge = plainly(ra, dec, frames)
    np.testing.assert_array_equal(places.field, field)
    np.testing.assert_allclose(places.edge[places.found], edge[places.found], atol=1e-6)
    np.testing.assert_array_equal(places.found, field >= 0)


def test_pixels_are_those_of_the_frame():
    frames = [geometry(10.0, 1.0), geometry(10.01, 1.0)]
    ra, dec = frames[1].sky(np.array([100.0, 1e5]), np.array([70.0, 0.0]))
    places = best_places(np.append(ra, np.nan), np.append(dec, 1.0), frames)
    assert places.field.tolist() == [1, -1, -1]
    assert (places.x[0], places.y[0]) == pytest.approx((100, 70), abs=1e-6)
    assert np.isnan(places.x[1:]).all()


def test_without_positions():
    assert not best_places(np.array([np.nan]), np.array([0.0]), [geometry(10.0, 1.0)]).found.any()
