import numpy as np
import pytest

from slipher.density.file import read
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.formats.tables import read_table
from slipher.methods.base import Job
from slipher.methods.trainz import fit
from slipher.redshift import Grid
from slipher.study import predict as library
from slipher.study.predict import FLAGS, catalogue, predict, quality_flags
from slipher.survey.store import open_store

GRID = Grid(0.4, 40)


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


@pytest.fixture
def model(galaxies):
    return fit(galaxies, Job(grid=GRID))


def flags(mass: np.ndarray, redshift: float = np.nan, bad: bool = False, missing: bool = False) -> set[str]:
    density = Density(GRID, (mass / mass.sum())[None])
    bits = int(quality_flags(density, np.array([redshift]), np.array([bad]), np.array([missing]))[0])
    return {name for name, bit in FLAGS.items() if bits & bit}


def peak(centre: float, width: float = 0.01) -> np.ndarray:
    return np.exp(-(((GRID.centres - centre) / width) ** 2) / 2)


def test_each_flag_has_its_cause():
    assert flags(peak(0.2)) == set()
    assert flags(peak(0.2), 0.19) == set()
    assert flags(peak(0.2), 0.5) == {"beyond"}
    assert flags(peak(0.4)) == {"edge"}
    assert flags(peak(0.2), bad=True) == {"bad_pixels"}
    assert flags(peak(0.2), missing=True) == {"missing_band"}
    assert flags(peak(0.2, 0.1)) == {"wide"}
    assert flags(2 * peak(0.1) + peak(0.2)) == {"peaks"}
    assert flags(10 * peak(0.1) + peak(0.2)) == set()


@pytest.mark.parametrize("suffix", ["parquet", "fits", "csv"])
def test_densities_and_catalogue_are_written_in_order(galaxies, model, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(library, "BLOCK", 70)
    out, table = tmp_path / "densities.hdf5", tmp_path / f"catalogue.{suffix}"
    assert predict(model, galaxies, out, table) == out
    found = read(out)
    assert np.array_equal(found.id, galaxies.id)
    assert np.array_equal(found.redshift, galaxies.redshift)
    assert np.allclose(found.mass, model.mass)
    columns = {name: each.values for name, each in read_table(table).items()}
    names = "id z_mean z_median z_mode z_q025 z_q16 z_q84 z_q975 odds flags"
    assert list(columns) == names.split()
    assert np.array_equal(columns["id"], galaxies.id)
    assert np.all(np.diff([columns[f"z_{q}"] for q in ("q025", "q16", "median", "q84", "q975")], axis=0) >= 0)


def test_blocks_of_any_size_give_the_same_bytes(galaxies, model, tmp_path, monkeypatch):
    for size in (50, 1000):
        monkeypatch.setattr(library, "BLOCK", size)
        predict(model, galaxies, tmp_path / f"{size}.hdf5")
    assert (tmp_path / "50.hdf5").read_bytes() == (tmp_path / "1000.hdf5").read_bytes()


def test_galaxies_beyond_the_grid_are_predicted_and_named(galaxies, tmp_path, capfd):
    narrow = fit(galaxies, Job(grid=Grid(0.1, 10)))
    beyond = galaxies.redshift > 0.1
    predict(narrow, galaxies, tmp_path / "densities.hdf5", tmp_path / "catalogue.csv")
    said = capfd.readouterr().err
    assert f"{beyond.sum()} of {len(galaxies)} galaxies have a known redshift outside the grid (0, 0.1]" in said
    assert str(galaxies.id[beyond][0]) in said
    assert np.array_equal((read_table(tmp_path / "catalogue.csv")["flags"].values & FLAGS["beyond"]) > 0, beyond)


def test_bad_pixels_are_flagged(image_store):
    galaxies = open_store(image_store)
    density = fit(galaxies, Job(grid=GRID)).predict(galaxies)
    bad = catalogue(density, galaxies)["flags"] & FLAGS["bad_pixels"]
    assert np.flatnonzero(bad).tolist() == [len(galaxies) - 1]


def test_what_cannot_be_written_is_refused_before_any_work(galaxies, model, tmp_path):
    there = tmp_path / "there.hdf5"
    there.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        predict(model, galaxies, there)
    with pytest.raises(InputError, match=r"the allowed suffixes are \.parquet, \.fits, \.csv"):
        predict(model, galaxies, tmp_path / "new.hdf5", tmp_path / "table.xlsx")
    with pytest.raises(InputError, match="is a file, not a folder"):
        predict(model, galaxies, there / "new.hdf5")
    assert there.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["there.hdf5"]
    predict(model, galaxies, there, overwrite=True)
    assert len(read(there)) == len(galaxies)
