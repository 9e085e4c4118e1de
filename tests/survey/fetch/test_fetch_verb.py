"""The command."""

import json

import numpy as np
import pytest

from slipher.survey.spectra.specobj import encode
from slipher.verbs.fetch import data_fetch


@pytest.fixture
def table(server, act, tmp_path):
    """Three spectra that are wanted, two of them on a mirror."""
    ids = [encode(266, 51602, fiber, "26") for fiber in (1, 2, 3)]
    for fiber in (1, 2):
        path = f"/sas/dr17/sdss/spectro/redux/26/spectra/lite/0266/spec-0266-51602-{fiber:04d}.fits"
        server.files[path] = act.fits_bytes(fiber)
    (tmp_path / "ids.csv").write_text("specObjID\n" + "\n".join(map(str, ids)))
    return f"{tmp_path / 'ids.csv'}:specObjID"


def test_spectra(table, server, act, tmp_path):
    answer = data_fetch("spectra", ids=table, base=f"{server.base}/sas", out=tmp_path / "out")
    assert answer.status == 2
    assert answer.text.startswith("1 of 3 files are not in ")
    document = json.loads(json.dumps(answer.document, allow_nan=False))
    assert document["absent"] == {"missing": 1}
    path = "/sas/dr17/sdss/spectro/redux/26/spectra/lite/0266/spec-0266-51602-0003.fits"
    assert document["errors"] == [
        {"file": path[-30:], "address": server.base + path, "status": "missing", "error": "HTTP status 404"}
    ]
    server.files[path] = act.fits_bytes()
    answer = data_fetch("spectra", ids=table, base=f"{server.base}/sas", out=tmp_path / "out")
    assert (answer.status, answer.document["fetched"], answer.text.splitlines()[-1]) == (0, 1, str(tmp_path / "out"))


def test_the_default_folder(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server.files["/sdss.npz"] = npz(tmp_path)
    assert data_fetch("archive", base=server.base).status == 0
    assert (tmp_path / "downloads/archive/sdss.npz").read_bytes() == server.files["/sdss.npz"]


def npz(folder):
    np.savez(folder / "a.npz", cube=np.zeros(3))
    return (folder / "a.npz").read_bytes()
