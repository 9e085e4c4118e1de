import json

import pytest

from slipher.bench import run as run_module
from slipher.bench.result import Result
from slipher.cli import main


@pytest.fixture
def measured(monkeypatch):
    """Every benchmark finds that its work is twice as fast; gives the names of those that ran."""
    ran = []

    class Found:
        def __init__(self, name):
            self.name = name.removeprefix("slipher.bench.").replace("_", "-")

        def measure(self, out):
            ran.append(self.name)
            yield Result(self.name, 2, "images/s", "a plain loop", 1, 2, 1.9, 2.1, "times as fast", 3, "at least 1.5")

    monkeypatch.setattr(run_module, "import_module", Found)
    return ran


def test_a_line_a_result_on_standard_output(measured, capsys):
    assert main(["bench", "step", "local-linear"]) == 0
    said = capsys.readouterr()
    assert measured == ["step", "local-linear"]
    assert [line.split()[0] for line in said.out.splitlines()[2:]] == ["step", "local-linear"]
    assert "2 [1.9, 2.1]" in said.out
    assert "step (1 of 2)" in said.err


def test_json_says_what_is_promised_and_the_machine(measured, capsys):
    assert main(["bench", "step", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert {"name", "ratio", "low", "high", "against", "unit", "machine"} <= set(document)


def test_all_are_kept_on_a_page(measured, tmp_path, capsys):
    assert main(["bench", "--out", str(tmp_path / "docs")]) == 0
    assert measured == list(run_module.BENCHMARKS)
    page = (tmp_path / "docs/performance.md").read_text()
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == measured


@pytest.mark.parametrize("kept", [True, False])
def test_bad_input_is_told_before_anything_runs(measured, tmp_path, capsys, kept):
    (tmp_path / "file").write_text("")
    words = ["bench", "step", "--out", str(tmp_path / "file")] if kept else ["bench", "stepp"]
    assert main(words) == 2
    assert measured == []
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_flux_still_wants_a_spectrum(capsys):
    assert main(["flux"]) == 2
    assert "no spectrum is named" in capsys.readouterr().err
