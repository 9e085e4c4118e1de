"""The study on real galaxies without images: kcorrect's 10,000 of the SDSS main sample."""

import json

import pytest

from slipher.study.config import read_config
from slipher.study.run import run_study

pytest.importorskip("kcorrect", reason="the catalogue comes with kcorrect")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The preset with one seed and few epochs."""
    out = tmp_path_factory.mktemp("catalogue") / "study"
    overrides = [("seeds", 1), ("training.epochs", 3), ("training.device", "cpu")]
    run_study(read_config("catalogue", overrides), out)
    table = json.loads((out / "table.json").read_text())
    return {row["group"]: {name: each["mean"] for name, each in row["metrics"].items()} for row in table["rows"]}


def test_local_linear_regression_is_as_good_as_it_is_known_to_be(rows):
    found = rows["local-linear"]
    assert 0.012 < found["mad"] < 0.0145
    assert abs(found["bias"]) < 0.003
    assert 0.010 < found["outliers_0.05"] < 0.022
    assert 0.6 < found["coverage_68"] < 0.8


def test_everything_is_far_better_than_knowing_nothing(rows):
    for group in ("colours", "colours-cde", "local-linear"):
        assert rows[group]["crps"] < rows["trainz"]["crps"] / 2
        assert rows[group]["cde_loss"] < rows["trainz"]["cde_loss"] - 5


def test_knowing_nothing_is_calibrated(rows):
    assert rows["trainz"]["pit_ks"] < 0.05
