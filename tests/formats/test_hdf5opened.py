"""Values of many lengths are those that h5py reads; where their list is damaged, reading ends, with a sentence."""

import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

from slipher.formats.hdf5opened import open_hdf5

ROWS = 30
NAMES = [f"galaxy {row}" for row in range(ROWS)]
READ = """
import sys
from contextlib import ExitStack
from pathlib import Path
from slipher.errors import InputError
from slipher.formats.containers import open_container
from slipher.formats.tables import open_table
from slipher.survey.store import open_store
from slipher.density.sources.hdf5 import hdf5_ensemble

def columns(path):
    table = open_table(path)
    for name in table:
        table.read([name])

def arrays(path):
    with open_container(path) as container:
        for name in container.arrays:
            container.notes(name)
            container.read(name)

def ensembles(path):
    with ExitStack() as stack:
        hdf5_ensemble(path, stack)

for path in map(Path, sys.argv[1:]):
    for use in columns, arrays, open_store, ensembles:
        try:
            use(path)
            print(path, use.__name__, "read")
        except InputError as error:
            print(path, use.__name__, error)
"""
"""Reads files in every way, in a process of its own: what it sees to is that it ends."""


def text(file):
    file["name"] = np.array(NAMES, object)


def arrays(file):
    file.create_dataset("v", (ROWS,), h5py.vlen_dtype("f4"))[:] = np.ones((ROWS, 3), "f4")


def attribute(file):
    file["z"] = np.zeros(ROWS)
    file["z"].attrs["unit"] = "mag"


def virtual(file):
    layout = h5py.VirtualLayout((ROWS,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "z", (ROWS,))
    file.create_virtual_dataset("z", layout)


def store(file):
    file.attrs["format"] = "slipher-store"


def ensemble(file):
    file["meta/pdf_name"], file["data/yvals"] = np.array(["interp"], object), np.zeros((ROWS, 5))


def fill(file):
    file.create_dataset("name", (ROWS,), h5py.string_dtype(), fillvalue="none")


KINDS = [text, arrays, attribute, virtual, store, ensemble, fill]
DAMAGES = {
    "a free space of nothing": (0, 0),
    "a free space of a byte": (0, 1),
    "a free space of less than its header": (0, 15),
    "an object that turns back": (1, 2**64 - 16),
    "an object that turns back unaligned": (1, 2**64 - 17),
    "an object beyond the end": (1, 4096),
}


def damage(path, index, size):
    """Give the first object of each collection of a file another index and size; tell how many there are."""
    content = bytearray(path.read_bytes())
    found = [each.start() for each in re.finditer(b"GCOL", content)]
    for start in found:
        content[start + 16 : start + 18] = index.to_bytes(2, "little")
        content[start + 24 : start + 32] = size.to_bytes(8, "little")
    path.write_bytes(content)
    return len(found)


@pytest.mark.parametrize("make", KINDS)
def test_a_damaged_list_of_values_is_said(tmp_path, make):
    paths = [tmp_path / f"{name}.h5" for name in DAMAGES]
    for path, (index, size) in zip(paths, DAMAGES.values(), strict=True):
        with h5py.File(path, "w") as file:
            make(file)
        assert damage(path, index, size)
    words = [sys.executable, "-c", READ, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    said = re.findall(r"(\w[\w ]*)\.h5 is damaged \(the list of its text or arrays of many lengths", done.stdout)
    assert set(said) == set(DAMAGES), done.stdout


@pytest.mark.parametrize("layout", ["earliest", "latest"])
@pytest.mark.parametrize("width", [2, 4, 8])
@pytest.mark.parametrize("block", [0, 512])
def test_values_are_those_of_h5py(tmp_path, layout, width, block):
    path, how = tmp_path / "a.h5", h5py.h5p.create(h5py.h5p.FILE_CREATE)
    how.set_sizes(8, width)
    how.set_userblock(block)
    bounds = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    bounds.set_libver_bounds(getattr(h5py.h5f, f"LIBVER_{layout.upper()}"), h5py.h5f.LIBVER_LATEST)
    long = [each * 20 for each in NAMES] + ["a" * 9_000]
    with h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, how, bounds)) as file:
        file["long"], file["z"] = np.array(long, object), np.arange(ROWS)
        text(file)
        file["name"].attrs["unit"] = "µJy"
        file["name"][::2] = "another"
    with open_hdf5(path) as file, h5py.File(path) as plain:
        assert file.filename == str(path)
        assert file["name"].asstr()[:].tolist() == plain["name"].asstr()[:].tolist()
        assert file["long"].asstr()[:].tolist() == long
        assert file["z"][::3].tolist() == list(range(0, ROWS, 3))
        assert file["name"].attrs["unit"] == "µJy"


def test_what_begins_like_a_list_is_read(tmp_path):
    values = np.array([b"GCOL\x01" + bytes(3) + (10**9).to_bytes(8, "little"), b"GCOL J1234+5678 "])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["first"], file["second"] = values, values[::-1]
    with open_hdf5(tmp_path / "a.h5") as file:
        assert file["first"][:].tolist() == values.tolist()
        assert file["second"][:].tolist() == values[::-1].tolist()


def test_a_file_that_is_being_written_is_not_read(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        text(file)
        with pytest.raises(BlockingIOError):
            open_hdf5(tmp_path / "a.h5")
    with open_hdf5(tmp_path / "a.h5") as file, open_hdf5(tmp_path / "a.h5") as again:
        assert file["name"].shape == again["name"].shape


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"no HDF5" * 100])
def test_another_file_raises_what_h5py_does(tmp_path, content):
    (tmp_path / "a.h5").write_bytes(content)
    for path in (tmp_path / "a.h5", tmp_path / "missing.h5", tmp_path):
        with pytest.raises(OSError, match=r".") as expected:
            h5py.File(path)
        with pytest.raises(OSError, match=r".") as found:
            open_hdf5(path)
        assert type(found.value) is type(expected.value)
