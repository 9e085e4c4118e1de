"""The neural method: what it predicts, what it keeps, what it refuses."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from slipher.constraints import CDELoss, Flux, Invariance
from slipher.errors import InputError
from slipher.methods.base import Job, Model, fit, load
from slipher.methods.file import read_model, write_model
from slipher.methods.neural import NeuralModel, mass, photometry
from slipher.networks.config import NetworkConfig
from slipher.physics.symmetry import apply_symmetry
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.config import TrainingConfig

GRID = Grid(0.4, 10)
QUICK = TrainingConfig(epochs=1, batch_size=30, precision="float32", device="cpu")


def quick(galaxies, constraints=None, **options):
    return fit(galaxies, constraints, **({"grid": GRID, "training": QUICK, "progress": False} | options))


def bare_store(path, bands=("g", "r", "i"), shape=(16, 16), pixel_scale=0.396, unlabelled=0):
    """Twelve galaxies of noise, without sky, photometry or spectra."""
    rng = np.random.default_rng(0)
    n = 12
    schema = galaxy_schema(n, bands, source="test", shape=shape, pixel_scale=pixel_scale, photometry=False, sky=False)
    redshift = rng.uniform(0.1, 0.3, n)
    redshift[:unlabelled] = np.nan
    images = rng.normal(0, 0.1, (n, len(bands), *shape))
    with StoreWriter(path, schema, "test") as writer:
        writer.write(
            0,
            {
                "id": np.arange(n),
                "redshift": redshift,
                "ebv": np.full(n, np.nan, np.float32),
                "split": np.array([0] * 8 + [1] * 2 + [2] * 2, np.uint8),
                "images": images.astype(np.float16),
                "valid": np.ones(images.shape, bool),
            },
        )
        writer.finish()
    return open_store(path)


@pytest.fixture(scope="module")
def model(survey):
    return quick(survey, 0.1 * CDELoss())


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model.save(path)
    return path


def test_a_density_for_every_galaxy_in_order(model, survey):
    assert isinstance(model, Model)
    density = model.predict(survey.test, progress=False)
    assert density.mass.shape == (15, GRID.bins)
    np.testing.assert_array_equal(density.id, survey.test.id)
    np.testing.assert_array_equal(density.redshift, survey.test.redshift)
    backwards = model.predict(survey.test[::-1], progress=False)
    np.testing.assert_allclose(backwards.mass[::-1], density.mass, rtol=1e-4, atol=1e-7)
    assert len(model.predict(survey.test[:0], progress=False)) == 0


def test_prediction_is_the_same_every_time_and_after_a_round_trip(model, survey, file, tmp_path):
    once = model.predict(survey.test, progress=False).mass
    np.testing.assert_array_equal(model.predict(survey.test, progress=False).mass, once)
    restored = load(file, GRID)
    np.testing.assert_array_equal(restored.predict(survey.test, progress=False).mass, once)
    restored.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def test_eight_views_are_the_mean_over_the_symmetries(model, survey):
    galaxies = survey.test
    images, ebv = torch.from_numpy(galaxies.images()), torch.from_numpy(galaxies.ebv)
    turned = [
        mass(model.network, apply_symmetry(images, torch.full((len(galaxies),), which)), [ebv]) for which in range(8)
    ]
    eight = model.predict(galaxies, progress=False, views=8).mass
    np.testing.assert_allclose(eight, torch.stack(turned).mean(dim=0), atol=1e-5)
    told = quick(survey, options={"views": 8})
    assert told.views == 8
    with pytest.raises(InputError, match="views is 3, but must be 1 or 8"):
        model.predict(galaxies, progress=False, views=3)


def test_the_same_seed_gives_the_same_model_and_another_does_not(survey, model):
    state = torch.get_rng_state()
    again, other = (quick(survey, 0.1 * CDELoss(), seed=seed) for seed in (0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    first = model.predict(survey.test, progress=False).mass
    np.testing.assert_array_equal(again.predict(survey.test, progress=False).mass, first)
    assert not np.array_equal(other.predict(survey.test, progress=False).mass, first)


@pytest.mark.parametrize("logits", ["equal", "drawn"])
def test_training_begins_with_equal_logits_unless_they_are_to_be_drawn(survey, logits):
    training = replace(QUICK, epochs=1, learning_rate=1e-12, logits=logits)
    mass = quick(survey, training=training).predict(survey.test, progress=False).mass
    assert np.allclose(mass, 1 / mass.shape[1], rtol=1e-5) == (logits == "equal")


def test_the_training_part_alone_takes_the_stores_validation(survey, model):
    part = quick(survey.train, 0.1 * CDELoss())
    np.testing.assert_array_equal(
        part.predict(survey.test, progress=False).mass, model.predict(survey.test, progress=False).mass
    )


def test_a_network_on_colours_learns(catalogue_store):
    galaxies = open_store(catalogue_store)
    training = replace(QUICK, epochs=40, batch_size=64)
    colours = quick(
        galaxies, 0.1 * CDELoss(form="brier"), grid=Grid(0.4, 40), network=NetworkConfig("colours"), training=training
    )
    density = colours.predict(galaxies.test, progress=False)
    error = np.abs(density.mean() - galaxies.test.redshift)
    guess = np.abs(galaxies.train.redshift.mean() - galaxies.test.redshift)
    assert np.median(error) < 0.4 * np.median(guess)


def test_a_network_on_both_takes_images_and_photometry(survey, tmp_path):
    both = quick(survey, 0.1 * Invariance(), network=NetworkConfig("henghes"), training=replace(QUICK, loss="crps"))
    assert both.shape == (16, 16)
    assert both.network.mean[0].item() == pytest.approx(photometry(survey.train, both.system)[:, 0].mean(), abs=1e-4)
    assert {"train_crps", "train_invariance", "validation_crps"} <= set(both.history.rows[0])
    both.save(tmp_path / "model.safetensors")
    first = both.predict(survey.test, progress=False, views=8).mass
    again = load(tmp_path / "model.safetensors").predict(survey.test, progress=False, views=8).mass
    np.testing.assert_array_equal(again, first)
    with pytest.raises(InputError, match="has no photometry"):
        quick(bare_store(tmp_path / "bare.h5"), network=NetworkConfig("henghes"))


def test_more_bands_than_the_model_needs_are_no_harm(catalogue_store, tmp_path):
    galaxies = open_store(catalogue_store)
    two = quick(galaxies, network=NetworkConfig("colours"))
    assert two.bands == tuple("ugriz")
    with pytest.raises(InputError, match="but the model needs u z too"):
        two.predict(bare_store(tmp_path / "s.h5"), progress=False)


class Table:
    """A response table of ones: nothing to complain about."""

    def rows(self, rows):
        return np.ones((len(rows), GRID.bins, 3), np.float32), np.ones((len(rows), 3), bool)


def test_the_flux_constraint_takes_its_table_from_the_job(survey):
    asked = []

    def responses(galaxies, grid, flux):
        asked.append((grid, flux))
        return Table()

    model = quick(survey, 0.1 * Flux(uncovered="zero"), responses=responses)
    assert asked == [(GRID, Flux(uncovered="zero"))]
    assert model.history.rows[0]["train_flux"] == pytest.approx(0, abs=1e-5)
    assert model.history.rows[0]["train_flux_count"] == 60


def test_a_bare_store_trains_with_the_papers_sky(tmp_path):
    galaxies = bare_store(tmp_path / "bare.h5", unlabelled=2)
    with pytest.raises(InputError, match="holds no measured sky"):
        quick(galaxies, augment=("background",))
    model = quick(galaxies, augment=("background",), training=replace(QUICK, sky="paper"))
    assert model.network.sigma.tolist() == pytest.approx([0.1] * 3, rel=0.1)
    assert np.isfinite(model.predict(galaxies, progress=False).mass).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"augment": ("blur",)}, "augment holds 'blur', but may hold symmetry, background, rotation"),
        ({"options": {"depth": 3}}, "method neural has no option depth; allowed: views, members"),
        ({"options": {"views": 2}}, "views is 2, but must be 1 or 8"),
        ({"constraints": 0.1 * Flux() + Flux(deredden=True)}, "two flux terms"),
        ({"constraints": {"flux": 0.1}}, "has no spectra"),
        (
            {"network": NetworkConfig("colours"), "constraints": 0.1 * Invariance()},
            "a network on colours sees no image",
        ),
        ({"grid": Grid(0.1, 10)}, "outside the grid"),
        ({"epochs": 3}, "fit has no option 'epochs'; allowed are grid, seed"),
        ({"method": "magic"}, "there is no method 'magic'; there are neural, .*trainz, local-linear"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_sentence(survey, options, message):
    with pytest.raises(InputError, match=message) as caught:
        quick(survey, **options)
    assert "\n" not in str(caught.value)


def test_galaxies_unlike_the_trainings_are_refused(model, catalogue_store, tmp_path):
    for name, options, message in (
        ("bands", {"bands": ("g", "r")}, "but the model needs i too"),
        ("size", {"shape": (20, 20)}, "has cutouts of 20×20 pixels, but the model was trained on 16×16"),
        ("scale", {"pixel_scale": 0.2}, "has 0.2 arcseconds a pixel, but the model was trained on 0.396"),
    ):
        with pytest.raises(InputError, match=message):
            model.predict(bare_store(tmp_path / f"{name}.h5", **options), progress=False)
    with pytest.raises(InputError, match="has no images"):
        model.predict(open_store(catalogue_store), progress=False)


def test_cutouts_that_are_not_square_train_and_are_turned_by_halves(tmp_path):
    galaxies = bare_store(tmp_path / "long.h5", shape=(12, 16))
    model = quick(galaxies, augment=("symmetry",))
    assert model.shape == (12, 16)
    assert np.isfinite(model.predict(galaxies, progress=False, views=8).mass).all()


def test_larger_images_are_turned_moved_and_seen_in_the_middle(tmp_path):
    large, larger = (bare_store(tmp_path / f"{side}.h5", shape=(side, side)) for side in (24, 28))
    model = quick(
        large, augment=("rotation", "jitter", "reddening", "noise"), network=NetworkConfig("resnet18", size=16)
    )
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.size == (16, 16)
    found = again.predict(large, progress=False).mass
    middle = torch.from_numpy(large.images()[:, :, 4:20, 4:20])
    torch.testing.assert_close(torch.from_numpy(found), mass(model.network, middle, [torch.zeros(12)]))
    assert np.isfinite(again.predict(larger, progress=False).mass).all()
    small = bare_store(tmp_path / "small.h5", shape=(12, 24))
    for use in (lambda: again.predict(small, progress=False), lambda: quick(small, network=NetworkConfig(size=16))):
        with pytest.raises(InputError, match="has cutouts of 12×24 pixels, but the network sees 16×16"):
            use()


def test_a_file_of_before_there_were_members_and_sizes_is_read(file, model, survey, tmp_path):
    whole = read_model(file)
    header = {key: value for key, value in whole.header.items() if key not in ("members", "softening")}
    del header["network"]["size"]
    write_model(tmp_path / "old.safetensors", header | {"format_version": 1}, whole.tensors)
    np.testing.assert_array_equal(
        load(tmp_path / "old.safetensors").predict(survey.test, progress=False).mass,
        model.predict(survey.test, progress=False).mass,
    )


def test_fewer_labels_are_fewer_galaxies_and_the_same_scale(survey):
    few = quick(survey, 0.1 * CDELoss(), training=replace(QUICK, labels=0.3))
    assert few.history.rows[0]["train_cde_count"] == 18
    assert torch.equal(few.network.sigma, quick(survey).network.sigma)


def test_the_header_says_what_the_model_is(file):
    header = read_model(file).header
    assert header["bands"] == ["g", "r", "i"]
    assert header["grid"] == {"z_max": 0.4, "bins": 10}
    assert header["network"]["name"] == "resnet18"
    assert header["software"].startswith("slipher ")
    json.dumps(header, allow_nan=False)


def test_a_pickle_is_never_loaded(tmp_path, model):
    protocol_two, archive = tmp_path / "model.pkl", tmp_path / "model.pt"
    protocol_two.write_bytes(pickle.dumps({"weights": 1}))
    torch.save({"weights": torch.zeros(3)}, archive)
    for path in (protocol_two, archive):
        with pytest.raises(InputError, match="a pickle is never loaded"):
            load(path)


def test_files_that_are_no_model_are_named(tmp_path, file):
    foreign, truncated, empty, other = (tmp_path / name for name in ("f", "t", "e", "o"))
    save_file({"weights": np.zeros(3)}, foreign)
    truncated.write_bytes(file.read_bytes()[:-1000])
    empty.touch()
    write_model(other, read_model(file).header, {"weights": np.zeros(3)})
    for path, message in (
        (foreign, "is a safetensors file but no slipher model"),
        (truncated, "is damaged or no safetensors file"),
        (empty, "is damaged or no safetensors file"),
        (other, "1 tensors are not those of 1 networks resnet18 of"),
        (tmp_path / "absent", "does not exist"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            load(path)
        assert "\n" not in str(caught.value)


def test_another_grid_is_refused(file):
    with pytest.raises(InputError, match=r"is a model for 10 bins to redshift 0\.4, not 300 bins to 3"):
        load(file, Grid(3, 300))


def test_a_job_takes_the_defaults_of_its_parts():
    assert Job().network == NetworkConfig()
    assert Job().grid == Grid()
    assert NeuralModel.views == 1
