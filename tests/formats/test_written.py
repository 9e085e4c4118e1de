"""HDF5 where the disk, or the size that a file may have, is used up."""

import errno
import gc

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
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    how.set_fill_time(h5py.h5d.FILL_TIME_NEVER)

    def make():
        with Written(tmp_path / "d.h5") as raw, h5py.File(raw, "w") as file:
            h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((10_000,)), how)

    with files_of_at_most(room), pytest.raises(OSError, match="File too large") as raised:
        make()
    assert raised.value.errno == errno.EFBIG
    del raised
    gc.collect()
    assert capfd.readouterr().err == ""


def test_no_file_where_none_can_be(tmp_path):
    with pytest.raises(FileNotFoundError):
        Written(tmp_path / "gone" / "d.h5")
