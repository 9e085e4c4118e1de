"""What photometric methods look at, where bands are missing and where they are another survey's."""

import numpy as np
import pytest

from slipher.methods.photometry.features import is_r, magnitude_and_colours, measured_bands, reference_band, spread

BANDS = tuple("ugriz")


def test_only_what_needs_the_missing_band_is_unknown():
    flux, error = np.full((3, 5), 10.0), np.full((3, 5), 0.1)
    flux[1, 0], error[1, 0] = 0, np.inf
    flux[2, 2], error[2, 2] = 0, np.inf
    features = magnitude_and_colours(flux, error, np.zeros(3), BANDS)
    assert np.isfinite(features[0]).all()
    assert np.isfinite(features[1]).tolist() == [True, False, True, True, True]
    assert np.isfinite(features[2]).tolist() == [False, True, False, False, True]
    np.testing.assert_array_equal(features[1, 2:], features[0, 2:])


def test_a_faint_or_negative_flux_is_not_a_missing_one():
    assert measured_bands(np.array([[0.0, -1.0, np.nan]]), np.array([[0.1, 0.1, 0.1]])).tolist() == [
        [True, True, False]
    ]


def test_the_reference_is_r_of_any_survey_or_the_middle():
    assert reference_band(BANDS) == 2
    assert reference_band(("lsst2016-g", "lsst2016-r", "lsst2016-i")) == 1
    assert reference_band(("Y", "J", "H")) == 1
    assert reference_band(("F814W",)) == 0
    assert not is_r("hsc-r2")


def test_without_dust_no_filter_is_needed():
    features = magnitude_and_colours(np.full((2, 2), 10.0), np.full((2, 2), 0.1), np.array([0.0, np.nan]), ("A", "B"))
    assert features[:, 1] == pytest.approx(0)


def test_the_spread_is_of_what_is_known():
    rng = np.random.default_rng(0)
    features = rng.normal(3, [1, 5, 1, 0], (400, 4))
    features[rng.random(400) < 0.3, 1] = np.nan
    features[:, 2] = np.nan
    mean, deviation = spread(features)
    assert mean == pytest.approx([features[:, 0].mean(), np.nanmean(features[:, 1]), 0, 3])
    assert deviation == pytest.approx([features[:, 0].std(), np.nanstd(features[:, 1]), 1, 1e-6])
