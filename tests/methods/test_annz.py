import numpy as np
import pytest
import torch

from slipher.density.scores import scores
from slipher.errors import InputError
from slipher.methods import trainz
from slipher.methods.annz import fit, unexplained
from slipher.methods.base import Job, Model, load
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

GRID = Grid(0.4, 80)
QUICK = {"members": 3, "iterations": 150}


@pytest.fixture(scope="module")
def galaxies(catalogue_store):
    return open_store(catalogue_store)


@pytest.fixture(scope="module")
def model(galaxies):
    return fit(galaxies, Job(grid=GRID, options=QUICK))


@pytest.fixture(scope="module")
def spoiled(galaxies, tmp_path_factory):
    """The same galaxies; two of those for testing lack a band, one lacks all, one has a negative flux."""
    flux, error = np.array(galaxies.flux), np.array(galaxies.flux_error)
    test = np.flatnonzero(galaxies.split == 2)
    flux[test[:2], 2], error[test[:2], 2] = 0, np.inf
    flux[test[2]], error[test[2]] = 0, np.inf
    flux[test[3], 0] = -0.5
    columns = {"id": galaxies.id, "redshift": galaxies.redshift, "ebv": galaxies.ebv, "split": galaxies.split}
    columns |= {"photometry/flux": flux, "photometry/flux_error": error}
    path = tmp_path_factory.mktemp("spoiled") / "spoiled.h5"
    with StoreWriter(path, galaxy_schema(len(flux), galaxies.bands, source="a test"), "spoiled") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return open_store(path)


def test_redshifts_are_found_and_errors_are_honest(galaxies, model):
    density = model.predict(galaxies.test)
    assert np.array_equal(density.id, galaxies.test.id)
    found = scores(density)
    floor = scores(trainz.fit(galaxies, Job(grid=GRID)).predict(galaxies.test))
    assert found["crps"].value < floor["crps"].value / 4
    pull = (density.mean() - galaxies.test.redshift) / density.std()
    assert 0.75 < pull.std() < 1.3
    assert 0.55 < found["coverage_68"].value < 0.8


def test_the_error_is_the_sum_of_its_three_parts(galaxies, model):
    """Each part is computed anew: members one by one, and slopes by moving each magnitude."""
    columns, estimator = model.details(galaxies.test), model.estimator
    from slipher.methods.photometry.measured import Measured, measured

    seen = measured(galaxies.test, estimator.system, estimator.completion, "annz")
    members = (
        estimator.scale * estimator.committee(torch.from_numpy(estimator.completion.whitened(seen.magnitudes))).numpy()
    )
    assert np.allclose(columns["fit_z"], estimator.centre + members.mean(axis=0))
    variance = members.var(axis=0, ddof=1) + model.noise
    for band in range(5):
        step = np.zeros(5)
        step[band] = 1e-4
        high, low = (estimator(Measured(seen.magnitudes + s, seen.error, seen.known))[0] for s in (step, -step))
        variance += ((high - low) / 2e-4 * seen.error[:, band]) ** 2
    assert np.allclose(columns["fit_error"], np.sqrt(variance), rtol=1e-4)


def test_a_galaxy_measured_worse_gets_a_larger_error(galaxies, model):
    from slipher.methods.photometry.measured import Measured, measured

    seen = measured(galaxies.test, model.estimator.system, model.estimator.completion, "annz")
    worse = Measured(seen.magnitudes, 10 * seen.error, seen.known)
    assert (model.estimator(worse)[1] > model.estimator(seen)[1]).all()


def test_missing_bands_are_filled_in_and_a_galaxy_without_any_gets_the_training_sample(spoiled, model):
    density, columns = model.predict(spoiled.test), model.details(spoiled.test)
    assert len(density) == len(spoiled.test)
    assert np.abs(columns["fit_z"][:2] - spoiled.test.redshift[:2]).max() < 0.06
    whole = np.median(columns["fit_error"][4:])
    assert (columns["fit_error"][:2] > whole).all()
    assert columns["error_class"][:3].tolist() == [7, 7, 0]
    assert np.allclose(density.mass[2], model.prior)
    assert np.isnan(columns["fit_z"][2])
    assert np.isfinite(columns["fit_z"][3])
    assert 1 <= columns["error_class"][4] < 7


def test_a_seed_decides_every_byte(galaxies, model, tmp_path):
    again, other = (fit(galaxies, Job(grid=GRID, seed=seed, options=QUICK)) for seed in (0, 1))
    for name, one in (("first", model), ("again", again), ("other", other)):
        one.save(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
    assert (tmp_path / "first").read_bytes() != (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("density", ["residuals", "gaussian"])
def test_a_saved_model_is_the_same(galaxies, tmp_path, density):
    model = fit(galaxies, Job(grid=GRID, options={"members": 1, "iterations": 5, "hidden": [4], "density": density}))
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors", GRID)
    assert isinstance(again, Model)
    assert again.options == model.options
    assert np.array_equal(again.predict(galaxies.test).mass, model.predict(galaxies.test).mass)
    with pytest.raises(InputError, match="80 bins"):
        load(tmp_path / "model.safetensors", Grid())


def test_any_bands_and_no_galaxies(image_store):
    images = open_store(image_store)
    model = fit(images, Job(grid=GRID, options={"members": 2, "iterations": 30}))
    assert model.estimator.system.bands == ("g", "r", "i")
    assert model.predict(images.test[:0]).mass.shape == (0, 80)
    assert model.details(images.test[:0])["fit_z"].shape == (0,)


def test_the_unexplained_variance_is_the_likeliest():
    rng = np.random.default_rng(0)
    variance = rng.uniform(0, 4e-4, 50_000)
    residual = rng.normal(0, np.sqrt(variance + 1e-4))
    assert unexplained(residual, variance) == pytest.approx(1e-4, rel=0.05)
    assert unexplained(rng.normal(0, np.sqrt(variance)), 4 * variance) < 2e-6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k": 3}, "method annz has no option k; allowed: members, hidden, decay, iterations, density"),
        ({"members": 0}, "options.members is 0"),
        ({"iterations": 2.5}, "options.iterations is 2.5"),
        ({"hidden": 10}, r"options.hidden is 10, but must be a list of widths such as \[10, 10\]"),
        ({"hidden": [10, -1]}, "options.hidden is"),
        ({"decay": -1}, "options.decay is -1"),
        ({"decay": 10**400}, "options.decay is 10000"),
        (
            {"members": 10**9},
            "the number of weights in options.members is 141,000,000,000, but must be at most 10,000,000",
        ),
        ({"hidden": [10**9]}, "the number of weights in options.members is"),
        ({"hidden": [2] * 2_000_000}, "the number of weights in options.members is"),
        ({"iterations": 10**9}, "options.iterations is 1,000,000,000, but must be at most 1,000,000"),
        ({"density": "box"}, "options.density is 'box', but must be one of residuals, gaussian"),
    ],
)
def test_what_it_cannot_use_is_refused(galaxies, options, said):
    with pytest.raises(InputError, match=said):
        fit(galaxies, Job(grid=GRID, options=options))


def test_stores_that_do_not_suit_are_refused(galaxies, model, image_store):
    with pytest.raises(InputError, match="has bands g r i, but the model was fitted on u g r i z"):
        model.predict(open_store(image_store))
    with pytest.raises(InputError, match="no training galaxies with a redshift inside the grid"):
        fit(galaxies, Job(grid=Grid(1e-4, 2)))
