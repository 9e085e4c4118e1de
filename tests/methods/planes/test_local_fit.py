import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.methods.planes.local_fit import LIMIT, fit_planes


def by_numpy(query, features, values, limit=LIMIT):
    """One galaxy at a time with numpy.linalg.lstsq."""
    found = []
    for x, near, z in zip(query, features, values, strict=True):
        design = np.column_stack([np.ones(len(near)), near])
        left = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
        kept = np.abs(left) <= limit * np.sqrt(np.mean(left**2))
        plane = np.linalg.lstsq(design[kept], z[kept], rcond=None)[0]
        left = z - design @ plane
        found.append((plane[0] + x @ plane[1:], np.sqrt(np.mean(left[kept] ** 2)), kept.sum(), z[kept].mean(), left))
    return [np.array(column) for column in zip(*found, strict=True)]


def galaxies(seed, count, neighbours, features, spread=1.0, tilt=0.0):
    """Neighbours around magnitudes of 17 with heavy-tailed noise; a tilt makes two features nearly one."""
    rng = np.random.default_rng(seed)
    near = 17 + rng.normal(size=(count, 1, features)) + spread * rng.normal(size=(count, neighbours, features))
    near[..., -1] = (1 - tilt) * near[..., -1] + tilt * near[..., 0]
    slope = rng.normal(0, 0.05, (count, features, 1))
    noise = 0.01 * spread * rng.standard_t(3, (count, neighbours))
    return near.mean(axis=1) + 0.3 * (near[:, 0] - near[:, 1]), near, (near @ slope)[..., 0] + noise


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 6),
    st.integers(12, 100),
    st.sampled_from([1.0, 0.1, 1e-3]),
    st.sampled_from([0.0, 0.9, 0.999]),
)
def test_every_galaxy_is_fitted_as_numpy_fits_it(seed, features, neighbours, spread, tilt):
    query, near, values = galaxies(seed, 20, neighbours, features, spread, tilt)
    value, error, count, mean, left = by_numpy(query, near, values)
    planes = fit_planes(query, near, values)
    ok = planes.fitted
    assert np.array_equal(planes.count, count)
    assert np.allclose(planes.mean, mean, atol=1e-12)
    assert np.allclose(planes.value[ok], value[ok], atol=1e-8 * spread)
    assert np.allclose(planes.error[ok], error[ok], atol=1e-8 * spread)
    assert np.allclose(planes.residual[ok], left[ok], atol=1e-8 * spread)


def test_directions_that_are_hardly_spanned_are_solved_from_the_design_itself():
    query, near, values = galaxies(1, 30, 60, 5, tilt=1 - 1e-7)
    value, error, count, _, _ = by_numpy(query, near, values)
    planes = fit_planes(query, near, values)
    assert np.array_equal(planes.count, count)
    assert planes.fitted.all()
    assert np.allclose(planes.error, error, rtol=1e-6)
    assert np.allclose(planes.value, value, atol=1e-6)


def test_a_plane_is_found_exactly_and_beyond_the_neighbours_too():
    rng = np.random.default_rng(0)
    x, slope = rng.normal(size=(7, 30, 4)), np.array([0.1, -0.2, 0.3, 0.05])
    query = rng.normal(size=(7, 4))
    planes = fit_planes(query, x, 0.2 + x @ slope)
    assert planes.fitted.all()
    assert np.allclose(planes.value, 0.2 + query @ slope)
    assert np.allclose(planes.error, 0, atol=1e-12)


def test_one_outlier_is_left_out_once():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1, 60, 3))
    z = 0.1 + x @ np.array([0.01, 0.02, -0.01]) + 1e-4 * rng.uniform(-1, 1, (1, 60))
    z[0, 7] += 1.0
    planes = fit_planes(np.zeros((1, 3)), x, z)
    assert planes.count[0] == 59
    assert planes.value[0] == pytest.approx(0.1, abs=1e-4)
    assert planes.error[0] < 1e-4
    assert planes.residual[0, 7] == pytest.approx(1.0, abs=1e-3)
    everyone = fit_planes(np.zeros((1, 3)), x, z, limit=100.0)
    assert everyone.count[0] == 60
    assert everyone.error[0] > 0.1


@pytest.mark.parametrize("flat", [np.ones((1, 10, 3)), np.arange(10.0)[None, :, None] * np.ones(3)])
def test_neighbours_that_span_no_plane_give_their_mean(flat):
    z = np.linspace(0.1, 0.2, 10)[None]
    planes = fit_planes(np.full((1, 3), 2.0), flat, z)
    assert not planes.fitted[0]
    assert planes.value[0] == pytest.approx(0.15)
    assert planes.error[0] == pytest.approx(z.std())
    assert np.allclose(planes.residual, z - 0.15)


def test_a_plane_carried_too_far_gives_way_to_the_mean():
    x = np.linspace(0, 1, 20)[None, :, None] * np.ones(1)
    z = 0.1 + 0.1 * x[..., 0]
    near, far = fit_planes(np.array([[1.9]]), x, z), fit_planes(np.array([[2.1]]), x, z)
    assert near.fitted[0]
    assert near.value[0] == pytest.approx(0.29)
    assert not far.fitted[0]
    assert far.value[0] == pytest.approx(0.15)


def test_no_galaxy_is_no_failure():
    planes = fit_planes(np.zeros((0, 3)), np.zeros((0, 10, 3)), np.zeros((0, 10)))
    assert planes.value.shape == (0,)
