import json

import numpy as np
import pytest

from slipher.density.scores import scores
from slipher.errors import InputError
from slipher.methods import neural, trainz
from slipher.methods.base import Job, Model, load
from slipher.methods.file import read_model, write_model
from slipher.methods.flexcode import fit
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.config import TrainingConfig

GRID = Grid(0.4, 80)
KNN = {"regressor": "KNeighborsRegressor", "regressor_options": {"n_neighbors": 15}, "basis": 20}


@pytest.fixture(scope="module")
def galaxies(catalogue_store):
    return open_store(catalogue_store)


@pytest.fixture(scope="module")
def model(galaxies):
    return fit(galaxies, Job(grid=GRID))


@pytest.fixture(scope="module")
def network(galaxies, tmp_path_factory):
    """The file of a small network on colours."""
    training = TrainingConfig(epochs=3, batch_size=32)
    job = Job(grid=GRID, network=NetworkConfig("colours"), training=training, progress=False)
    path = tmp_path_factory.mktemp("network") / "model.safetensors"
    neural.fit(galaxies, job).save(path)
    return path


def test_densities_are_calibrated_and_far_better_than_knowing_nothing(galaxies, model):
    density = model.predict(galaxies.test)
    assert np.array_equal(density.id, galaxies.test.id)
    assert density.mass.min() > 0.9e-6
    found = scores(density)
    floor = scores(trainz.fit(galaxies, Job(grid=GRID)).predict(galaxies.test))
    assert found["crps"].value < floor["crps"].value / 2.5
    assert found["cde_loss"].value < floor["cde_loss"].value - 5
    assert 0.5 < found["coverage_68"].value < 0.85


def test_a_galaxy_without_bands_gets_the_training_sample_and_one_that_lacks_some_is_flagged(galaxies, model, tmp_path):
    part = galaxies.test[:4]
    flux, error = np.array(part.flux), np.array(part.flux_error)
    flux[0], error[0] = 0, np.inf
    flux[1, 0], error[1, 0] = 0, np.inf
    flux[2, 0] = -0.5
    columns = {"id": part.id, "redshift": part.redshift, "ebv": part.ebv, "split": part.split}
    columns |= {"photometry/flux": flux, "photometry/flux_error": error}
    with StoreWriter(tmp_path / "s.h5", galaxy_schema(4, part.bands, source="a test"), "spoiled") as writer:
        writer.write(0, columns)
        writer.finish()
    spoiled = open_store(tmp_path / "s.h5")
    density = model.predict(spoiled)
    assert np.allclose(density.mass[0], model.prior)
    assert np.abs(density.mean()[1] - part.redshift[1]) < 0.06
    assert np.allclose(density.mass[3], model.predict(part).mass[3])
    flags = model.details(spoiled)["error_class"]
    assert flags[:2].tolist() == [0, 7]
    assert 1 <= flags[3] < 7


@pytest.mark.parametrize("options", [{}, KNN, {"regressor": "MLPRegressor", "regressor_options": {"max_iter": 10}}])
def test_a_saved_model_is_the_same_though_it_is_fitted_again(galaxies, tmp_path, options):
    models = [fit(galaxies, Job(grid=GRID, seed=1, options=options)) for _ in range(2)]
    paths = [tmp_path / name for name in ("one", "two")]
    for each, path in zip(models, paths, strict=True):
        each.save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    again = load(paths[0], GRID)
    assert isinstance(again, Model)
    assert again.shape == models[0].shape
    assert np.array_equal(again.predict(galaxies.test).mass, models[0].predict(galaxies.test).mass)
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == paths[0].read_bytes()


def test_seeds_differ(galaxies, model):
    other = fit(galaxies, Job(grid=GRID, seed=1))
    assert not np.array_equal(other.predict(galaxies.test).mass, model.predict(galaxies.test).mass)


def test_a_regressor_that_comes_out_otherwise_is_refused(galaxies, tmp_path):
    fit(galaxies, Job(grid=GRID, options=KNN)).save(tmp_path / "model")
    file = read_model(tmp_path / "model")
    assert "pickle" not in json.dumps(file.header)
    write_model(tmp_path / "model", file.header, {**file.tensors, "witness": file.tensors["witness"] + 1e-3})
    with pytest.raises(InputError, match="KNeighborsRegressor of this scikit-learn, fitted again, is not the one"):
        load(tmp_path / "model").predict(galaxies.test)


def test_a_regressor_of_one_target_is_fitted_to_each(galaxies):
    options = {"regressor": "HistGradientBoostingRegressor", "regressor_options": {"max_iter": 15}, "basis": 8}
    found = scores(fit(galaxies, Job(grid=GRID, options=options)).predict(galaxies.test))
    assert found["crps"].value < 0.02


def test_it_works_on_what_a_network_sees_and_takes_the_network_along(galaxies, network, tmp_path):
    options = {**KNN, "on": network.name}
    model = fit(galaxies, Job(grid=GRID, options=options, base=network.parent))
    assert model.expansion.features.shape == (len(galaxies.train), 256)
    expected = model.predict(galaxies.test)
    assert scores(expected)["crps"].value < 0.02
    model.save(tmp_path / "model.safetensors")
    assert np.array_equal(load(tmp_path / "model.safetensors").predict(galaxies.test).mass, expected.mass)
    assert model.details(galaxies.test) == {}
    assert model.predict(galaxies.test[:0]).mass.shape == (0, 80)


def test_only_a_network_has_an_embedding(galaxies, tmp_path):
    trainz.fit(galaxies, Job(grid=GRID)).save(tmp_path / "trainz.safetensors")
    options = {"on": str(tmp_path / "trainz.safetensors")}
    with pytest.raises(InputError, match="is a model of method trainz, which has no layers"):
        fit(galaxies, Job(grid=GRID, options=options))


def test_no_galaxy_is_no_failure(galaxies, model):
    assert model.predict(galaxies[:0]).mass.shape == (0, 80)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trees": 3}, "method flexcode has no option trees; allowed: on, regressor, regressor_options, basis"),
        ({"basis": 0}, "options.basis is 0"),
        ({"regressor": 3}, "options.regressor is 3, but must be a name"),
        ({"regressor": "Forest"}, "options.regressor is 'Forest', but scikit-learn has no such regressor"),
        ({"regressor": "ExtraTreesClassifier"}, "scikit-learn has no such regressor"),
        ({"regressor_options": 3}, "options.regressor_options is 3, but must be names and values"),
        (
            {"regressor_options": {"leaves": 3}},
            "options.regressor_options holds leaves, which ExtraTreesRegressor does",
        ),
        ({"regressor_options": {"n_estimators": -1}}, "ExtraTreesRegressor cannot be fitted .*n_estimators"),
        (KNN | {"regressor_options": {"n_neighbors": None}}, "KNeighborsRegressor cannot be fitted"),
        ({"on": "nothing.safetensors"}, "nothing.safetensors does not exist"),
    ],
)
def test_what_it_cannot_use_is_refused(galaxies, options, said):
    with pytest.raises(InputError, match=said):
        fit(galaxies, Job(grid=GRID, options=options))
