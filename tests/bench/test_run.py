from types import SimpleNamespace

import pytest

from slipher.bench import run as run_module
from slipher.bench.run import BENCHMARKS, run
from slipher.errors import InputError


@pytest.fixture
def measured(monkeypatch):
    """Which modules were asked to measure, and where to."""
    asked = []

    def module(name):
        return SimpleNamespace(measure=lambda out: asked.append((name, out)) or iter([f"{name}: result"]))

    monkeypatch.setattr(run_module, "import_module", module)
    return asked


def test_benchmarks_are_run_in_the_order_asked_for_once_each(measured, tmp_path, capsys):
    found = list(run(["local-linear", "step", "step"], tmp_path))
    assert found == ["slipher.bench.local_linear: result", "slipher.bench.step: result"]
    assert measured == [("slipher.bench.local_linear", tmp_path), ("slipher.bench.step", tmp_path)]
    assert "local-linear (1 of 2)" in capsys.readouterr().err


def test_all_are_run_if_none_is_named(measured):
    assert len(list(run([]))) == len(measured) == len(BENCHMARKS)


def test_an_unknown_one_is_refused_before_anything_runs(measured):
    with pytest.raises(InputError, match=r"no benchmark 'stepp'; there are step, "):
        next(run(["step", "stepp"]))
    assert measured == []
