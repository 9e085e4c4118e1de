"""Dey et al. (2022): their published predictions give their published metrics."""

from pathlib import Path

import numpy as np
import pytest

from slipher.density.evaluate import evaluate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PREDICTIONS = DATA / "catalogs" / "dey2022-predictions.npz"

pytestmark = pytest.mark.skipif(
    not PREDICTIONS.is_file(), reason="needs ../shared/data/catalogs/dey2022-predictions.npz"
)


def test_published_numbers():
    document = evaluate(PREDICTIONS, "z_spec", "z_phot")
    metrics = {name: score["value"] for name, score in document["metrics"].items()}
    assert document["n"] == 25826
    assert metrics["mad_centred"] == pytest.approx(8.927e-3, abs=5e-7)
    assert metrics["bias"] == pytest.approx(3.19e-5, abs=5e-8)
    assert metrics["outliers_0.05"] == pytest.approx(1.936e-3, abs=5e-7)


def test_matched_by_id():
    catalogue = dict(np.load(PREDICTIONS))
    document = evaluate(PREDICTIONS, f"{PREDICTIONS}:z_spec", "z_phot")
    assert document["n"] == len(catalogue["z_spec"])
    assert document["metrics"]["bias"]["value"] == pytest.approx(3.19e-5, abs=5e-8)
