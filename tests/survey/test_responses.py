"""The cache of response tables is made once, lies beside the store, and follows all that determines it."""

import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from slipher.constraints.flux import Flux
from slipher.errors import InputError
from slipher.physics.filters import filters_for
from slipher.physics.response import response_table
from slipher.redshift import Grid
from slipher.survey import responses
from slipher.survey.amend import amend
from slipher.survey.responses import response_cache
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

N, PIXELS, LOGLAM0 = 11, 3820, 3.58
GRID = Grid(0.4, 20)
BANDS = ("g", "r")


def columns(seed=0):
    rng = np.random.default_rng(seed)
    wavelength = 10 ** (LOGLAM0 + 1e-4 * np.arange(PIXELS))
    slopes = rng.uniform(-1, 2, (N, 1))
    return {
        "id": np.arange(N),
        "redshift": np.where(np.arange(N) == 4, np.nan, rng.uniform(0.01, 0.4, N)),
        "ebv": np.where(np.arange(N) == 2, np.nan, 0.05),
        "split": np.zeros(N),
        "photometry/flux": np.ones((N, 2)),
        "photometry/flux_error": np.ones((N, 2)),
        "spectrum/flux": 10 * (wavelength / 5000) ** slopes + rng.normal(0, 0.1, (N, PIXELS)),
        "spectrum/ivar": np.full((N, PIXELS), 100.0),
        "spectrum/have": np.arange(N) != 7,
    }


def make(path, spectra=True, seed=0):
    data = columns(seed)
    if not spectra:
        data = {name: values for name, values in data.items() if "spectrum" not in name}
    size = {"loglam0": LOGLAM0, "pixels": PIXELS} if spectra else {}
    with StoreWriter(path, galaxy_schema(N, BANDS, source="a test", **size), "x") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in data.items()})
        writer.finish()
    return open_store(path)


@pytest.fixture
def store(tmp_path):
    return make(tmp_path / "survey.h5")


def expected(store, **options):
    spectra = store.spectra()
    redshift = np.where(spectra.have, store.redshift, np.nan)
    return response_table(LOGLAM0, spectra.flux, spectra.ivar, redshift, GRID, filters_for(BANDS), **options)


def test_rows_are_those_of_the_store(store, monkeypatch):
    monkeypatch.setattr(responses, "BLOCK", 4)
    whole = expected(store)
    wanted = np.array([9, 0, 7, 3, 3])
    table, counting = response_cache(store, GRID, Flux()).rows(wanted)
    assert table.dtype == np.float32
    assert np.allclose(table, whole.table[wanted], rtol=1e-6)
    assert np.array_equal(counting, whole.counting[wanted])


def test_a_view_has_the_table_of_the_whole_store(store):
    assert len(response_cache(store[3:5], GRID, Flux())) == N


def test_galaxies_without_spectrum_or_redshift_count_nowhere(store):
    _, counting = response_cache(store, GRID, Flux()).rows(np.arange(N))
    assert np.flatnonzero(~counting.any(axis=1)).tolist() == [4, 7]


def test_it_is_made_once(store, monkeypatch, capsys):
    path = response_cache(store, GRID, Flux()).path
    assert "response tables" in capsys.readouterr().err
    assert path.parent == store.path.with_name("survey.h5.responses")
    monkeypatch.setattr(responses, "response_table", None)
    assert response_cache(store, GRID, Flux()).path == path
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_all_that_determines_it_names_it(store, tmp_path):
    other = make(tmp_path / "other.h5", seed=1)
    readings = [Flux(), Flux(uncovered="zero"), Flux(min_coverage=0.5)]
    files = [response_cache(store, GRID, reading).path.name for reading in readings]
    files += [response_cache(store, Grid(0.4, 21), Flux()).path.name, response_cache(other, GRID, Flux()).path.name]
    assert len(set(files)) == len(files)


def test_a_damaged_table_is_made_anew(store):
    first = response_cache(store, GRID, Flux())
    content = first.path.read_bytes()
    for damage in (b"", content[:100], content[:-200]):
        first.path.write_bytes(damage)
        table, _ = response_cache(store, GRID, Flux()).rows(np.arange(N))
        assert np.allclose(table, expected(store).table, rtol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.create_dataset("table", shape=(N, 20, 2), dtype=h5py.vlen_dtype(np.int32)),
        lambda file: file.create_dataset("table", data=np.zeros((N, 20, 3), np.float32)),
        lambda file: file.create_dataset("table", data=np.zeros((N, 20, 2), np.float64)),
        lambda file: file.create_dataset("table", data=np.zeros((N, 20, 2), np.float32), chunks=(1, 20, 2)),
        lambda file: file.create_dataset("table", (N, 20, 2), np.float32, external=[("/dev/zero", 0, 8 * N * 20)]),
        lambda file: file.create_group("table"),
        lambda file: None,
    ],
)
def test_a_table_of_another_form_is_made_anew(store, change):
    first = response_cache(store, GRID, Flux())
    with h5py.File(first.path, "r+") as file:
        del file["table"]
        change(file)
    table, _ = response_cache(store, GRID, Flux()).rows(np.arange(N))
    assert np.allclose(table, expected(store).table, rtol=1e-6)


def test_what_is_no_file_is_not_read(store):
    path = response_cache(store, GRID, Flux()).path
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="cannot be written: it is a pipe"):
        response_cache(store, GRID, Flux())
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="cannot be written: it is a folder"):
        response_cache(store, GRID, Flux())


def test_a_table_that_is_cut_off_while_it_is_read_is_named(store):
    table = response_cache(store, GRID, Flux())
    os.truncate(table.path, 3000)
    with pytest.raises(InputError, match="is truncated"):
        table.rows(np.arange(N))


def test_it_goes_to_another_process(store):
    cache = response_cache(store, GRID, Flux())
    again = pickle.loads(pickle.dumps(cache))
    assert np.array_equal(again.rows(np.array([1]))[0], cache.rows(np.array([1]))[0])


def test_a_store_without_spectra_is_named(tmp_path):
    with pytest.raises(InputError, match="has no spectra"):
        response_cache(make(tmp_path / "bare.h5", spectra=False), GRID, Flux())


def test_dereddening_needs_the_dust_of_every_spectrum(store):
    with pytest.raises(InputError, match=r"E\(B−V\) of galaxy 2 is unknown"):
        response_cache(store, GRID, Flux(deredden=True))
    assert not list(store.path.with_name("survey.h5.responses").glob("*"))


def test_spectra_of_a_dereddened_store_are_corrected_by_what_its_images_were(store):
    ebv = np.linspace(0.02, 0.2, N)

    def dereddened(galaxies, payload):
        return {"ebv": np.zeros(len(galaxies)), "catalogue/ebv": ebv[galaxies.rows]}

    columns = {"ebv": Column("float32"), "catalogue/ebv": Column("float64")}
    amend(store.path, dereddened, stamp=("test", "1"), columns=columns, attributes={"dereddened": True})
    store = open_store(store.path)
    table, _ = response_cache(store, GRID, Flux(deredden=True)).rows(np.arange(N))
    assert np.allclose(table, expected(store, ebv=ebv).table, rtol=1e-6)
    assert not np.allclose(table, expected(store).table, rtol=1e-6)


def test_a_reading_out_of_range_is_refused(store):
    with pytest.raises(InputError, match="min_coverage"):
        response_cache(store, GRID, Flux(min_coverage=2.0))


def test_two_make_one_table(store, monkeypatch):
    """The second waits for the first, and takes what it made."""
    begun, made, work = threading.Event(), [], responses.response_table

    def slow(*arguments, **options):
        begun.set()
        time.sleep(0.3)
        made.append(1)
        return work(*arguments, **options)

    monkeypatch.setattr(responses, "response_table", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(response_cache, store, GRID, Flux())
        begun.wait()
        assert pool.submit(response_cache, store, GRID, Flux()).result().path == first.result().path
    assert len(made) == 1
    assert sorted(each.name for each in store.path.parent.iterdir()) == ["survey.h5", "survey.h5.responses"]
    assert len(list(first.result().path.parent.iterdir())) == 1


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_a_user_has_at_the_name_of_the_folder_is_left_alone(store, kind):
    theirs = store.path.with_name("survey.h5.responses")
    if kind == "file":
        theirs.write_text("mine")
    else:
        theirs.symlink_to("nowhere")
    with pytest.raises(InputError, match=r"survey.h5.responses is where the response tables of .*survey.h5 would lie"):
        response_cache(store, GRID, Flux())
    assert theirs.is_symlink() if kind == "link" else theirs.read_text() == "mine"
    assert sorted(each.name for each in store.path.parent.iterdir()) == ["survey.h5", "survey.h5.responses"]


def test_a_full_disk_is_said_in_one_sentence(store, files_of_at_most, capfd):
    with files_of_at_most(100), pytest.raises(InputError, match="File too large; make room"):
        response_cache(store, GRID, Flux())
    assert [each.name for each in store.path.parent.iterdir()] == ["survey.h5"]
    assert "Traceback" not in capfd.readouterr().err
