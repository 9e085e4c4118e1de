import h5py
import numpy as np
import pytest

from slipher.density.evaluate import evaluate
from slipher.density.file import DensityFile, read
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.formats.tables import read_table, write_table
from slipher.methods.base import Job
from slipher.methods.base import fit as fit_method
from slipher.methods.trainz import fit
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.redshift import Grid
from slipher.study import predict as library
from slipher.study.predict import FLAGS, catalogue, predict, quality_flags
from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

GRID = Grid(0.4, 40)


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


@pytest.fixture
def model(galaxies):
    return fit(galaxies, Job(grid=GRID))


def flags(
    mass: np.ndarray, redshift: float = np.nan, bad: bool = False, missing: bool = False, far: bool = False
) -> set[str]:
    density = Density(GRID, (mass / mass.sum())[None])
    known = [np.array([each]) for each in (redshift, bad, missing, far)]
    bits = int(quality_flags(density, *known)[0])
    return {name for name, bit in FLAGS.items() if bits & bit}


def peak(centre: float, width: float = 0.01) -> np.ndarray:
    return np.exp(-(((GRID.centres - centre) / width) ** 2) / 2)


def test_each_flag_has_its_cause():
    assert flags(peak(0.2)) == set()
    assert flags(peak(0.2), 0.19) == set()
    assert flags(peak(0.2), 0.5) == {"beyond"}
    assert flags(peak(0.4)) == {"edge"}
    assert flags(peak(0.0)) == {"edge"}
    assert flags(peak(0.2), far=True) == {"far"}
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
    names = "id split z_mean z_median z_mode z_q025 z_q16 z_q84 z_q975 odds flags"
    assert list(columns) == names.split()
    assert np.array_equal(columns["id"], galaxies.id)
    assert np.array_equal(columns["split"], galaxies.split)
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


@pytest.mark.parametrize(("order", "most"), [("ugriz", False), ("uzrig", True), ("zirgu", True)])
def test_bands_in_another_order_are_flagged_and_said(catalogue_store, tmp_path, capsys, order, most):
    galaxies = open_store(catalogue_store)
    model = fit_method(galaxies, method="local-linear", grid=GRID, options={"neighbours": 20})
    table = {"id": galaxies.id}
    for band, place in zip("ugriz", order, strict=True):
        table |= {f"f_{band}": galaxies.flux[:, "ugriz".index(place)].astype(np.float64)}
        table |= {f"e_{band}": galaxies.flux_error[:, "ugriz".index(place)].astype(np.float64)}
    write_table(tmp_path / "t.csv", table)
    columns = CatalogueColumns(flux="f_{band}", flux_error="e_{band}", id="id")
    other = open_store(import_catalogue(tmp_path / "t.csv", tmp_path / "t.h5", columns))
    predict(model, other, tmp_path / "d.hdf5", tmp_path / "c.csv")
    far = (read_table(tmp_path / "c.csv")["flags"].values & FLAGS["far"]) > 0
    assert (far.mean() > 0.5) == most == ("have a photometry far from that of the training" in capsys.readouterr().err)
    assert most or far.mean() < 0.03


def test_bad_pixels_are_flagged(image_store):
    galaxies = open_store(image_store)
    density = fit(galaxies, Job(grid=GRID)).predict(galaxies)
    bad = catalogue(density, galaxies, np.zeros(len(galaxies), bool))["flags"] & FLAGS["bad_pixels"]
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


@pytest.fixture
def named(tmp_path):
    """Galaxies with names of any script, and positions."""
    rng = np.random.default_rng(2)
    count, redshift = 60, rng.uniform(0.02, 0.38, 60)
    flux = 10 ** (0.4 * (22.5 - rng.uniform(16, 19, (count, 5))))
    columns = {"name": np.array([f"NGC-é{row}" for row in range(count)]), "z": redshift}
    columns |= {"ra": rng.uniform(0, 360, count), "dec": rng.uniform(-90, 90, count)}
    columns |= {f"f_{band}": flux[:, at] for at, band in enumerate("ugriz")}
    columns |= {f"e_{band}": 0.05 * flux[:, at] for at, band in enumerate("ugriz")}
    write_table(tmp_path / "named.parquet", columns)
    mapping = CatalogueColumns(flux="f_{band}", flux_error="e_{band}", redshift="z", id="name", ra="ra", dec="dec")
    return open_store(import_catalogue(tmp_path / "named.parquet", tmp_path / "named.h5", mapping))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_names_positions_and_parts_go_from_the_store_to_the_scores(named, tmp_path, capsys, suffix):
    out, table = tmp_path / "densities.hdf5", tmp_path / f"catalogue.{suffix}"
    predict(fit(named, Job(grid=GRID)), named, out, table)
    with DensityFile(out) as file:
        for each in (read_table(table), file.ancil):
            found = {name: each[name].values for name in each}
            assert found["id"].tolist() == [f"NGC-é{row}" for row in range(60)]
            assert np.array_equal(found["split"], named.split)
            assert np.array_equal(found["ra"], named.column("catalogue/ra"))
            assert np.array_equal(found["dec"], named.column("catalogue/dec"))
    test = (named.split == 2).sum()
    of_densities = evaluate(out)
    assert (of_densities["n"], of_densities["split"]) == (test, "test")
    of_store = evaluate(out, f"{named.path}:redshift")
    assert of_store == of_densities | {"matched": {"by": "id", "of": 60, "n": 60}}
    of_points = evaluate(table, f"{tmp_path}/named.parquet:z", "z_mean")
    assert "no column of ids is in both" in capsys.readouterr().err
    assert of_points["n"] == test
    assert of_points["metrics"]["mad"]["value"] == pytest.approx(of_densities["metrics"]["mad"]["value"])


def test_names_that_fits_cannot_hold_are_refused_before_any_work(named, tmp_path):
    model = fit(named, Job(grid=GRID))
    with pytest.raises(InputError, match=r"cannot hold 60 of the 60 identifiers, such as 'NGC-é0', since FITS"):
        predict(model, named, tmp_path / "densities.hdf5", tmp_path / "catalogue.fits")
    assert not (tmp_path / "densities.hdf5").exists()


def test_r_is_softened_by_the_galaxy_itself(galaxies, tmp_path):
    """So that neither its company nor the model moves a galaxy into another part of an evaluation."""
    whole, part = (read_r(fit(galaxies, Job(grid=GRID)), some, tmp_path) for some in (galaxies, galaxies[7:9]))
    assert np.array_equal(part, whole[7:9])
    extinction = EXTINCTION_PER_EBV["r"] * galaxies.ebv
    # measured to 2 per cent, where an asinh magnitude is the ordinary one
    assert np.allclose(whole, 22.5 - 2.5 * np.log10(galaxies.flux[:, 2]) - extinction, atol=5e-4)


def read_r(model, galaxies, folder):
    """The magnitudes in r that go with densities."""
    with h5py.File(predict(model, galaxies, folder / "d.hdf5", overwrite=True)) as file:
        return file["ancil/r"][()]


def test_r_of_a_galaxy_without_flux_is_that_of_its_noise(tmp_path):
    flux, error = np.array([[0.0], [-3], [5], [0], [1e4]]), np.array([[1.0], [1], [0], [np.inf], [1]])
    schema = galaxy_schema(5, ("lsst2016-r",), source="a test")
    columns = {"id": np.arange(5), "redshift": np.full(5, 0.1), "ebv": np.zeros(5), "split": np.zeros(5)}
    columns |= {"photometry/flux": flux, "photometry/flux_error": error}
    with StoreWriter(tmp_path / "s.h5", schema, "test") as writer:
        writer.write(0, {name: each.astype(schema.columns[name].dtype) for name, each in columns.items()})
        writer.finish()
    found = library._properties(open_store(tmp_path / "s.h5"))["r"]
    assert found[[0, 4]] == pytest.approx([22.5 - 2.5 * np.log10(1.042), 12.5], abs=1e-3)
    assert found[1] > found[0]
    assert np.isnan(found).tolist() == [False, False, True, True, False]
