from unittest.mock import Mock

import numpy as np
import pytest

from slipher.redshift import Grid
from slipher.study.published import PUBLISHED, unlike
from slipher.survey.store import Galaxies


def galaxies(magnitude=17.0, bands="ugriz", pixel_scale=0.396, photometry=True):
    flux = np.full((100, len(bands)), 10 ** (0.4 * (22.5 - magnitude)), np.float32)
    known = {"bands": tuple(bands), "pixel_scale": pixel_scale, "flux": flux, "flux_error": 0.01 * flux}
    return Mock(spec=Galaxies, has=lambda part: photometry, **known)


@pytest.mark.parametrize("those", [{}, {"pixel_scale": None}, {"photometry": False}, {"magnitude": 17.7}])
def test_the_main_sample_is_like_itself(those):
    assert unlike(galaxies(**those), Grid(0.4, 180)) == ""


@pytest.mark.parametrize(
    ("those", "grid", "why"),
    [
        ({"bands": "ugrizy"}, Grid(0.4, 180), "bands u g r i z y, not u g r i z"),
        ({"bands": "griz"}, Grid(0.4, 180), "bands g r i z"),
        ({}, Grid(1.6, 200), "ends at 1.6, not at 0.4"),
        ({"pixel_scale": 0.168}, Grid(0.4, 180), "0.168 arcseconds, not 0.396"),
        ({"magnitude": 22.0}, Grid(0.4, 180), "only 0 % of these galaxies are brighter than r = 18.3"),
    ],
)
def test_other_galaxies_are_told_by_what_differs(those, grid, why):
    assert why in unlike(galaxies(**those), grid)


def test_galaxies_without_a_measured_r_do_not_count():
    some = galaxies()
    some.flux_error[:50, 2] = np.inf
    some.flux[:50, 2] = 0
    assert unlike(some, Grid(0.4, 180)) == ""


def test_every_published_row_names_its_source():
    assert all(row.source and row.metrics for row in PUBLISHED)
