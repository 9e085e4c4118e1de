"""What photometric methods look at, where bands are missing and where they are another survey's."""

import numpy as np
import pytest

from slipher.methods.photometry.features import is_r, magnitude_and_colours, reference_band, spread

BANDS = tuple("ugriz")


def test_only_what_needs_the_missing_band_is_unknown():
    magnitudes = np.array([[20.0, 19.0, 18.5, 18.25, 18.0]] * 3)
    magnitudes[1, 0] = magnitudes[2, 2] = np.nan
    expected = np.array([[18.5, 1.0, 0.5, 0.25, 0.25]] * 3)
    expected[1, 1] = expected[2, 0] = expected[2, 2] = expected[2, 3] = np.nan
    np.testing.assert_array_equal(magnitude_and_colours(magnitudes, BANDS), expected)


def test_the_reference_is_r_of_any_survey_or_the_middle():
    assert reference_band(BANDS) == 2
    assert reference_band(("lsst2016-g", "lsst2016-r", "lsst2016-i")) == 1
    assert reference_band(("Y", "J", "H")) == 1
    assert reference_band(("F814W",)) == 0
    assert not is_r("hsc-r2")


def test_the_spread_is_of_what_is_known():
    rng = np.random.default_rng(0)
    features = rng.normal(3, [1, 5, 1, 0], (400, 4))
    features[rng.random(400) < 0.3, 1] = np.nan
    features[:, 2] = np.nan
    mean, deviation = spread(features)
    assert mean == pytest.approx([features[:, 0].mean(), np.nanmean(features[:, 1]), 0, 3])
    assert deviation == pytest.approx([features[:, 0].std(), np.nanstd(features[:, 1]), 1, 1e-6])
