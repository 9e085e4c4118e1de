import json
import sys
import time
from dataclasses import replace

import h5py
import numpy as np
import pytest

from slipher.bench import growth, growth_points, growth_survey
from slipher.bench.apart import Run
from slipher.bench.growth_fit import fitted
from slipher.bench.growth_points import Point, measured_points
from slipher.bench.growth_stages import NOTES, STAGES
from slipher.bench.growth_survey import Survey, check_room, write_cutouts
from slipher.density.file import read
from slipher.errors import InputError
from slipher.survey.store import open_store

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


class Here:
    """In place of a process, each of which would load torch anew."""

    def __init__(self, prepare, *args):
        stderr = sys.stderr
        self.function = prepare(*args)
        sys.stderr.close()
        sys.stderr = stderr

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def __call__(self):
        started = time.perf_counter()
        self.function()
        return Run(time.perf_counter() - started, 2**30, None)


@pytest.mark.parametrize("exponent", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("fixed", [0.0, 0.3])
def test_the_fit_finds_the_law(exponent, fixed):
    seconds = [fixed + 40 * (n / 1e6) ** exponent for n in SIZES]
    law = fitted(SIZES, seconds)
    assert law.exponent == pytest.approx(exponent, abs=1e-3)
    assert law.fixed == pytest.approx(fixed, abs=1e-3)
    assert law.million == pytest.approx(40, rel=1e-2)
    np.testing.assert_allclose(law.seconds(np.array(SIZES, float)), seconds, rtol=1e-2)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    true = np.array([0.05 + 40 * n / 1e6 for n in SIZES])
    laws = [fitted(SIZES, list(true * (1 + 0.03 * rng.normal(size=7)))) for _ in range(60)]
    assert np.mean([law.low <= 1 <= law.high for law in laws]) > 0.85
    assert np.median([law.error for law in laws]) < 0.03


def test_every_stage_goes_through_all_galaxies(tmp_path):
    survey = Survey(tmp_path, 300)
    write_cutouts(survey.cutouts, 300)
    for stage in STAGES.values():
        stage(survey)
    galaxies, measured, density = open_store(survey.store), open_store(survey.measured), read(survey.densities)
    assert len(galaxies) == len(measured) == len(density) == 300
    with h5py.File(survey.cutouts) as file:
        np.testing.assert_array_equal(galaxies.images(), file["images"][:].astype(np.float32))
        np.testing.assert_array_equal(density.redshift, file["redshift"])
    np.testing.assert_array_equal(galaxies.split, measured.split)
    # the plain sum of the pixels, and what is measured in an aperture
    assert np.corrcoef(measured.flux[:, 4], galaxies.flux[:, 4])[0, 1] > 0.9
    assert set(NOTES) == set(STAGES)
    survey.remove()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("enough", "runs"), [(3600.0, 2), (0.0, 1)])
def test_points_are_measured_and_nothing_stays(tmp_path, monkeypatch, enough, runs):
    monkeypatch.setattr(growth_points, "Apart", Here)
    monkeypatch.setattr(growth_points, "SMALL", 64)
    monkeypatch.setattr(growth_points, "MEASURED", 100)
    monkeypatch.setattr(growth_points, "MOST_RUNS", 2)
    monkeypatch.setattr(growth_points, "ENOUGH", enough)
    monkeypatch.setattr(growth_points.tempfile, "tempdir", str(tmp_path))
    points = measured_points((100, 200))
    assert list(points) == list(STAGES)
    assert [point.galaxies for point in points["import and measure"]] == [100]
    assert [(point.galaxies, point.runs) for point in points["predict"]] == [(100, runs), (200, runs)]
    assert all(point.seconds > 0 for found in points.values() for point in found)
    assert not list(tmp_path.iterdir())


def test_results_and_figure(tmp_path, monkeypatch):
    points = {stage: [Point(n, 0.1 + 2e-5 * n, 2**28 + 20 * n, 2) for n in SIZES] for stage in STAGES}
    points["import and measure"] = points["import and measure"][:5]
    monkeypatch.setattr(growth, "measured_points", lambda sizes: points)
    found = {result.name: result for result in growth.measure(tmp_path)}
    assert set(found) == {f"growth: {part}{stage}" for stage in STAGES for part in ("", "memory of ")}
    epoch, memory = found["growth: epoch"], found["growth: memory of epoch"]
    assert epoch.ratio == epoch.value == pytest.approx(1, abs=1e-3)
    assert epoch.low <= epoch.value <= epoch.high
    assert epoch.runs == 14
    assert "a = 0.1 s, b = 20 µs a galaxy" in epoch.note
    assert memory.ratio == pytest.approx((2**28 + 20e6) / (2**28 + 20e4))
    assert memory.goal.startswith("flat")
    assert not found["growth: memory of evaluate"].goal
    json.dumps([result.as_dict() for result in found.values()], allow_nan=False)
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_a_disk_that_is_too_small_is_refused(tmp_path, monkeypatch):
    usage = growth_survey.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(growth_survey.shutil, "disk_usage", lambda path: usage._replace(free=10**9))
    check_room(tmp_path, 100_000)
    with pytest.raises(InputError, match=r"writes 9.6 GB .* only 1 GB are free"):
        check_room(tmp_path, 1_000_000)


def test_faster_growth_is_seen(monkeypatch):
    points = {stage: [Point(n, 1e-5 * n, 2**28, 1) for n in SIZES] for stage in STAGES}
    points["epoch"] = [replace(point, seconds=point.seconds**1.5) for point in points["epoch"]]
    monkeypatch.setattr(growth, "measured_points", lambda sizes: points)
    exponents = {result.name: result.value for result in growth.measure(None) if result.unit == "exponent"}
    assert exponents["growth: epoch"] == pytest.approx(1.5, abs=1e-3)
    assert exponents["growth: predict"] == pytest.approx(1, abs=1e-3)
