import numpy as np

from slipher.report.redshifts import Points, draw_redshifts


def test_outliers_are_those_beyond_the_limit_and_all_are_drawn():
    redshift = np.array([0.1, 0.1, 0.2, 0.3])
    points = Points(redshift, redshift + np.array([0.0, 0.06, -0.05, 0.07]), 0.05)
    assert points.outlier.tolist() == [False, True, False, True]
    figure = draw_redshifts(points, "four")
    dots = figure.axes[0].collections[0].get_offsets()
    assert np.allclose(dots, np.column_stack([redshift, points.estimate])[points.outlier])


def test_limit_lines_follow_one_plus_z():
    redshift = np.linspace(0.01, 0.3, 50)
    points = Points(redshift, redshift, 0.15)
    _, lower, upper = (line.get_xydata() for line in draw_redshifts(points, "perfect").axes[0].lines)
    assert np.allclose(upper[:, 1] - upper[:, 0], 0.15 * (1 + upper[:, 0]))
    assert np.allclose(lower[:, 1] - lower[:, 0], -0.15 * (1 + lower[:, 0]))


def test_every_point_is_inside_the_axes():
    points = Points(np.array([0.05, 0.1]), np.array([0.39, 0.1]), 0.05)
    low, high = draw_redshifts(points, "far").axes[0].get_ylim()
    assert low <= 0.1 < 0.39 < high


def test_the_numbers_are_those_of_the_points():
    rng = np.random.default_rng(0)
    redshift = rng.uniform(0.02, 0.3, 500)
    points = Points(redshift, redshift + 0.02 * (1 + redshift), 0.05)
    text = draw_redshifts(points, "biased").axes[0].texts[0].get_text()
    assert "bias 20.00" in text
    assert "MAD 29.65" in text
    assert "0.00 % (0)" in text
