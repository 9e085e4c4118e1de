"""Published predictions give their published metrics: Dey et al. (2022), and redMaPPer's densities."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from slipher.density.evaluate import evaluate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PREDICTIONS = DATA / "catalogs" / "dey2022-predictions.npz"
CLUSTERS = DATA / "catalogs" / "redmapper-dr8-pz.npz"

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


@pytest.mark.skipif(not CLUSTERS.is_file(), reason="needs ../shared/data/catalogs/redmapper-dr8-pz.npz")
def test_densities_on_grids_of_their_own():
    """Straight lines between 21 knots a cluster: their area up to the truth, by the trapezoid rule, which is exact."""
    table = np.load(CLUSTERS)
    knots, heights, z = (table[name].astype(float) for name in ("pzbins", "pz", "z_spec"))
    document = evaluate(CLUSTERS, "z_spec")
    metrics = {name: score["value"] for name, score in document["metrics"].items()}
    pit = []
    for x, y, truth in zip(knots, heights, z, strict=True):
        cuts = np.append(x[x < truth], np.clip(truth, x[0], x[-1]))
        pit.append(np.trapezoid(np.interp(cuts, x, y), cuts) / np.trapezoid(y, x))
    assert document["n"] == 8130
    assert metrics["pit_ks"] == pytest.approx(stats.kstest(pit, "uniform").statistic, abs=2e-4)
    # a straight F between the knots, as the data's own description has it, gives .0925
    assert metrics["pit_ks"] == pytest.approx(0.0925, abs=0.003)
    assert metrics["coverage_68"] == pytest.approx(0.66, abs=0.015)
