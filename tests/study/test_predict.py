import os
import shutil
import threading
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from slipher.density.evaluate import evaluate
from slipher.density.file import DensityFile, read
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.formats.tables import read_table, write_table
from slipher.locks import held
from slipher.methods.base import Job
from slipher.methods.base import fit as fit_method
from slipher.methods.trainz import Trainz, fit
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


@contextmanager
def asked_of(blocks=None):
    """The first row of every block that is predicted; interrupted after so many."""
    plain, asked = Trainz.predict, []

    def predicted(self, galaxies, progress=True):
        if len(galaxies):
            if len(asked) == blocks:
                raise KeyboardInterrupt
            asked.append(int(galaxies.rows[0]))
        return plain(self, galaxies, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainz, "predict", predicted)
        patch.setattr(library, "BLOCK", 100)
        yield asked


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def interrupt(model, galaxies, *places):
    with asked_of(blocks=4), pytest.raises(KeyboardInterrupt):
        predict(model, galaxies, *places)


@pytest.mark.parametrize("suffix", ["parquet", "fits", "csv"])
def test_an_interrupted_prediction_goes_on_where_it_was_and_ends_with_the_same_bytes(galaxies, model, tmp_path, suffix):
    whole, again = ((tmp_path / name / "d.hdf5", tmp_path / name / f"c.{suffix}") for name in ("whole", "again"))
    predict(model, galaxies, *whole)
    interrupt(model, galaxies, *again)
    assert [path.name for path in (tmp_path / "again").iterdir()] == [".unfinished-d.hdf5"]
    with asked_of() as asked:
        predict(model, galaxies, *again)
    assert asked == [400, 500]
    assert content(tmp_path / "again") == content(tmp_path / "whole")


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_what_a_power_cut_took_is_predicted_again(galaxies, model, tmp_path, harm):
    predict(model, galaxies, tmp_path / "whole.hdf5")
    interrupt(model, galaxies, tmp_path / "d.hdf5")
    block = next(tmp_path.rglob("100-200.npz"))
    block.write_bytes(b"") if harm == "cut" else block.unlink()
    with asked_of() as asked:
        predict(model, galaxies, tmp_path / "d.hdf5")
    assert asked == [100, 400, 500]
    assert (tmp_path / "d.hdf5").read_bytes() == (tmp_path / "whole.hdf5").read_bytes()


def test_nothing_is_taken_up_from_another_model_or_of_other_galaxies(galaxies, model, tmp_path):
    interrupt(model, galaxies, tmp_path / "d.hdf5")
    other = fit(galaxies, Job(grid=Grid(0.4, 30)))
    for each, rows in ((other, galaxies), (model, galaxies[::-1])):
        with pytest.raises(InputError, match="something else was begun there and can go on"):
            predict(each, rows, tmp_path / "d.hdf5")
    with asked_of() as asked:
        predict(other, galaxies, tmp_path / "d.hdf5", overwrite=True)
    assert asked == [0, 100, 200, 300, 400, 500]
    assert list(content(tmp_path)) == ["d.hdf5"]


def test_what_was_predicted_before_is_left_as_it_is_and_said(galaxies, model, tmp_path, capsys):
    places = tmp_path / "d.hdf5", tmp_path / "c.csv"
    predict(model, galaxies, *places)
    before = [path.stat().st_mtime_ns for path in places]
    with asked_of() as asked:
        predict(model, galaxies, *places)
        predict(model, galaxies, places[0])
    assert asked == []
    assert [path.stat().st_mtime_ns for path in places] == before
    assert capsys.readouterr().err.count("d.hdf5 is there already, predicted by the same command before.") == 2


def test_a_catalogue_that_lacks_is_made_and_another_one_is_left_alone(galaxies, model, tmp_path):
    places = tmp_path / "d.hdf5", tmp_path / "c.csv"
    predict(model, galaxies, *places)
    whole = content(tmp_path)
    places[1].unlink()
    predict(model, galaxies, *places)
    assert content(tmp_path) == whole
    places[1].write_text("mine")
    with pytest.raises(InputError, match="is there already and was made from something else"):
        predict(model, galaxies, *places)
    assert content(tmp_path) == whole | {"c.csv": b"mine"}
    predict(model, galaxies, *places, overwrite=True)
    assert content(tmp_path) == whole


def test_a_catalogue_may_lie_in_another_folder(galaxies, model, tmp_path):
    interrupt(model, galaxies, tmp_path / "d.hdf5", tmp_path / "new/folder/c.csv")
    predict(model, galaxies, tmp_path / "d.hdf5", tmp_path / "new/folder/c.csv")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c.csv", "d.hdf5", "folder", "new"]


@pytest.mark.parametrize("place", ["d.hdf5", "c.csv"])
def test_who_works_on_a_destination_is_said_before_any_work(galaxies, model, tmp_path, place):
    refused = []

    def second():
        with pytest.raises(InputError, match=f"{place} is being written by process {os.getpid()}") as error:
            predict(model, galaxies, tmp_path / "d.hdf5", tmp_path / "c.csv")
        refused.append(error)

    with asked_of() as asked, held(tmp_path / place):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert (len(refused), asked) == (1, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["d.hdf5", "c.csv", ".unfinished-d.hdf5", ".lock-c.csv", ".lock-d.hdf5"])
@pytest.mark.parametrize("kind", ["file", "folder", "link to nothing", "link to a file"])
def test_what_others_have_at_a_name_of_ours_is_left_alone(galaxies, model, tmp_path, name, kind):
    folder, theirs = tmp_path / "folder", tmp_path / "theirs"
    folder.mkdir()
    theirs.write_text("theirs")
    place = folder / name
    if kind == "file":
        place.write_text("mine")
    elif kind == "folder":
        place.mkdir()
        (place / "notes").write_text("mine")
    else:
        place.symlink_to(theirs if kind.endswith("file") else tmp_path / "nothing")
    with pytest.raises(InputError, match=r"is there|is a folder|cannot be opened|leads nowhere"):
        predict(model, galaxies, folder / "d.hdf5", folder / "c.csv")
    assert [path.name for path in folder.iterdir()] == [name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "theirs"]
    assert theirs.read_text() == "theirs"
    assert kind != "file" or place.read_text() == "mine"
    assert kind != "folder" or (place / "notes").read_text() == "mine"


@pytest.mark.parametrize("gone", ["folder", "folder/.unfinished-d.hdf5"])
def test_a_folder_that_vanishes_is_said_and_nothing_is_left(galaxies, model, tmp_path, gone):
    places, plain = (tmp_path / "folder/d.hdf5", tmp_path / "folder/c.csv"), library._predicted

    def predicted(model, block, detailed):
        if block.rows[0] == 200:
            shutil.rmtree(tmp_path / gone)
        return plain(model, block, detailed)

    with asked_of(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "_predicted", predicted)
        with pytest.raises(InputError, match="cannot be written: No such file or directory"):
            predict(model, galaxies, *places)
    assert [path.name for path in tmp_path.rglob("*")] == (["folder"] if "/" in gone else [])
    predict(model, galaxies, *places)
    assert sorted(content(tmp_path / "folder")) == ["c.csv", "d.hdf5"]


@pytest.mark.parametrize("room", [0, 3000, 40_000, 150_000])
def test_on_a_full_disk_what_is_predicted_is_kept(galaxies, model, tmp_path, files_of_at_most, capfd, room):
    places = tmp_path / "d.hdf5", tmp_path / "c.csv"
    with files_of_at_most(room), pytest.raises(InputError, match="File too large; make room, or choose another"):
        predict(model, galaxies, *places)
    assert not any(path.exists() for path in places)
    assert "Exception ignored" not in capfd.readouterr().err
    predict(model, galaxies, *places)
    assert sorted(content(tmp_path)) == ["c.csv", "d.hdf5"]


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
