import pytest

from slipher.bench import metrics
from slipher.bench.metrics import compared, measure, plainly, write_synthetic
from slipher.density.file import read


@pytest.fixture(scope="module")
def found():
    return list(compared(2000, 1, 3))


def test_seconds_and_memory_are_told(found):
    seconds, memory = found
    assert (seconds.name, memory.name) == ("metrics", "metrics: memory")
    assert seconds.unit == "s"
    assert seconds.value > 0
    assert seconds.ratio == pytest.approx(seconds.baseline / seconds.value)
    assert memory.unit == "GB"
    assert 0.05 < memory.value < 2
    assert "2,000 × 180 densities" in seconds.note


def test_both_ways_give_the_same_draws(tmp_path):
    write_synthetic(tmp_path / "densities.hdf5", 300)
    answer = plainly(tmp_path / "densities.hdf5", 3)()
    assert 0 <= answer["apart"] < 1e-9
    assert min(answer.values()) >= 0


def test_synthetic_densities_are_those_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "BLOCK", 64)
    write_synthetic(tmp_path / "densities.hdf5", 150)
    density = read(tmp_path / "densities.hdf5")
    assert density.mass.shape == (150, 180)
    assert abs(density.mean() - density.redshift).mean() < 0.05


def test_the_benchmark_takes_the_size_of_the_sample(monkeypatch):
    monkeypatch.setattr(metrics, "compared", lambda *sizes: iter([sizes]))
    assert list(measure()) == [(121_543, 3, 20)]
