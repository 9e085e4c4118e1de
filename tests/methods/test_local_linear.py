import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

from slipher.density.scores import scores
from slipher.errors import InputError
from slipher.formats.tables import read_table
from slipher.methods.base import Job, Model, load, module
from slipher.methods.photometry.error_class import ERROR_CLASSES, error_class
from slipher.methods.photometry.features import features_of
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.redshift import Grid
from slipher.study.predict import predict
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

GRID = Grid(0.4, 80)
NAMES = ("local-linear", "beck")
USE = "a test needs"


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


@pytest.fixture
def spoiled(galaxies, tmp_path):
    """The same galaxies; three of those for training and two of those for testing lack a band, one has negative u."""
    flux, error = np.array(galaxies.flux), np.array(galaxies.flux_error)
    train, test = (np.flatnonzero(galaxies.split == part) for part in (0, 2))
    lacking = np.concatenate([train[:3], test[:2]])
    flux[lacking, 2], error[lacking, 2] = 0, np.inf
    flux[test[5], 0] = -0.5
    columns = {"id": galaxies.id, "redshift": galaxies.redshift, "ebv": galaxies.ebv, "split": galaxies.split}
    columns |= {"photometry/flux": flux, "photometry/flux_error": error}
    path = tmp_path / "spoiled.h5"
    with StoreWriter(path, galaxy_schema(len(flux), galaxies.bands, source="a test"), "spoiled") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return open_store(path)


def fitted(name, galaxies, **options):
    return module(name).fit(galaxies, Job(grid=GRID, options=options))


def features(galaxies):
    """As a method sees them that was fitted to the training galaxies of their store."""
    return features_of(galaxies, MagnitudeSystem.of(open_store(galaxies.path).train, USE), USE)


@pytest.mark.parametrize("name", NAMES)
def test_each_galaxy_is_fitted_as_scikit_learn_fits_its_neighbours(galaxies, name):
    train, query = features(galaxies.train), features(galaxies.test)
    scale = train.std(axis=0) if name == "local-linear" else 1.0
    nearest = NearestNeighbors(n_neighbors=50).fit(train / scale).kneighbors(query / scale, return_distance=False)
    redshift = galaxies.train.redshift
    columns = fitted(name, galaxies, neighbours=50).details(galaxies.test)
    for row, chosen in enumerate(nearest):
        x, z = train[chosen], redshift[chosen]
        left = z - LinearRegression().fit(x, z).predict(x)
        kept = np.abs(left) <= 3 * np.sqrt(np.mean(left**2))
        plane = LinearRegression().fit(x[kept], z[kept])
        assert columns["fit_z"][row] == pytest.approx(plane.predict(query[row : row + 1])[0], abs=1e-9)
        assert columns["fit_error"][row] == pytest.approx(np.std(z[kept] - plane.predict(x[kept])), abs=1e-9)
        assert columns["neighbours"][row] == kept.sum()
        assert columns["neighbours_z"][row] == pytest.approx(z[kept].mean())
        inside = ((query[row] >= x.min(axis=0)) & (query[row] <= x.max(axis=0))).all()
        assert (columns["error_class"][row] > 0) == inside


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("density", ["residuals", "gaussian"])
def test_redshifts_are_found_and_errors_are_honest(galaxies, name, density):
    predicted = fitted(name, galaxies, neighbours=60, density=density).predict(galaxies.test)
    pull = (predicted.mean() - galaxies.test.redshift) / predicted.std()
    assert np.abs(predicted.mean() - galaxies.test.redshift).mean() < 0.01
    assert 0.7 < np.std(pull) < 1.4


def test_both_densities_score_alike(galaxies):
    found = {
        density: scores(fitted("beck", galaxies, density=density).predict(galaxies.test), galaxies.test.redshift)
        for density in ("residuals", "gaussian")
    }
    assert found["residuals"]["crps"].value == pytest.approx(found["gaussian"]["crps"].value, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_model_is_the_same(galaxies, tmp_path, name):
    model = fitted(name, galaxies, density="gaussian")
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert isinstance(again, Model)
    assert again.name == name
    assert again.options == model.options
    assert np.array_equal(again.predict(galaxies.test).mass, model.predict(galaxies.test).mass)


def test_chunks_do_not_matter(galaxies, monkeypatch):
    model = fitted("beck", galaxies)
    whole = model.predict(galaxies.test).mass
    monkeypatch.setattr("slipher.methods.planes.neighbours.CHUNK", 7)
    assert np.allclose(model.predict(galaxies.test).mass, whole, atol=1e-12)


def test_a_galaxy_that_lacks_a_band_is_fitted_in_the_features_it_has(spoiled, capsys):
    model = fitted("beck", spoiled)
    assert "beck: 3 of 400 training galaxies lack a band" in capsys.readouterr().err
    density, columns = model.predict(spoiled.test), model.details(spoiled.test)
    assert np.array_equal(density.id, spoiled.test.id)
    train, query, redshift = features(spoiled.train), features(spoiled.test)[:2], spoiled.train.redshift
    known = [1, 4]  # without r there are u−g and i−z
    assert np.isfinite(query[:, known]).all()
    nearest = NearestNeighbors(n_neighbors=100).fit(train[:, known]).kneighbors(query[:, known])[1]
    for row, chosen in enumerate(nearest):
        x, z = train[chosen][:, known], redshift[chosen]
        left = z - LinearRegression().fit(x, z).predict(x)
        kept = np.abs(left) <= 3 * np.sqrt(np.mean(left**2))
        plane = LinearRegression().fit(x[kept], z[kept])
        assert columns["fit_z"][row] == pytest.approx(plane.predict(query[row : row + 1, known])[0], abs=1e-9)
    assert (np.abs(columns["error_class"][:2]) == 7).all()
    whole = fitted("beck", spoiled).predict(spoiled.test[2:]).mass
    assert np.allclose(density.mass[2:], whole, atol=1e-12)


def test_a_galaxy_of_which_nothing_is_known_gets_the_redshifts_of_the_training_sample(galaxies):
    model = fitted("beck", galaxies)
    nothing = np.full((1, 5), np.nan)
    assert model.among(np.zeros(5, bool)) is None
    assert np.isnan(model.estimate(nothing)[0]).all()
    assert np.allclose(model._by_what_is_known(nothing, model._mass, model.prior), model.prior)
    counts = np.histogram(galaxies.train.redshift, GRID.edges)[0]
    assert np.allclose(model.prior, counts / counts.sum(), atol=1e-4)


def test_a_negative_flux_has_a_magnitude(spoiled):
    columns = fitted("beck", spoiled).details(spoiled.test)
    assert np.isfinite(columns["fit_z"][5])
    assert columns["error_class"][5] < 0  # far from every neighbour


def test_error_classes_are_those_of_the_root_mean_square_error(spoiled):
    # nearly every galaxy has an error of 0.02 mag in each band: one magnitude and four colours
    expected = np.digitize(np.sqrt(9 / 5) * 1.0857 * 0.02, ERROR_CLASSES) + 1
    found = error_class(spoiled, MagnitudeSystem.of(spoiled.train, USE))
    assert np.bincount(found).argmax() == expected == 1
    assert (found[np.isinf(spoiled.flux_error).any(axis=1)] == 7).all()
    assert (found[spoiled.flux[:, 0] < 0] > 1).all()


def test_its_columns_stand_in_the_catalogue(spoiled, tmp_path):
    model = fitted("beck", spoiled)
    predict(model, spoiled.test, tmp_path / "p.hdf5", tmp_path / "p.csv")
    table, columns = read_table(tmp_path / "p.csv"), model.details(spoiled.test)
    assert np.array_equal(table["id"].values, spoiled.test.id)
    for name, values in columns.items():
        assert np.array_equal(table[name].values, values, equal_nan=True)


def test_no_galaxy_is_no_failure(galaxies):
    model = fitted("beck", galaxies)
    assert model.predict(galaxies[:0]).mass.shape == (0, GRID.bins)
    assert model.details(galaxies[:0])["fit_z"].shape == (0,)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k": 3}, "method beck has no option k; allowed: neighbours, scale, density"),
        ({"neighbours": 3}, "options.neighbours is 3, but a plane in 5 bands needs a whole number of at least 7"),
        ({"neighbours": "many"}, "options.neighbours is 'many'"),
        ({"scale": 2}, "options.scale is 2, but must be true or false"),
        ({"density": "box"}, "options.density is 'box', but must be one of residuals, gaussian"),
        ({"neighbours": 401}, "has at most 400 training galaxies .* but beck fits planes to 401"),
    ],
)
def test_what_it_cannot_use_is_refused(galaxies, options, said):
    with pytest.raises(InputError, match=said):
        fitted("beck", galaxies, **options)


def test_stores_that_do_not_suit_are_refused(galaxies, image_store):
    with pytest.raises(InputError, match="has bands g r i, but the model was fitted on u g r i z"):
        fitted("beck", galaxies).predict(open_store(image_store))
