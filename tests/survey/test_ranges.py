"""What values are like, and whether they may be so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipher.survey.ranges import RULES, Summary, summarise


@settings(max_examples=150, deadline=None)
@given(arrays.arrays(np.float16, st.integers(1, 12), elements=st.floats(width=16)))
def test_half_precision_is_summarised_as_numpy_would(values):
    summary, finite = summarise("images", values), np.isfinite(values)
    assert (summary.count, summary.finite, summary.broken) == (len(values), finite.sum(), (~finite).sum())
    if finite.any():
        assert (summary.low, summary.high) == (values[finite].min(), values[finite].max())
    else:
        assert (summary.low, summary.high) == (np.inf, -np.inf)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("redshift", [0.1, -0.005, np.nan], [-0.02, 20.1, np.inf]),
        ("ebv", [0, 2.5, np.nan], [-1e-6, 10.1, np.inf]),
        ("photometry/flux_error", [0.1, np.inf], [0, -1, np.nan]),
        ("photometry/flux", [-1, 0, 5], [np.nan, np.inf, 1e12]),
        ("sky/sigma", [0, 1, np.nan], [-1, np.inf]),
        ("spectrum/ivar", [0, 3], [-1, np.nan, np.inf]),
        ("catalogue/ra", [-180, -0.1, 0, 360, np.nan], [-180.1, 360.1]),
        ("catalogue/dec", [-90, 90, np.nan], [-90.1, 91]),
        ("catalogue/anything", [np.nan, np.inf, -5], []),
    ],
)
def test_each_rule(name, good, bad):
    assert summarise(name, np.array(good, np.float64)).broken == 0
    for value in bad:
        assert summarise(name, np.array([*good, value], np.float64)).broken == 1


@pytest.mark.parametrize("name", RULES)
def test_parts_add_up(name):
    values = np.array([0.5, 1.0, np.nan, 2.0, -np.inf, 0.25], np.float32)
    whole = summarise(name, values)
    assert summarise(name, values[:2]) + summarise(name, values[2:]) == whole
    assert whole + Summary() == whole


def test_whole_numbers():
    assert summarise("split", np.array([0, 1, 2, 3], np.uint8)) == Summary(4, 4, 1, 0, 3)
    assert summarise("split", np.array([], np.uint8)) == Summary()
