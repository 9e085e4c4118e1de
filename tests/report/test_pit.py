import numpy as np

from slipher.report.pit import bin_count, binomial_band, draw_pit
from slipher.report.style import Look


def test_the_band_holds_ninety_five_percent_of_the_bins_of_calibrated_densities():
    rng = np.random.default_rng(0)
    counts = rng.multinomial(1500, np.full(30, 1 / 30), size=2000)
    low, high = binomial_band(1500, 30)
    heights = counts * 30 / 1500
    inside = np.mean((heights >= low) & (heights <= high))
    assert 0.94 < inside < 0.975


def test_bins_grow_with_the_sample_within_limits():
    assert [bin_count(n) for n in (10, 1500, 120_000)] == [10, 30, 50]


def test_the_figure_shows_the_histogram_and_every_seed():
    rng = np.random.default_rng(1)
    figure = draw_pit(rng.random(1000), [rng.random(1000)], Look("#0072B2", "o"), "calibrated")
    axes = figure.axes[0]
    heights = axes.patches[0].get_data().values
    assert np.isclose(heights.mean(), 1)
    assert len([patch for patch in axes.patches if hasattr(patch, "get_data")]) == 3
    assert "KS = 0.0" in axes.texts[0].get_text()
