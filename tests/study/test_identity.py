import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from slipher.methods.base import Job, load
from slipher.methods.base import fit as fit_method
from slipher.methods.trainz import fit
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.study.config import Catalogue, GroupConfig, Simulate, StudyConfig
from slipher.study.folder import Run
from slipher.study.identity import galaxies_of, identity_of_densities, identity_of_model
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig

SEED = Run("g", 0, Path("anywhere"))


def of(study=StudyConfig(), run=SEED, galaxies="sky", **group):  # noqa: B008
    return identity_of_model(replace(study, groups={"g": GroupConfig(**group)}), run, galaxies)


@pytest.mark.parametrize(
    "change",
    [
        {"galaxies": "another sky"},
        {"run": replace(SEED, seed=1)},
        {"method": "pretrained"},
        {"augment": ("symmetry",)},
        {"constraints": {"cde": {"weight": 0.1}}},
        {"network": {"name": "colours"}},
        {"training": {"epochs": 3}},
        {"options": {"views": 8}},
        {"study": StudyConfig(grid=Grid(0.5, 180))},
        {"study": StudyConfig(drop_outside=True)},
        {"study": StudyConfig(training=TrainingConfig(epochs=3))},
    ],
    ids=str,
)
def test_whatever_changes_a_model_changes_its_identity(change):
    assert of(**change) != of()


def test_where_a_run_lies_and_what_its_group_is_called_do_not_count():
    study = StudyConfig(groups={"other": GroupConfig()})
    assert identity_of_model(study, Run("other", 0, Path("elsewhere")), "sky") == of()


def test_a_method_that_draws_nothing_has_no_seed_and_no_network():
    study = StudyConfig(training=TrainingConfig(epochs=3))
    assert of(study, replace(SEED, seed=5), method="trainz") == of(method="trainz")


@pytest.mark.parametrize("kind", ["start", "on", "constraint"])
def test_files_count_by_their_content(tmp_path, kind):
    def identity(path):
        return {
            "start": lambda: of(training={"start": str(path)}),
            "on": lambda: of(method="flexcode", options={"on": str(path)}),
            "constraint": lambda: of(constraints={f"{path}:Mine": {"weight": 0.1}}),
        }[kind]()

    for name, text in (("one", "same"), ("two", "same"), ("three", "other")):
        (tmp_path / name).write_text(text)
    one, two, three = (identity(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two != three


def test_a_store_counts_by_its_fingerprint_and_a_catalogue_by_its_content(catalogue_store, tmp_path):
    shutil.copy(catalogue_store, tmp_path / "copy.h5")
    assert galaxies_of(str(tmp_path / "copy.h5")) == galaxies_of(str(catalogue_store))
    assert galaxies_of(Simulate(100)) != galaxies_of(Simulate(100, seed=1))
    columns = CatalogueColumns(flux="f", flux_error="e", redshift="z")
    for name, text in (("one.csv", "same"), ("two.csv", "same"), ("three.csv", "other")):
        (tmp_path / name).write_text(text)
    one, two, three, another = (
        galaxies_of(Catalogue(str(tmp_path / name), each))
        for name, each in (
            ("one.csv", columns),
            ("two.csv", columns),
            ("three.csv", columns),
            ("one.csv", replace(columns, redshift="zs")),
        )
    )
    assert one == two
    assert three != one != another


def test_densities_are_of_a_model_wherever_it_comes_from_and_of_rows(catalogue_store, tmp_path):
    galaxies = open_store(catalogue_store)
    model = fit(galaxies, Job(grid=Grid(0.4, 40)))
    model.save(tmp_path / "model.safetensors")
    own = identity_of_densities(model, galaxies)
    assert identity_of_densities(load(tmp_path / "model.safetensors"), galaxies) == own
    assert identity_of_densities(model, galaxies.test) != own
    assert identity_of_densities(fit(galaxies, Job(grid=Grid(0.4, 30))), galaxies) != own


def test_densities_are_of_an_engine(catalogue_store):
    galaxies = open_store(catalogue_store)
    training = TrainingConfig(epochs=1, device="cpu", precision="float32")
    model = fit_method(
        galaxies, grid=Grid(0.4, 20), network=NetworkConfig("colours"), training=training, progress=False
    )
    assert identity_of_densities(replace(model, engine="bf16"), galaxies) != identity_of_densities(model, galaxies)
