"""Values that are not in an HDF5 file, or more than are, are named by whatever reads them; nothing else is opened."""

import contextlib

import h5py
import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.containers import open_container
from slipher.formats.hdf5file import children
from slipher.formats.tables import open_table

ROWS = 30


def virtual(file):
    layout = h5py.VirtualLayout((ROWS,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "z", (ROWS,))
    file.create_virtual_dataset("z", layout)


def in_large_chunks(file):
    file.create_dataset("z", (ROWS,), "f8", chunks=(100_000_000,), maxshape=(None,), compression="gzip")


UNREADABLE = {
    "virtual": (virtual, "lies in other files; copy its values into this one"),
    "external": (
        lambda file: file.create_dataset("z", (ROWS,), "f8", external=[("/dev/zero", 0, 8 * ROWS)]),
        "lies in other files",
    ),
    "large chunks": (in_large_chunks, r"is packed in chunks of 0\.8 GB; pack it in smaller ones"),
    "unwritten": (lambda file: file.create_dataset("z", (2**60,), "f8"), r"has 9\.22e\+09 GB, of which the file holds"),
    "hardly written": (
        lambda file: file.create_dataset("z", (2**32,), "f8", chunks=(1000,)),
        r"has 34\.4 GB, of which the file holds less than half; get it again",
    ),
    "wide": (lambda file: file.create_dataset("z", (ROWS, 2**40), "f8", chunks=(1, 9)), "has .* less than half"),
    "table": (lambda file: file.create_dataset("z", (2**50,), [("a", "f4")], chunks=(9,)), "has .* less than half"),
}


@pytest.fixture(params=UNREADABLE)
def unreadable(request, tmp_path):
    make, words = UNREADABLE[request.param]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file)
        file["id"], file["w"] = np.arange(ROWS), np.ones(ROWS)
    return tmp_path / "a.h5", words


def test_a_column_that_cannot_be_read_is_named(unreadable):
    path, words = unreadable
    table = open_table(path)
    assert table.count == ROWS
    assert table["w"].values.sum() == ROWS
    name = next(name for name in table if name.startswith("z"))
    for ask in (table.describe, table.length, lambda name: table.read([name], 0, 3)):
        with pytest.raises(InputError, match=rf"a\.h5: '{name}' {words}"):
            ask(name)


def test_an_array_that_cannot_be_read_is_named(unreadable):
    path, words = unreadable
    with open_container(path) as container:
        assert container.read("w").sum() == ROWS
        name = "z" if container.arrays["z"][0].names is None else "z/a"
        for ask in (container.describe, container.read, container.pixels):
            with pytest.raises(InputError, match=rf"a\.h5: 'z' {words}"):
                ask(name)


@pytest.mark.parametrize(("count", "written"), [(12, 0), (1000, 500)])
def test_small_or_half_written_datasets_are_read(tmp_path, monkeypatch, count, written):
    monkeypatch.setattr("slipher.formats.hdf5file.SMALL", 100)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("z", (count,), "f8", chunks=(10,), compression="gzip")
        data[:written] = 1
    assert open_table(tmp_path / "a.h5")["z"].values.sum() == written


def test_links_to_elsewhere_are_no_children(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/z"] = np.zeros(3)
        file["g/soft"], file["g/circle"] = h5py.SoftLink("/g/z"), h5py.SoftLink("/g/circle")
        file["g/outside"] = h5py.ExternalLink("/dev/zero", "/z")
        file["g/up"] = file["/"]
        h5py.h5g.create(file["g"].id, b"\xff\xfe")
        assert set(children(file["g"])) == {"z", "up"}


def test_a_text_that_would_fill_the_memory(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("name", (10_000,), h5py.string_dtype())[0] = "a" * 1_000_000
        file["z"] = np.zeros(10_000)
    words = r"column 'name' of .*a\.h5 holds a text of 1,000,000 characters; shorten it, or leave the column out"
    with pytest.raises(InputError, match=words):
        open_table(tmp_path / "a.h5")["name"]
    with open_container(tmp_path / "a.h5") as container, pytest.raises(InputError, match=words):
        container.read("name")
    assert open_table(tmp_path / "a.h5")["z"].values.sum() == 0


def use(path):
    """Read every column of a file in both ways; InputErrors are answers."""
    with contextlib.suppress(InputError):
        table = open_table(path)
        for name in table:
            with contextlib.suppress(InputError):
                table.read([name])
    with contextlib.suppress(InputError), open_container(path) as container:
        for name in list(container.arrays):
            with contextlib.suppress(InputError):
                container.column(name)
                container.notes(name)


@pytest.mark.parametrize("layout", ["earliest", "latest"])
def test_no_damage_crashes_the_reader(tmp_path, check_survives, layout):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver=layout) as file:
        file["id"] = np.arange(ROWS)
        file["id"].attrs["unit"] = np.bytes_("mag")
        file.create_dataset("z", data=np.linspace(0, 1, ROWS), chunks=(7,), compression="gzip", shuffle=True)
        file["g/name"] = np.array([f"galaxy {row}" for row in range(ROWS)], object)
        file["t"] = np.zeros(ROWS, [("a", "f4"), ("b", "S5")])
        arrays = file.create_dataset("v", (ROWS,), h5py.vlen_dtype(np.float32))
        for row in range(ROWS):
            arrays[row] = np.ones(3)
        file["r"] = np.full(ROWS, file["id"].ref, h5py.ref_dtype)
    check_survives(use, path, 40)
