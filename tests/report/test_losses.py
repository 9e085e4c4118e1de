import numpy as np

from slipher.report.losses import constraint_terms, draw_losses
from slipher.report.style import Look

LOOK = Look("#0072B2", "o")


def history(terms=()):
    columns = {"epoch": np.arange(1.0, 5.0), "train_ce": np.arange(4.0)}
    for term in terms:
        columns |= {f"train_{term}": np.arange(4.0), f"train_{term}_weighted": np.arange(4.0) / 10}
        columns |= {f"validation_{term}": np.arange(4.0), f"validation_{term}_weighted": np.arange(4.0) / 10}
    return columns | {"train_total": np.arange(4.0), "validation_total": np.array([3.0, 1.0, 2.0, np.nan])}


def test_terms_are_those_with_a_weight():
    assert constraint_terms(history(["flux", "my_own-2"])) == ["flux", "my_own-2"]
    assert constraint_terms(history()) == []


def test_every_term_is_drawn_raw_and_weighted():
    figure = draw_losses([history(["flux", "cde"])], LOOK, "constrained")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["total", "flux, raw", "CDE loss, raw", "cross-entropy", "flux, weighted", "CDE loss, weighted"]
    assert all(len(axes.lines) == 2 for axes in figure.axes[1:3])
    assert np.allclose(figure.axes[4].lines[0].get_ydata(), np.arange(4) / 10)


def test_the_lowest_validation_total_is_marked_on_the_first_seed():
    total = draw_losses([history(), history()], LOOK, "two seeds").axes[0]
    assert len(total.lines) == 5
    assert total.lines[-1].get_xydata().tolist() == [[2.0, 1.0]]
