import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from slipher.methods.photometry.completion import Completion


@pytest.fixture
def magnitudes():
    rng = np.random.default_rng(2)
    return 18 + rng.normal(size=(500, 1)) + rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) * 0.3


def test_missing_bands_are_what_linear_regression_says(magnitudes):
    completion = Completion.of(magnitudes)
    query, error = magnitudes[:6].copy(), np.full((6, 4), 0.01)
    query[:3, 1] = np.nan
    query[4, [0, 3]] = np.nan
    filled, filled_error = completion.fill(query, error)
    for rows, missing in ((slice(0, 3), [1]), (slice(4, 5), [0, 3])):
        known = [band for band in range(4) if band not in missing]
        line = LinearRegression().fit(magnitudes[:, known], magnitudes[:, missing])
        assert np.allclose(filled[rows][:, missing], line.predict(query[rows][:, known]))
        left = magnitudes[:, missing] - line.predict(magnitudes[:, known])
        assert np.allclose(filled_error[rows][:, missing], left.std(axis=0))
    kept = np.isfinite(query)
    assert np.array_equal(filled[kept], query[kept])
    assert (filled_error[kept] == 0.01).all()


def test_without_any_band_it_is_the_mean_galaxy(magnitudes):
    completion = Completion.of(np.vstack([magnitudes, np.full((1, 4), np.nan)]))
    filled, error = completion.fill(np.full((1, 4), np.nan), np.full((1, 4), np.nan))
    assert np.allclose(filled[0], magnitudes.mean(axis=0))
    assert np.allclose(error[0], magnitudes.std(axis=0))


def test_whitened_magnitudes_are_uncorrelated(magnitudes):
    white = Completion.of(magnitudes).whitened(magnitudes)
    assert np.allclose(np.cov(white, rowvar=False, bias=True), np.eye(4), atol=1e-8)
    assert np.allclose(white.mean(axis=0), 0, atol=1e-10)


def test_bands_that_are_one_do_no_harm(magnitudes):
    twice = np.column_stack([magnitudes, magnitudes[:, 0]])
    completion = Completion.of(twice)
    assert np.isfinite(completion.whitened(twice)).all()
    query = twice[:1].copy()
    query[0, 4] = np.nan
    filled, error = completion.fill(query, np.zeros((1, 5)))
    assert filled[0, 4] == pytest.approx(twice[0, 0], abs=1e-6)
    assert error[0, 4] < 1e-4


def test_a_single_band_will_do():
    completion = Completion.of(np.random.default_rng(0).normal(20, 2, (50, 1)))
    assert completion.whitening.shape == (1, 1)
