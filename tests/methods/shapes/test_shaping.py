import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from slipher.methods.shapes.shaping import nearest_density, sharpened, without_bumps


def expansion(seed, rows=6, bins=12):
    """Rows of sum 1, some of it negative."""
    drawn = np.random.default_rng(seed).normal(0.1, 0.4, (rows, bins))
    return drawn + (1 - drawn.sum(axis=1, keepdims=True)) / bins


def test_the_nearest_density_is_the_nearest():
    mass = expansion(1)
    for row, found in zip(mass, nearest_density(mass), strict=True):
        sums = {"type": "eq", "fun": lambda p: p.sum() - 1}
        best = minimize(
            lambda p, row=row: np.sum((p - row) ** 2),
            np.full(12, 1 / 12),
            bounds=[(0, None)] * 12,
            constraints=sums,
            method="SLSQP",
            options={"ftol": 1e-14},
        )
        assert np.allclose(found, best.x, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_it_never_goes_away_from_any_density(seed):
    mass = expansion(seed)
    true = np.random.default_rng(seed + 1).dirichlet(np.full(12, 0.3), len(mass))
    found = nearest_density(mass)
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 1)
    assert (np.square(found - true).sum(axis=1) <= np.square(mass - true).sum(axis=1) + 1e-12).all()


def test_a_density_is_its_own_nearest():
    mass = np.random.default_rng(0).dirichlet(np.ones(9), 4)
    assert np.allclose(nearest_density(mass), mass)


def test_small_bumps_go_and_the_largest_stays():
    mass = np.array(
        [
            [0.1, 0.0, 0.3, 0.3, 0.0, 0.0, 0.25, 0.05],
            [0.02, 0.0, 0.03, 0.0, 0.9, 0.0, 0.02, 0.03],
            [0.2, 0.0, 0.3, 0.0, 0.2, 0.0, 0.3, 0.0],
        ]
    )
    found = without_bumps(mass, 0.2)
    assert np.allclose(found[0], np.array([0, 0, 0.3, 0.3, 0, 0, 0.25, 0.05]) / 0.9)
    assert np.allclose(found[1], [0, 0, 0, 0, 1, 0, 0, 0])
    assert np.allclose(found[2], mass[2])
    assert np.allclose(without_bumps(mass, 0.9)[2], [0, 0, 0.5, 0, 0, 0, 0.5, 0])
    assert np.array_equal(without_bumps(mass, 0.0), mass)
    assert without_bumps(mass[:0], 0.2).shape == (0, 8)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_a_power_of_a_gaussian_is_a_gaussian_of_another_width(power):
    z = np.linspace(-1, 1, 401)
    mass = np.exp(-0.5 * (z / 0.1) ** 2)[None]
    found = sharpened(mass / mass.sum(), power)[0]
    assert np.sqrt(found @ z**2) == pytest.approx(0.1 / np.sqrt(power), rel=1e-3)


def test_no_power_loses_a_row():
    tiny = np.full((1, 180), 1e-300)
    assert np.allclose(sharpened(tiny, 2.5), 1 / 180)
