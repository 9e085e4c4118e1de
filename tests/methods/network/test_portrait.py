import numpy as np
import pytest
import torch

from slipher.formats.tables import read_table
from slipher.methods.base import fit, load
from slipher.methods.network.portrait import portrait_columns
from slipher.networks.config import CONFIGURATIONS, NetworkConfig
from slipher.networks.dey import Portrait
from slipher.redshift import Grid
from slipher.study.predict import predict
from slipher.training.config import TrainingConfig

QUICK = TrainingConfig(epochs=1, batch_size=30, precision="float32", device="cpu")


def quick(galaxies, network):
    return fit(galaxies, grid=Grid(0.4, 10), training=QUICK, progress=False, network=network)


def test_columns_are_those_of_the_longest_capsule():
    first = Portrait(torch.arange(32.0).reshape(2, 16), torch.tensor([[0.6, 0.2], [0.1, 0.3]]))
    columns = portrait_columns([first, Portrait(torch.ones(1, 16), torch.tensor([[0.5, 0.5]]))])
    assert columns["class"].tolist() == [0, 1, 0]
    np.testing.assert_allclose(columns["class_probability"], [0.75, 0.75, 0.5])
    np.testing.assert_allclose(columns["capsule_3"], [3, 19, 1])
    assert len(columns) == 18


def test_no_galaxy_has_all_columns():
    assert all(len(values) == 0 for values in portrait_columns([]).values())


@pytest.fixture(scope="module")
def model(survey):
    return quick(survey[np.r_[:16, 60:64]], CONFIGURATIONS["dey"])


def test_catalogue_of_a_capsule_network_has_its_capsule(model, survey, tmp_path):
    model.save(tmp_path / "model.safetensors")
    restored = load(tmp_path / "model.safetensors")
    predict(restored, survey.test, tmp_path / "p.hdf5", tmp_path / "c.parquet")
    table, details = read_table(tmp_path / "c.parquet"), model.details(survey.test)
    assert set(details) <= set(table)
    np.testing.assert_array_equal(table["capsule_7"].values, details["capsule_7"])
    assert np.isin(table["class"].values, [0, 1]).all()
    probability = table["class_probability"].values
    assert ((probability >= 0.5) & (probability <= 1)).all()


def test_history_tells_of_all_losses(model):
    row = model.history.rows[-1]
    assert row["train_margin_count"] == 0
    assert row["train_margin_weighted"] == 0
    assert row["train_reconstruction_weighted"] == pytest.approx(0.005 * row["train_reconstruction"])
    for part in ("train", "validation"):
        terms = row[f"{part}_ce"] + row[f"{part}_margin_weighted"] + row[f"{part}_reconstruction_weighted"]
        assert row[f"{part}_total"] == pytest.approx(terms)


def test_other_networks_add_nothing(survey):
    assert quick(survey, NetworkConfig("colours")).details(survey.test) == {}
