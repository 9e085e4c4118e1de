import sys

import h5py
import numpy as np
import pytest
from scipy import stats

from slipher.density import file as densities
from slipher.density.foreign import grid_of_knots
from slipher.errors import InputError
from slipher.redshift import Grid

qp = pytest.importorskip("qp")


def write_qp(path, kind, data, ancil=None):
    qp.Ensemble(getattr(qp, kind, None) or getattr(qp.stats, kind), data=data, ancil=ancil).write_to(str(path))


def test_foreign_histogram_in_unequal_bins(tmp_path):
    edges = np.array([0, 0.02, 0.03, 0.1, 0.4])
    write_qp(tmp_path / "f.hdf5", "hist", {"bins": edges, "pdfs": np.array([[1.0, 2, 3, 4], [0, 1, 0, 1]])})
    back = densities.read(tmp_path / "f.hdf5")
    assert back.grid == Grid(0.4, 40)
    expected = np.array([1.0, 2, 3, 4]) * np.diff(edges)
    assert back.cdf(edges[None, 1:])[0] == pytest.approx(np.cumsum(expected) / expected.sum())


def test_foreign_interpolated_densities(tmp_path):
    z = np.linspace(0, 3, 301)
    mu, sigma = np.array([0.5, 1.2, 2.0]), np.array([0.05, 0.1, 0.04])
    pdf = stats.norm.pdf(z, mu[:, None], sigma[:, None])
    write_qp(tmp_path / "f.hdf5", "interp", {"xvals": z, "yvals": pdf}, {"zmode": mu})
    back = densities.read(tmp_path / "f.hdf5")
    assert back.grid == Grid(3.0, 300)
    assert back.mean() == pytest.approx(mu, abs=1e-4)
    assert back.std() == pytest.approx(sigma, rel=0.02)


@pytest.mark.parametrize("kind", ["mixmod", "norm", "quant"])
def test_foreign_densities_without_knots(tmp_path, kind):
    mu, sigma = np.array([0.5, 0.2, 0.3]), np.array([0.05, 0.02, 0.01])
    quants = np.linspace(0.001, 0.999, 99)
    data = {
        "mixmod": {"means": mu[:, None], "stds": sigma[:, None], "weights": np.ones((3, 1))},
        "norm": {"loc": mu[:, None], "scale": sigma[:, None]},
        "quant": {"quants": quants, "locs": stats.norm.ppf(quants, mu[:, None], sigma[:, None])},
    }
    write_qp(tmp_path / "f.hdf5", kind, data[kind])
    back = densities.read(tmp_path / "f.hdf5")
    assert back.grid.width < 0.01 / 3
    assert back.mean() == pytest.approx(mu, abs=1e-3)
    assert back.std() == pytest.approx(sigma, rel=0.05)
    on_ours = densities.read(tmp_path / "f.hdf5", Grid(1.0, 1000))
    assert on_ours.median() == pytest.approx(mu, abs=1e-3)


def test_unknown_parameterisation(tmp_path):
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["meta/pdf_name"] = np.array([b"spirals"])
        file["meta/pdf_version"] = np.array([0])
        file["data/arms"] = np.zeros((3, 2))
    with pytest.raises(InputError, match="not an ensemble that this qp can read"):
        densities.read(tmp_path / "d.hdf5")


def test_a_grid_of_knots_starts_at_zero():
    z = np.linspace(0.01, 3.01, 301)
    assert grid_of_knots(z) == Grid(3.01, 301)


def test_mass_outside_the_grid_is_cut_off(tmp_path):
    data = {"loc": np.array([[0.0], [0.4]]), "scale": np.array([[0.1], [0.1]])}
    write_qp(tmp_path / "f.hdf5", "norm", data)
    back = densities.read(tmp_path / "f.hdf5", Grid(0.4, 400))
    expected = stats.truncnorm.mean([0, -4], [4, 0], [0, 0.4], 0.1)
    assert back.mean() == pytest.approx(expected, abs=1e-5)


def test_without_qp_the_error_names_the_extra(tmp_path, monkeypatch):
    write_qp(tmp_path / "f.hdf5", "norm", {"loc": np.array([[0.1]]), "scale": np.array([[0.1]])})
    monkeypatch.setitem(sys.modules, "qp", None)
    with pytest.raises(InputError, match=r"slipher\[qp\]"):
        densities.read(tmp_path / "f.hdf5")


def test_damaged_tables(tmp_path):
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["meta/pdf_name"] = np.array([b"norm"])
        file["meta/pdf_version"] = np.array([0])
        file["data/loc"] = np.zeros((3, 1))
        file["data/scale"] = np.ones((2, 1))
    with pytest.raises(InputError, match=r"\[2, 3\] rows"):
        densities.read(tmp_path / "d.hdf5")
