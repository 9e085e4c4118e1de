import math

import pytest

from slipher.density.scores import METRICS as SCORED
from slipher.report.metrics import METRICS, decimals, metric, number


def test_the_table_shows_metrics_that_are_computed():
    assert {entry.key for entry in METRICS} <= set(SCORED)


@pytest.mark.parametrize(
    ("half_widths", "digits"),
    [([0.12], 2), ([0.4], 1), ([1.2], 1), ([5.0], 0), ([120.0], 0), ([1e-9], 4), ([], 2), ([0.0, math.nan], 2)],
)
def test_digits_follow_the_uncertainty(half_widths, digits):
    assert decimals(half_widths) == digits


def test_one_wide_interval_does_not_coarsen_a_column():
    assert decimals([0.12, 0.12, 30.0]) == 2


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert number(-1.25, 1) == "−1.2"
    assert number(-0.001, 1) == "0.0"
    assert number(0.5, 1, signed=True) == "+0.5"
    assert number(None, 1) == number(math.inf, 1) == "–"


def test_an_unknown_metric_is_shown_as_it_is():
    assert metric("mine").label == "mine"
