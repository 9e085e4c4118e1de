"""Surveys that are not SDSS, some of whose galaxies lack bands, through the whole program."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from slipher.density.evaluate import evaluate
from slipher.density.file import read
from slipher.formats.tables import read_table
from slipher.methods.base import Job, load, module
from slipher.networks.config import NetworkConfig
from slipher.networks.images import ImageNetwork
from slipher.physics.extinction import extinction_coefficients
from slipher.redshift import Grid
from slipher.report.augmented import augmented_masses
from slipher.study.predict import FLAGS, predict
from slipher.survey.check import check
from slipher.survey.images import import_images
from slipher.survey.info import info, info_text
from slipher.survey.page import cutout_page
from slipher.survey.rgb import pictures
from slipher.survey.store import open_store
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.examples import Recipe, pixels
from slipher.training.skyunit import sky_unit

pytest.importorskip("sep")
pytest.importorskip("speclite")

COUNT = 45
GRID = Grid(3.0, 30)


@dataclass(frozen=True)
class Survey:
    """What differs from survey to survey."""

    bands: tuple[str, ...]
    scale: float
    shape: tuple[int, int]
    missing: tuple[int, ...] = ()
    """Places of the bands that a fifth of the galaxies each lacks."""


SURVEYS = {
    "six bands": Survey(tuple(f"lsst2016-{band}" for band in "ugrizy"), 0.2, (48, 48), (0, 2, 5)),
    "two bands": Survey(("lsst2016-r", "lsst2016-y"), 0.2, (32, 32), (1,)),
    "one band": Survey(("F814W",), 0.05, (32, 32)),
    "not square": Survey(("decam2014-g", "decam2014-r", "decam2014-z"), 0.262, (24, 40), (1,)),
}


def cutouts(survey):
    """Round galaxies, redder with redshift, on noise; and which galaxy lacks which band."""
    rng = np.random.default_rng(4)
    redshift = rng.uniform(0.1, 2.8, COUNT)
    y, x = (axis - (size - 1) / 2 for axis, size in zip(np.indices(survey.shape), survey.shape, strict=True))
    profile = np.exp(-np.hypot(x, y) / 3)
    flux = 2 * (1 + redshift[:, None]) ** np.linspace(0, 1.5, len(survey.bands))
    images = 0.5 + flux[..., None, None] * profile + rng.normal(0, 0.05, (COUNT, len(survey.bands), *survey.shape))
    lacks = np.zeros(flux.shape, bool)
    for turn, place in enumerate(survey.missing):
        lacks[turn::5, place] = True
    images[lacks] = np.nan
    return images.astype(np.float32), redshift, lacks


@pytest.fixture(scope="module", params=SURVEYS)
def imported(request, tmp_path_factory):
    """A survey, its store, and which galaxy lacks which band."""
    survey = SURVEYS[request.param]
    folder = tmp_path_factory.mktemp("other")
    images, redshift, lacks = cutouts(survey)
    np.savez(folder / "cutouts.npz", images=images, z=redshift)
    store = import_images(
        folder / "cutouts.npz", folder / "store.h5", images="images", redshift="z", bands=survey.bands,
        layout="NCHW", pixel_scale=survey.scale, ebv=0.0 if survey.bands == ("F814W",) else 0.05,
    )  # fmt: skip
    return survey, store, lacks


class Seen(torch.nn.Module):
    """A body that gives back what it was shown."""

    def forward(self, images, ebv):
        return images.flatten(1)


def extinction_or_none(bands):
    return extinction_coefficients(bands) if all(band != "F814W" for band in bands) else np.zeros(1)


def fitted(galaxies, method="neural", **job):
    training = TrainingConfig(epochs=1, batch_size=64)
    return module(method).fit(galaxies, Job(grid=GRID, training=training, progress=False, **job))


def test_galaxies_that_lack_a_band_are_kept_and_counted(imported):
    survey, store, lacks = imported
    galaxies = open_store(store)
    assert len(galaxies) == COUNT
    assert (galaxies.valid().any(axis=(2, 3)) == ~lacks).all()
    assert (galaxies.flux[lacks] == 0).all()
    assert np.isinf(galaxies.flux_error[lacks]).all()
    assert (galaxies.flux[~lacks] > 0).all()
    document = info(store)
    assert document["without_band"] == dict(zip(survey.bands, lacks.sum(axis=0).tolist(), strict=True))
    assert f"{survey.shape[1]} × {survey.shape[0]} pixels of {survey.scale:g}″" in info_text(document)
    json.dumps(document, allow_nan=False)
    assert check(store)["ok"]


def test_they_can_be_seen(imported, tmp_path):
    survey, store, _ = imported
    assert cutout_page(store, tmp_path / "page.png", 6).stat().st_size > 10_000
    drawn = pictures(open_store(store))
    assert drawn.shape == (COUNT, *survey.shape, 3)
    middle = drawn[:, survey.shape[0] // 2, survey.shape[1] // 2]
    assert (middle.max(axis=1) > 80).all(), "no galaxy is black or hatched in its middle"


def test_a_network_on_images_trains_under_every_constraint_and_predicts(imported, tmp_path):
    survey, store, lacks = imported
    galaxies = open_store(store)
    model = fitted(
        galaxies,
        network=NetworkConfig(name="resnet18", stem="reduced"),
        augment=("symmetry", "background"),
        constraints={"invariance": {"weight": 0.1, "fraction": 0.5}, "cde": 0.01},
    )
    model.save(tmp_path / "model.safetensors")
    out = predict(load(tmp_path / "model.safetensors"), galaxies, tmp_path / "d.hdf5", tmp_path / "c.csv")
    found = read(out)
    assert np.isfinite(found.mass).all()
    flags = read_table(tmp_path / "c.csv")["flags"].values
    assert ((flags & FLAGS["missing_band"] > 0) == lacks.any(axis=1)).all()
    assert not (flags & FLAGS["bad_pixels"]).any()
    by = "r" if any(band.endswith("-r") for band in survey.bands) else "redshift"
    document = evaluate(out, by=by, split="all")
    assert document["n"] == COUNT
    assert np.isfinite(document["metrics"]["crps"]["value"])
    assert np.isfinite(augmented_masses(model, galaxies[:3], TrainingConfig(), views=4)).all()


def test_a_missing_band_stays_missing_whatever_an_image_goes_through(imported):
    survey, store, lacks = imported
    galaxies = open_store(store)
    examples = Recipe(GRID, pixels, sky=True).read(galaxies)
    correlation = torch.from_numpy(galaxies.sky_correlation)
    network = ImageNetwork(Seen(), len(survey.bands), "asinh", torch.from_numpy(extinction_or_none(survey.bands)))
    network.calibrate(torch.from_numpy(sky_unit(galaxies)))
    for augmenter in (Augmenter("robust", 1, correlation), Augmenter("paper", 1)):
        views = augmenter(examples, ("symmetry", "background"), torch.Generator().manual_seed(0))
        assert (views.isnan().all(dim=(2, 3)).numpy() == lacks).all()
        assert not views[torch.from_numpy(~lacks)].isnan().any()
        seen = network(views, examples.ebv).reshape(views.shape)
        assert seen.isfinite().all()
        assert (seen[torch.from_numpy(lacks)] == 0).all()


@pytest.mark.parametrize("method", ["neural", "local-linear", "trainz"])
def test_methods_on_photometry_predict_every_galaxy(imported, method):
    survey, store, _ = imported
    galaxies = open_store(store)
    options = {"options": {"neighbours": len(survey.bands) + 2}} if method == "local-linear" else {}
    network = {"network": NetworkConfig(name="colours")} if method == "neural" else {}
    density = fitted(galaxies, method, **options, **network).predict(galaxies, progress=False)
    assert np.isfinite(density.mass).all()
    assert len(density) == COUNT
