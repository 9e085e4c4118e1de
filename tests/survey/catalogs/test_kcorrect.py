"""kcorrect's galaxies as a store."""

import importlib.util
import sys

import numpy as np
import pytest
from astropy.io import fits

from slipher.errors import InputError
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.redshift import Grid
from slipher.survey.catalogs import kcorrect as catalogues
from slipher.survey.catalogs.kcorrect import kcorrect_catalogue
from slipher.survey.store import open_store

pytestmark = pytest.mark.skipif(importlib.util.find_spec("kcorrect") is None, reason="kcorrect is not installed")


@pytest.fixture(scope="module")
def galaxies(tmp_path_factory):
    return open_store(kcorrect_catalogue(tmp_path_factory.mktemp("kcorrect") / "sdss.h5"))


def test_it_is_the_catalogue(galaxies):
    with fits.open(catalogues._kcorrect_file()) as units:
        table = units[1].data
        inside = np.array(table["Z"]) < 0.4
        np.testing.assert_array_equal(galaxies.id, np.flatnonzero(inside))
        np.testing.assert_array_equal(galaxies.redshift.astype(np.float32), table["Z"][inside])
        np.testing.assert_array_equal(galaxies.flux, table["MODELFLUX"][inside])
        np.testing.assert_allclose(galaxies.flux_error**-2.0, table["MODELFLUX_IVAR"][inside], rtol=1e-5)
        extinction = np.array([EXTINCTION_PER_EBV[band] for band in "ugriz"]) * galaxies.ebv[:, None]
        np.testing.assert_allclose(extinction, table["EXTINCTION"][inside], rtol=2e-3)


def test_it_is_usable(galaxies):
    assert 9_990 <= len(galaxies) < 10_000
    assert Grid().contains(galaxies.redshift).all()
    assert np.isfinite(galaxies.flux).all()
    assert np.isfinite(galaxies.flux_error).all()
    assert galaxies.bands == ("u", "g", "r", "i", "z")
    assert not galaxies.simulated
    assert galaxies.has("photometry")
    assert not any(galaxies.has(part) for part in ("images", "spectra", "sources", "sky"))


def test_parts(galaxies):
    total = len(galaxies)
    assert len(galaxies.test) / total == pytest.approx(0.20, abs=0.015)
    assert len(galaxies.validation) / total == pytest.approx(0.05, abs=0.01)
    assert len(galaxies.train) + len(galaxies.validation) + len(galaxies.test) == total


def test_again_it_is_left_alone(galaxies):
    before = galaxies.path.stat().st_mtime_ns
    kcorrect_catalogue(galaxies.path)
    assert galaxies.path.stat().st_mtime_ns == before


def test_kcorrect_itself_is_not_imported(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kcorrect.kcorrect", None)
    assert kcorrect_catalogue(tmp_path / "a.h5").is_file()


def test_without_kcorrect(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"kcorrect is not installed; pip install 'slipher\[simulate\]'"):
        kcorrect_catalogue(tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_installation(tmp_path, monkeypatch):
    (tmp_path / "broken.fits").write_bytes(b"SIMPLE")
    monkeypatch.setattr(catalogues, "_kcorrect_file", lambda: tmp_path / "broken.fits")
    with pytest.raises(InputError, match="install kcorrect again"):
        kcorrect_catalogue(tmp_path / "a.h5")
