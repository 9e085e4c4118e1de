import numpy as np
import pytest

from slipher.report.comparison import draw_comparison
from slipher.report.style import looks

GROUPS = ["baseline", "other", "trainz"]


def row(group, mad):
    return {"group": group, "metrics": {"mad": {"mean": mad, "spread": None, "low": 0.9 * mad, "high": 1.1 * mad}}}


def difference(group, value):
    shared = {"group": group, "against": "baseline", "metric": "mad"}
    return shared | {"difference": value, "low": value - 1e-3, "high": value + 1e-3}


def figure():
    rows = [row("baseline", 0.010), row("other", 0.012), row("trainz", 0.2)]
    compared = [difference("other", 0.002), difference("trainz", 0.19)]
    return draw_comparison(rows, compared, looks(GROUPS), frozenset({"trainz"}))


def test_values_above_and_differences_below_in_the_units_of_the_table():
    above, below = figure().axes
    assert [line.get_xdata()[0] for line in above.lines if line.get_marker() != "None"] == [10.0, 12.0]
    assert [label.get_text() for label in below.get_yticklabels()] == ["other − baseline", "trainz − baseline"]


def test_a_value_far_off_is_written_at_the_edge():
    above, below = figure().axes
    assert [text.get_text() for text in above.texts] == ["200.0 →"]
    assert above.get_xlim()[1] < 20
    assert below.get_xlim()[0] < 0 < below.get_xlim()[1]


def test_a_reference_that_fits_stays_on_scale():
    drawn = draw_comparison([row("baseline", 0.010), row("trainz", 0.0105)], [], looks(GROUPS), frozenset({"trainz"}))
    assert len(drawn.axes) == 1
    assert not drawn.axes[0].texts


def test_missing_and_infinite_values_are_left_out():
    rows = [row("baseline", 0.01), {"group": "other", "metrics": {"mad": {"mean": None, "low": None, "high": None}}}]
    compared = [difference("other", 0.0) | {"difference": None, "low": None, "high": None}]
    axes = draw_comparison(rows, compared, looks(GROUPS)).axes
    assert np.isfinite(axes[0].get_xlim()).all()
    assert len(axes[1].lines) == 1


def test_the_difference_of_a_bias_is_that_of_its_size():
    rows = [{"group": group, "metrics": {"bias": {"mean": 0.001, "low": 0.0, "high": 0.002}}} for group in GROUPS[:2]]
    labels = [
        draw_comparison(rows, [difference("other", 0.0) | {"metric": "bias"}], looks(GROUPS)).axes[1].get_xlabel()
    ]
    assert [*labels, figure().axes[1].get_xlabel()] == ["difference of |bias|", "difference"]


def pit_row(group, value):
    expected = {"low": None, "high": None, "expected_low": 0.012, "expected_high": 0.038, "p": 0.5}
    return {"group": group, "metrics": {"pit_ks": {"mean": value, "spread": None} | expected}}


def test_a_pit_distance_has_the_band_of_calibrated_densities_in_sight():
    axes = draw_comparison([pit_row("baseline", 0.2), pit_row("other", 0.21)], [], looks(GROUPS)).axes[0]
    (band,) = axes.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((12, 38))
    assert axes.get_xlim()[0] < 12


@pytest.mark.parametrize(("p", "hollow"), [(0.2, True), (0.01, False)])
def test_pit_distances_that_do_not_differ_are_hollow(p, hollow):
    rows = [pit_row("baseline", 0.02), pit_row("other", 0.03)]
    compared = {
        "group": "other",
        "against": "baseline",
        "metric": "pit_ks",
        "difference": 0.01,
        "low": None,
        "high": None,
        "p": p,
    }
    (marker,) = [
        line for line in draw_comparison(rows, [compared], looks(GROUPS)).axes[1].lines if line.get_marker() == "s"
    ]
    assert (marker.get_markerfacecolor() == "white") == hollow
