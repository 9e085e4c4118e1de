import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

from slipher.errors import InputError
from slipher.methods.base import Job, load
from slipher.methods.features import magnitude_and_colours
from slipher.methods.local_linear import fit, gaussian_mass, local_fit
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.redshift import Grid
from slipher.survey.store import open_store

GRID = Grid(0.4, 80)


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


def features(galaxies):
    return magnitude_and_colours(galaxies.flux, galaxies.flux_error, galaxies.ebv, galaxies.bands)


def test_each_galaxy_is_fitted_as_scikit_learn_fits_its_neighbours(galaxies):
    model = fit(galaxies, Job(grid=GRID, options={"neighbours": 50}))
    train, query = features(galaxies.train), features(galaxies.test)[:40]
    scale = train.std(axis=0)
    nearest = NearestNeighbors(n_neighbors=50).fit(train / scale).kneighbors(query / scale, return_distance=False)
    redshift = galaxies.train.redshift
    estimate, error = model.estimate(query)
    for row, chosen in enumerate(nearest):
        plane = LinearRegression().fit(train[chosen], redshift[chosen])
        left = redshift[chosen] - plane.predict(train[chosen])
        assert estimate[row] == pytest.approx(plane.predict(query[row : row + 1])[0], abs=1e-9)
        assert error[row] == pytest.approx(np.sqrt(np.mean(left**2)), abs=1e-9)


def test_a_plane_is_found_exactly():
    rng = np.random.default_rng(0)
    x, slope = rng.normal(size=(7, 30, 4)), np.array([0.1, -0.2, 0.3, 0.05])
    query = rng.normal(size=(7, 4))
    estimate, error = local_fit(query, x, 0.2 + x @ slope)
    assert np.allclose(estimate, 0.2 + query @ slope)
    assert np.allclose(error, 0, atol=1e-12)


def test_neighbours_that_are_all_alike_are_no_failure():
    estimate, error = local_fit(np.ones((1, 3)), np.ones((1, 10, 3)), np.linspace(0.1, 0.2, 10)[None])
    assert estimate[0] == pytest.approx(0.15)
    assert error[0] == pytest.approx(np.linspace(0.1, 0.2, 10).std())


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.35), st.floats(0.004, 0.1))
def test_the_density_is_the_gaussian_on_the_grid(mean, sigma):
    mass = gaussian_mass(np.array([mean]), np.array([sigma]), GRID)[0]
    expected = np.diff(norm.cdf(GRID.edges, mean, sigma))
    expected = np.maximum(expected / expected.sum(), 1e-6)
    assert np.allclose(mass, expected / expected.sum(), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.floats(0, 1))
def test_any_estimate_gives_a_density(mean, sigma):
    mass = gaussian_mass(np.array([mean]), np.array([sigma]), GRID)[0]
    assert mass.sum() == pytest.approx(1)
    assert mass.min() > 0.9e-6


def test_features_are_dereddened_asinh_magnitudes_and_their_differences():
    flux = np.full((1, 5), 1e3)
    plain = magnitude_and_colours(flux, flux * 0.01, np.zeros(1), "ugriz")
    assert np.allclose(plain[0], [22.5 - 7.5, 0, 0, 0, 0], atol=1e-3)
    dusty = magnitude_and_colours(flux, flux * 0.01, np.full(1, 0.1), "ugriz")
    k = np.array([EXTINCTION_PER_EBV[band] for band in "ugriz"])
    assert np.allclose(dusty - plain, [[-0.1 * k[2], *(-0.1 * (k[:-1] - k[1:]))]], atol=1e-3)
    unknown = magnitude_and_colours(flux, flux * 0.01, np.full(1, np.nan), "ugriz")
    assert np.array_equal(unknown, plain)


def test_redshifts_are_found_and_errors_are_honest(galaxies):
    density = fit(galaxies, Job(grid=GRID, options={"neighbours": 60})).predict(galaxies.test)
    pull = (density.mean() - galaxies.test.redshift) / density.std()
    assert np.abs(density.mean() - galaxies.test.redshift).mean() < 0.01
    assert 0.7 < np.std(pull) < 1.4


def test_a_saved_model_is_the_same(galaxies, tmp_path):
    model = fit(galaxies, Job(grid=GRID))
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert np.array_equal(again.predict(galaxies.test).mass, model.predict(galaxies.test).mass)


def test_what_it_cannot_use_is_refused(galaxies, image_store):
    with pytest.raises(InputError, match="no option k; allowed: neighbours"):
        fit(galaxies, Job(grid=GRID, options={"k": 3}))
    with pytest.raises(InputError, match="needs at least 7 neighbours"):
        fit(galaxies, Job(grid=GRID, options={"neighbours": 3}))
    with pytest.raises(InputError, match="has bands gri, but the model was fitted on ugriz"):
        fit(galaxies, Job(grid=GRID)).predict(open_store(image_store))
