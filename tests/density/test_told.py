from functools import partial

import h5py
import numpy as np
import pytest
from scipy import stats

from slipher.density import evaluate as module
from slipher.density import file as densities
from slipher.density import scores
from slipher.density.evaluate import evaluate
from slipher.density.file import DensityFile
from slipher.density.told import tell_missing, tell_outside
from slipher.redshift import Grid


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(module, "score_columns", partial(scores.score_columns, resamples=20))


def write(path, loc, scale=0.02, ids=None):
    """Normal densities in qp's layout, without qp."""
    with h5py.File(path, "w") as file:
        file["meta/pdf_name"] = np.array([b"norm"])
        file["meta/pdf_version"] = np.array([0])
        file["data/loc"] = np.reshape(loc, (-1, 1)).astype(float)
        file["data/scale"] = np.broadcast_to(scale, np.shape(loc)).reshape(-1, 1)
        file["ancil/redshift"] = np.full((len(loc), 1), 0.5)
        if ids is not None:
            file["ancil/id"] = ids
    return path


def test_rows_without_a_density_are_named_and_left_out(tmp_path, capsys):
    loc = np.full(200, 0.5)
    loc[[7, 9, 11, 12, 13, 14]] = np.nan
    path = write(tmp_path / "d.hdf5", loc, ids=1000 + np.arange(200))
    document = evaluate(path)
    assert document["n"] == 194
    assert document["metrics"]["cde_loss"]["value"] == pytest.approx(
        1 / (2 * 0.02 * np.sqrt(np.pi)) - 2 / (0.02 * np.sqrt(2 * np.pi))
    )
    said = capsys.readouterr().err
    assert "6 of 200 densities" in said
    assert "row 7 (id 1007), 9 (id 1009), 11 (id 1011), 12 (id 1012), 13 (id 1013), ..." in said


def test_one_wide_row_does_not_touch_the_others(tmp_path):
    loc, scale = np.full(200, 0.5), np.full(200, 0.02)
    loc[7], scale[7] = 40, 30
    exact = 1 / (2 * scale * np.sqrt(np.pi)) - 2 * stats.norm.pdf(0.5, loc, scale)
    found = evaluate(write(tmp_path / "d.hdf5", loc, scale))["metrics"]["cde_loss"]["value"]
    assert found == pytest.approx(exact.mean(), rel=1e-6)


def test_a_galaxy_far_from_the_others_is_scored(tmp_path):
    loc = np.full(3000, 0.5)
    loc[7] = 5.0
    with DensityFile(write(tmp_path / "d.hdf5", loc)) as file:
        assert np.concatenate([block.mean() for block in file.blocks()])[7] == pytest.approx(5)


def test_mass_below_0_is_counted_and_kept(tmp_path, capsys):
    path = write(tmp_path / "d.hdf5", np.full(50, 0.05), 0.1)
    with h5py.File(path, "r+") as file:
        file["ancil/redshift"][:] = 0.05
    document = evaluate(path)
    assert document["metrics"]["bias"]["value"] == pytest.approx(0, abs=1e-12)
    said = capsys.readouterr().err
    assert "50 of 50 densities" in said
    assert "31 % of their probability on average" in said


def test_mass_outside_of_a_grid_is_counted_and_cut_off(tmp_path, capsys):
    loc = np.array([0.5, 0.39, 3.0])
    with DensityFile(write(tmp_path / "d.hdf5", loc), Grid(0.4, 400)) as file:
        good, density, outside = file.block(0, 3)
        assert good.tolist() == [True, True, False]
        assert density.mean()[1] == pytest.approx(stats.truncnorm.mean(-np.inf, 0.5, 0.39, 0.02), abs=1e-5)
        assert outside[1] == pytest.approx(stats.norm.sf(0.5), abs=1e-6)
        tell_missing(file, good)
        tell_outside(file, outside)
    said = capsys.readouterr().err
    assert "or outside of the grid" in said
    assert "2 of 2 densities" in said
    assert "cut off" in said


def test_nothing_is_said_of_ours(tmp_path, capsys):
    mass = np.full((3, 10), 0.1)
    densities.write(tmp_path / "d.hdf5", densities.Density(Grid(0.4, 10), mass, redshift=np.full(3, 0.2)))
    capsys.readouterr()
    with DensityFile(tmp_path / "d.hdf5") as file:
        good, _, outside = file.block(0, 3)
        tell_missing(file, good)
        tell_outside(file, outside)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("outside", "words"),
    [
        ([1.0, 1.0], "100 % of their probability on average and 100 % at most"),
        ([0.012, 0.9996], "51 % of their probability on average and 100 % at most"),
        ([0.0012, 0.0016], "0.14 % of their probability on average and 0.16 % at most"),
    ],
)
def test_shares_are_printed_without_powers_of_ten(tmp_path, capsys, outside, words):
    with DensityFile(write(tmp_path / "d.hdf5", [0.5, 0.5])) as file:
        tell_outside(file, np.array(outside))
    assert words in capsys.readouterr().err
