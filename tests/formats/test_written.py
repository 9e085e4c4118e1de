"""HDF5 where the disk, or the size that a file may have, is used up."""

import errno
import gc
import sys

import h5py
import numpy as np
import pytest

from slipher.formats.written import Written


def fill(path, values):
    with Written(path) as raw, h5py.File(raw, "w") as file:
        file["a/b"] = values
        file["names"] = np.array([b"one", b"two"])


def test_the_file_is_one_that_h5py_reads_and_always_the_same(tmp_path):
    values = np.random.default_rng(0).normal(size=(300, 40))
    for name in ("one.h5", "two.h5"):
        fill(tmp_path / name, values)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    with h5py.File(tmp_path / "one.h5") as file:
        assert np.array_equal(file["a/b"], values)
        assert file["names"][()].tolist() == [b"one", b"two"]


@pytest.mark.parametrize("room", [0, 1, 95, 96, 800, 2048, 50_000, 97_000])
def test_the_first_error_comes_out_as_the_system_gave_it(tmp_path, capfd, files_of_at_most, room):
    with files_of_at_most(room), pytest.raises(OSError, match="File too large") as raised:
        fill(tmp_path / "d.h5", np.ones((300, 40)))
    assert raised.value.errno == errno.EFBIG
    # nothing complains when what HDF5 held is collected
    del raised
    gc.collect()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("room", [0, 100, 2000, 50_000])
def test_a_file_that_cannot_be_as_long_as_it_is(tmp_path, capfd, files_of_at_most, room):
    """Space that nobody has written to yet: the file is only made longer."""

    def make():
        with Written(tmp_path / "d.h5") as raw, h5py.File(raw, "w") as file:
            unwritten(file, "a")

    with files_of_at_most(room), pytest.raises(OSError, match="File too large") as raised:
        make()
    assert raised.value.errno == errno.EFBIG
    del raised
    gc.collect()
    assert capfd.readouterr().err == ""


def test_the_error_stays_what_it_is_where_python_has_forgotten_the_methods(tmp_path, files_of_at_most, monkeypatch):
    """What Python remembers of methods is gone at any time: HDF5 then has them looked up while an error stands."""
    for name in ("write", "truncate"):
        monkeypatch.setattr(Written, name, forgetting(getattr(Written, name)))

    def make():
        with Written(tmp_path / "d.h5") as raw, h5py.File(raw, "w", libver="earliest") as file:
            for name in "abcdefgh":
                unwritten(file, name)
            file.attrs["text"] = "x" * 2000

    with files_of_at_most(600), pytest.raises(OSError, match="File too large"):
        make()


def forgetting(method):
    """A method after which the types' caches are empty."""

    def called(*args):
        try:
            return method(*args)
        finally:
            sys._clear_type_cache()

    return called


def unwritten(file, name):
    """Make a dataset that takes room, and write nothing into it."""
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    how.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((10_000,)), how)


def test_no_file_where_none_can_be(tmp_path):
    with pytest.raises(FileNotFoundError):
        Written(tmp_path / "gone" / "d.h5")
