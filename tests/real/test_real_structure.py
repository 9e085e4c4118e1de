"""Every FITS file of SDSS is whole to the check that downloads pass, and none is when cut off."""

from pathlib import Path

import pytest

from slipher.survey.fetch.structure import flaw

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = sorted(path for path in DATA.rglob("*.fit*") if path.suffix in (".fit", ".fits"))


@pytest.mark.skipif(not FILES, reason="../shared/data is not there")
def test_sdss_files(tmp_path):
    for path in FILES:
        assert flaw(path, "fits") is None, path
        cut = tmp_path / path.name
        # also at the end of a block, where only the headers tell
        cut.write_bytes(path.read_bytes()[:-2880])
        assert flaw(cut, "fits"), path
