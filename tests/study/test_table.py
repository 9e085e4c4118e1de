import csv
import io
import json
from functools import partial

import numpy as np
import pytest

from slipher.density.bootstrap import resample
from slipher.density.file import write
from slipher.density.histogram import Density
from slipher.density.scores import METRICS, scores
from slipher.errors import InputError
from slipher.redshift import Grid
from slipher.study import table
from slipher.study.table import Result, rows, score, to_csv, to_markdown, with_published

GRID = Grid(0.4, 40)


@pytest.fixture
def few(monkeypatch):
    """Fewer resamples, where their number does not matter."""
    monkeypatch.setattr(table, "resample", partial(resample, resamples=60))


def density(seed: int, width: float = 0.03, count: int = 200, first: int = 0) -> Density:
    """Normal densities with the scatter they claim; the galaxies are the same for every seed."""
    redshift = np.random.default_rng(0).uniform(0.08, 0.32, count)
    centre = redshift + 0.03 * np.random.default_rng(seed + 1).normal(size=count)
    mass = np.exp(-(((GRID.centres - centre[:, None]) / width) ** 2) / 2) + 1e-9
    return Density(GRID, mass / mass.sum(axis=1, keepdims=True), np.arange(first, first + count), redshift)


def result(folder, group: str, densities: list[Density], method: str = "neural") -> Result:
    paths = []
    for seed, each in enumerate(densities):
        paths.append(folder / group / f"seed-{seed}" / "densities.hdf5")
        write(paths[-1], each)
    times = tuple(10.0 + seed for seed in range(len(densities)))
    return Result(group, method, tuple(paths), times, (None,) * len(densities), method == "neural")


def test_a_row_is_the_mean_over_seeds_with_spread_and_interval(tmp_path, few):
    densities = [density(seed) for seed in range(3)]
    (row,) = rows(score([result(tmp_path, "baseline", densities)]))
    single = [scores(each, resamples=10) for each in densities]
    for name in METRICS:
        values = [each[name].value for each in single]
        assert row["metrics"][name]["mean"] == pytest.approx(np.mean(values))
        assert row["metrics"][name]["spread"] == pytest.approx(np.std(values, ddof=1))
        entry = row["metrics"][name]
        if METRICS[name].distance is None:
            assert entry["low"] <= entry["mean"] <= entry["high"]
        else:
            assert (entry["low"], entry["high"]) == (None, None)
            assert entry["expected_low"] < entry["expected_high"]
            assert 0 < entry["p"] < 1
    assert (row["group"], row["method"], row["seeds"], row["published"]) == ("baseline", "neural", 3, False)
    assert (row["train_seconds"], row["train_seconds_spread"], row["images_per_second"]) == (11.0, 1.0, None)


def test_one_seed_has_no_spread_and_the_interval_of_its_scores(tmp_path):
    each = density(0)
    (row,) = rows(score([result(tmp_path, "baseline", [each])]))
    expected = scores(each, resamples=1000)
    assert row["metrics"]["crps"]["spread"] is None
    assert row["metrics"]["crps"]["low"] == pytest.approx(expected["crps"].low)
    assert row["metrics"]["crps"]["high"] == pytest.approx(expected["crps"].high)


def test_the_mean_over_seeds_is_surer_than_one_seed(tmp_path, few):
    one, four = rows(
        score([result(tmp_path, "one", [density(0)]), result(tmp_path, "four", [density(seed) for seed in range(4)])])
    )
    width = {row["group"]: row["metrics"]["bias"]["high"] - row["metrics"]["bias"]["low"] for row in (one, four)}
    assert width["four"] < 0.7 * width["one"]


def test_other_galaxies_are_refused(tmp_path):
    both = [result(tmp_path, "a", [density(0)]), result(tmp_path, "b", [density(0, first=5)])]
    with pytest.raises(InputError, match="other galaxies than the first run"):
        score(both)


def test_published_rows_are_marked_and_have_no_intervals():
    published = with_published([])
    found = {row["group"]: row for row in published}
    assert len(found) == 7
    assert all(row["published"] and row["source"] for row in found.values())
    paper = found["Engel & Strube, constrained"]
    assert paper["metrics"]["mad"] == {"mean": 1.12e-2, "spread": None, "low": None, "high": None}
    assert paper["train_seconds"] == pytest.approx(24.52 * 3600)
    assert found["Dey et al. 2022"]["metrics"]["mad_centred"]["mean"] == 8.98e-3
    json.dumps(published, allow_nan=False)


def test_a_published_row_stands_beside_the_group_that_does_the_same():
    own = [{"group": name, "published": False} for name in ("baseline", "trainz", "local-linear", "beck")]
    names = [row["group"] for row in with_published(own)]
    beside = ["baseline", "Engel & Strube, baseline", "trainz", "local-linear", "beck", "Beck et al. 2016"]
    assert names[:6] == beside
    assert names[6:] == [
        "Engel & Strube, augmented",
        "Engel & Strube, constrained",
        "Dey et al. 2022",
        "Hayat et al. 2021",
        "Pasquet et al. 2019",
    ]
    assert {row["group"]: row for row in with_published(own[:3])}["Beck et al. 2016"]["beside"] == "local-linear"


def test_csv_and_markdown_say_what_the_rows_say(tmp_path, few):
    found = with_published(rows(score([result(tmp_path, "baseline", [density(0), density(1)])])))
    read = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert [row["group"] for row in read] == [row["group"] for row in found]
    assert float(read[0]["crps"]) == found[0]["metrics"]["crps"]["mean"]
    assert float(read[0]["crps_spread"]) == found[0]["metrics"]["crps"]["spread"]
    assert read[1]["crps"] == ""
    text = to_markdown(found)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(found)
    assert len({line.count("|") for line in lines}) == 1
    assert "(published)" in lines[3]
    assert "±" in lines[2]
