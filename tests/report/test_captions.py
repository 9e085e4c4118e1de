import pytest

from slipher.report import captions


@pytest.mark.parametrize(
    ("first", "group", "expected"),
    [
        (1, "baseline", "Figure 1 of the paper."),
        (4, "augmented", "Figure 5 of the paper."),
        (10, "constrained", "Figure 12 of the paper."),
        (7, "trainz", "As Figures 7–9 of the paper."),
    ],
)
def test_figures_carry_the_papers_numbers(first, group, expected):
    assert captions.paper_figure(first, group) == expected


@pytest.mark.parametrize(
    ("reached", "words"),
    [(0, "None of the bars reaches"), (1, "One bar reaches"), (5, "5 of the bars reach"), (12, "All bars reach")],
)
def test_bars_that_reach_the_truth_are_counted_in_words(reached, words):
    assert words in captions.errorbars("baseline", 0.05, 12, reached)


def test_no_outlier_is_said():
    assert "no outlier" in captions.errorbars("baseline", 0.15, 0, 0)
