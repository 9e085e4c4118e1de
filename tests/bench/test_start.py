import subprocess
import sys

import pytest

from slipher.bench import start
from slipher.bench.start import HELP, NOTHING, measure, python, started


def test_seconds_of_whole_processes_are_told():
    result = started(2)
    assert (result.name, result.unit, result.meaning, result.runs) == ("start", "s", "times the cost", 2)
    assert result.baseline > 0
    assert result.low <= result.ratio <= result.high


def test_it_is_the_help_that_is_timed():
    assert "slipher study" in python(HELP).answer
    assert python(NOTHING).answer == ""


def test_a_process_that_fails_is_no_result():
    with pytest.raises(subprocess.CalledProcessError):
        python(("-c", "raise SystemExit(2)"))


def test_help_imports_nothing_heavy():
    seen = "import sys, slipher.cli; slipher.cli.main(['--help']); sys.stderr.write(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stderr.split()
    assert not {"torch", "numpy", "scipy", "h5py", "astropy", "matplotlib", "jsonargparse"} & set(loaded)


def test_the_benchmark_takes_enough_pairs(monkeypatch):
    monkeypatch.setattr(start, "started", lambda runs: runs)
    assert list(measure()) == [15]
