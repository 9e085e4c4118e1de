"""Views of a store give the rows asked for, and a broken store says so in one sentence."""

import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import Spectra, open_store, truth
from slipher.survey.writer import StoreWriter

N = 40


def columns(rng):
    return {
        "id": np.array([f"object {row:02d}" for row in range(N)], "S9"),
        "redshift": np.where(np.arange(N) % 7 == 3, np.nan, rng.uniform(0, 0.4, N)),
        "ebv": rng.uniform(0, 0.1, N),
        "split": np.repeat([0, 1, 2], [24, 6, 10]),
        "photometry/flux": rng.normal(10, 1, (N, 2)),
        "photometry/flux_error": rng.uniform(1, 2, (N, 2)),
        "images": rng.normal(0, 1, (N, 2, 8, 11)),
        "valid": rng.random((N, 2, 8, 11)) > 0.1,
        "sources": rng.random((N, 8, 11)) > 0.5,
        "sky/level": rng.normal(0, 1, (N, 2)),
        "sky/sigma": rng.uniform(1, 2, (N, 2)),
        "spectrum/flux": rng.normal(0, 1, (N, 30)),
        "spectrum/ivar": rng.uniform(1, 2, (N, 30)),
        "spectrum/have": np.arange(N) % 2,
        "truth/radius": rng.uniform(1, 2, N),
    }


@pytest.fixture(scope="module")
def data():
    return columns(np.random.default_rng(3))


@pytest.fixture(scope="module")
def path(tmp_path_factory, data):
    made = tmp_path_factory.mktemp("store") / "survey.h5"
    schema = galaxy_schema(
        N, ("g", "r"), source="a test", simulated=True, shape=(8, 11), pixel_scale=0.396, id_dtype="S9", loglam0=3.5,
        pixels=30, truth={"radius": Column("float64")},
    )  # fmt: skip
    with StoreWriter(made, schema, "x") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in data.items()})
        writer.put("sky/correlation", np.arange(50).reshape(2, 5, 5))
        writer.finish()
    return made


@pytest.fixture
def galaxies(path):
    return open_store(path)


def test_header(galaxies, path):
    assert len(galaxies) == N
    assert galaxies.path == path
    assert galaxies.bands == ("g", "r")
    assert galaxies.shape == (8, 11)
    assert galaxies.unit == "nanomaggy"
    assert galaxies.pixel_scale == 0.396
    assert galaxies.source == "a test"
    assert galaxies.simulated
    assert len(galaxies.fingerprint) == 32
    assert all(galaxies.has(part) for part in ("images", "spectra", "photometry", "sources", "sky"))
    assert repr(galaxies) == f"Galaxies({N} of {path}, bands g r)"


@given(rows=st.lists(st.integers(0, N - 1), max_size=60))
@example(rows=[28, 28, 30])
@example(rows=[2, 1, 0])
@example(rows=[])
@settings(max_examples=40, deadline=None)
def test_any_rows_in_any_order(path, data, rows):
    galaxies = open_store(path)[np.array(rows, np.int64)]
    assert len(galaxies) == len(rows)
    np.testing.assert_array_equal(galaxies.images(), data["images"].astype(np.float16)[rows].astype(np.float32))
    np.testing.assert_array_equal(galaxies.valid(), data["valid"][rows])
    np.testing.assert_array_equal(galaxies.redshift, data["redshift"][rows])


LARGE = np.random.default_rng(0).normal(size=(30, 1, 64, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store whose rows are larger than a page, so that every gap between them is skipped."""
    schema = galaxy_schema(30, ("r",), source="t", shape=(64, 64), image_dtype="float32", photometry=False, sky=False)
    plain = {"id": np.arange(30), "redshift": np.zeros(30), "ebv": np.zeros(30), "split": np.zeros(30)}
    path = tmp_path_factory.mktemp("large") / "a.h5"
    with StoreWriter(path, schema, "x") as writer:
        writer.write(0, {**plain, "images": LARGE, "valid": np.ones(LARGE.shape, bool)})
        writer.finish()
    return path


@given(rows=st.lists(st.integers(0, 29), max_size=12))
@example(rows=[26, 29, 28, 29])
@example(rows=[25, 24, 25])
@example(rows=list(range(30)))
@settings(max_examples=150, deadline=None)
def test_rows_far_apart(large, rows):
    np.testing.assert_array_equal(open_store(large)[np.array(rows, np.int64)].images(), LARGE[rows])


def test_numbers_that_are_picked_again_and_again_are_read_once(path, data, monkeypatch):
    reads, preadv = [], os.preadv
    monkeypatch.setattr(os, "preadv", lambda *where: (reads.append(where[2]), preadv(*where))[1])
    with h5py.File(path) as file:
        place = file["redshift"].id.get_offset()
    galaxies = open_store(path)
    for rows in ([7, 3], [0, 9, 9], [N - 1, 1]):
        np.testing.assert_array_equal(galaxies[rows].redshift, data["redshift"][rows])
    assert reads.count(place) == 1
    assert pickle.loads(pickle.dumps(galaxies[[4, 2]])).redshift.tolist() == data["redshift"][[4, 2]].tolist()
    assert reads.count(place) == 2


def test_columns(galaxies, data):
    np.testing.assert_array_equal(galaxies.id, [f"object {row:02d}" for row in range(N)])
    np.testing.assert_array_equal(galaxies.ebv, data["ebv"].astype(np.float32))
    np.testing.assert_array_equal(galaxies.flux, data["photometry/flux"].astype(np.float32))
    np.testing.assert_array_equal(galaxies.flux_error, data["photometry/flux_error"].astype(np.float32))
    np.testing.assert_array_equal(galaxies.sources(), data["sources"])
    np.testing.assert_array_equal(galaxies.sky_level, data["sky/level"].astype(np.float32))
    np.testing.assert_array_equal(galaxies.sky_sigma, data["sky/sigma"].astype(np.float32))
    np.testing.assert_array_equal(galaxies.sky_correlation, np.arange(50.0).reshape(2, 5, 5))


def test_spectra(galaxies, data):
    spectra = galaxies[5:9].spectra()
    assert isinstance(spectra, Spectra)
    assert spectra.loglam0 == 3.5
    np.testing.assert_array_equal(spectra.flux, data["spectrum/flux"][5:9].astype(np.float32))
    np.testing.assert_array_equal(spectra.have, [True, False, True, False])


def test_parts_of_the_split(galaxies):
    assert [len(part) for part in (galaxies.train, galaxies.validation, galaxies.test)] == [24, 6, 10]
    assert galaxies.test.rows.tolist() == list(range(30, 40))


def test_views_of_views(galaxies):
    assert galaxies[10:30][::5].rows.tolist() == [10, 15, 20, 25]
    assert galaxies[np.arange(N) > 37].rows.tolist() == [38, 39]
    assert galaxies[[4, 2]][np.array([1, 0])].rows.tolist() == [2, 4]


def test_batches(galaxies):
    batches = list(galaxies.batches(16))
    assert [len(batch) for batch in batches] == [16, 16, 8]
    assert np.concatenate([batch.rows for batch in batches]).tolist() == list(range(N))


def test_truth_is_out_of_reach(galaxies, path, data):
    np.testing.assert_array_equal(truth(path)["radius"], data["truth/radius"])
    with pytest.raises(InputError, match="has no truth/radius"):
        galaxies._read("truth/radius")


def test_it_travels(galaxies):
    galaxies.images()
    travelled = pickle.loads(pickle.dumps(galaxies[3:6]))
    np.testing.assert_array_equal(travelled.images(), galaxies[3:6].images())


def test_a_relative_path_travels_too(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    galaxies = open_store(path.name)
    monkeypatch.chdir("/")
    assert len(galaxies.images()) == N


def test_nothing_stays_open(path):
    before = set(Path("/proc/self/fd").glob("*"))
    for _ in range(5):
        open_store(path).images()
    assert set(Path("/proc/self/fd").glob("*")) == before


def test_without_images(tmp_path):
    schema = galaxy_schema(2, ("r",), source="t", photometry=False)
    plain = {"id": np.arange(2), "redshift": np.zeros(2), "ebv": np.zeros(2), "split": np.zeros(2)}
    with StoreWriter(tmp_path / "a.h5", schema, "x") as writer:
        writer.write(0, plain)
        writer.finish()
    galaxies = open_store(tmp_path / "a.h5")
    assert galaxies.shape is None
    assert not galaxies.has("images")
    assert galaxies.pixel_scale is None
    with pytest.raises(InputError, match="has no images"):
        galaxies.images()
    with pytest.raises(InputError, match="has no spectrum/flux"):
        galaxies.spectra()


def copy(path, tmp_path):
    target = tmp_path / "copy.h5"
    target.write_bytes(path.read_bytes())
    return target


def test_missing(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.h5 does not exist"):
        open_store(tmp_path / "nothing.h5")
    with pytest.raises(InputError, match="is a folder"):
        open_store(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"SIMPLE  =                    T"])
def test_not_hdf5(tmp_path, content):
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(InputError, match="is not an HDF5 file"):
        open_store(tmp_path / "a.h5")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
def test_truncated(path, tmp_path, share):
    target = copy(path, tmp_path)
    os.truncate(target, int(target.stat().st_size * share))
    with pytest.raises(InputError, match="is truncated; make or import it again"):
        open_store(target)


def test_truncated_after_opening(path, tmp_path):
    galaxies = open_store(copy(path, tmp_path))
    os.truncate(galaxies.path, 3000)
    with pytest.raises(InputError, match="is truncated"):
        galaxies.images()


def test_damaged_structure(path, tmp_path):
    target = copy(path, tmp_path)
    content = bytearray(target.read_bytes())
    content[96:600] = b"\xff" * 504
    target.write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        open_store(target)


@pytest.mark.parametrize("name", ["bands", "fingerprint", "format_version", "block"])
def test_an_attribute_gone(path, tmp_path, name):
    target = copy(path, tmp_path)
    with h5py.File(target, "r+") as file:
        del file.attrs[name]
    with pytest.raises(InputError, match="is damaged"):
        open_store(target)


def test_foreign(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["images"] = np.zeros((3, 4))
    with pytest.raises(InputError, match="is a foreign HDF5 file"):
        open_store(tmp_path / "a.hdf5")


@pytest.mark.parametrize(("version", "remedy"), [(99, "install a newer slipher"), (1, "make or import it again")])
def test_newer_and_older_formats(path, tmp_path, version, remedy):
    target = copy(path, tmp_path)
    with h5py.File(target, "r+") as file:
        file.attrs.modify("format_version", version)
    with pytest.raises(InputError, match=f"has store format {version}, but this slipher reads 2; {remedy}"):
        open_store(target)


def test_repacked(path, tmp_path):
    target = copy(path, tmp_path)
    with h5py.File(target, "r+") as file:
        values = file["ebv"][:]
        del file["ebv"]
        file.create_dataset("ebv", data=values, chunks=(10,))
    with pytest.raises(InputError, match="holds ebv in pieces"):
        open_store(target)


def test_lacking(path, tmp_path):
    target = copy(path, tmp_path)
    with h5py.File(target, "r+") as file:
        del file["ebv"]
    with pytest.raises(InputError, match="lacks ebv; make or import it again"):
        open_store(target)
