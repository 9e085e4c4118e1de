"""A small slice of the attacks, in processes of their own: nothing that tests import or check is in their way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

for library in ("astropy", "galsim", "kcorrect", "lightning_fabric", "pandas", "pyarrow", "requests", "sep"):
    pytest.importorskip(library)


def attack(tmp_path, script, *options):
    """Run an attack; gives its report."""
    out = tmp_path / "report.json"
    command = [sys.executable, Path(__file__).with_name(f"{script}.py"), "--out", out, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(out.read_text())


def test_wild_commands_and_files(tmp_path):
    report = attack(tmp_path, "fuzz", "--inputs", "300")
    assert report["done"] == 300
    assert len(report["verbs"]) > 20
    assert min(report["statuses"].get(status, 0) for status in ("0", "2")) > 50
    assert not report["faults"]


def test_kills_races_and_full_disks(tmp_path):
    report = attack(tmp_path, "slice")
    assert (report["kills"]["kills"], report["races"]["races"], report["disks"]["attacks"]) == (44, 6, 12)
    assert not [found for part in report.values() for found in part["faults"]]
