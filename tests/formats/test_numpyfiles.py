"""Files of numpy: only what is named is read, whatever lies beside it and in whatever order."""

import contextlib
import tempfile
import tracemalloc
import zipfile

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.containers import open_container
from slipher.formats.tables import open_table

CUBE = np.random.default_rng(1).normal(size=(40, 3, 16, 16)).astype(np.float32)
SAVED = {
    "C": CUBE,
    "Fortran": np.asfortranarray(CUBE),
}


@pytest.mark.parametrize("order", SAVED)
@pytest.mark.parametrize("kind", ["npy", "npz", "compressed npz"])
@pytest.mark.parametrize("axis", [0, 1, 3])
def test_pieces_along_any_axis(tmp_path, order, kind, axis):
    path = tmp_path / f"cube.{kind[-3:]}"
    {"npy": np.save, "npz": np.savez, "compressed npz": np.savez_compressed}[kind](
        path, **({"arr": SAVED[order]} if kind == "npy" else {"cube": SAVED[order]})
    )
    with open_container(path) as container:
        for start, stop in ((1, 3), (0, CUBE.shape[axis]), (0, 1)):
            piece = container.read("cube", start, stop, axis)
            np.testing.assert_array_equal(piece, np.take(CUBE, range(start, stop), axis))


def test_an_npy_file_that_is_cut_off(tmp_path):
    np.save(tmp_path / "a.npy", CUBE)
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:-1])
    with pytest.raises(InputError, match=r"a\.npy is damaged or truncated: it is not a whole npy file"):
        open_container(tmp_path / "a.npy")


def test_an_npy_file_of_objects(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object))
    with open_container(tmp_path / "a.npy") as container, pytest.raises(InputError, match="never loaded"):
        container.read("a")


def test_what_is_not_named_is_not_read(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in {"z": np.arange(5.0), "bomb": np.zeros(30_000_000), "fortran": SAVED["Fortran"]}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, values)
    with path.open("r+b") as stream:
        # the bomb's own bytes are no longer what they were: whoever reads them would see it
        stream.seek(20_000)
        stream.write(b"broken")
    tracemalloc.start()
    try:
        with open_container(path) as container:
            np.testing.assert_array_equal(container.read("z"), np.arange(5.0))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000, "the array of zeros has 240 MB"
    finally:
        tracemalloc.stop()


def test_a_header_that_is_longer_than_any(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cube.npy", b"\x93NUMPY\x02\x00" + (1 << 30).to_bytes(4, "little") + b" " * 1000)
    with pytest.raises(InputError, match="a header of 1073741824 bytes"):
        open_container(tmp_path / "a.npz")


def test_scattered_galaxies_need_room_to_be_unpacked(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", cube=SAVED["Fortran"])
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    message = f"must be unpacked .* but {tempfile.gettempdir()} has 0.0 GB free; .*TMPDIR"
    with open_container(tmp_path / "a.npz") as container, pytest.raises(InputError, match=message):
        container.read("cube", 0, 2)


def test_a_column_of_a_table(tmp_path):
    table = np.zeros(5, [("z", "f8"), ("name", "U3"), ("pair", "f4", (2,))])
    table["z"], table["name"], table["pair"] = np.arange(5), [*"abcde"], np.arange(10).reshape(5, 2)
    np.savez(tmp_path / "a.npz", labels=table)
    with open_container(tmp_path / "a.npz") as container:
        np.testing.assert_array_equal(container.column("labels/z").values, np.arange(5))
        assert container.column("labels/name").values.tolist() == [*"abcde"]
        assert container.describe("labels/pair")[1] == (5, 2)
        np.testing.assert_array_equal(container.read("labels/pair", 1, 3), [[2, 3], [4, 5]])
        assert "labels/none" not in container
        with pytest.raises(InputError, match="no array 'labels/none'"):
            container.column("labels/none")


LIES = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (41,), }",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1152921504606846976), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-40, -1), }",
    "{'descr': '|S0', 'fortran_order': False, 'shape': (40,), }",
    "{'descr': '|V2147483647', 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '<f8', 'fortran_order': 1, 'shape': (40,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (40.5,), }",
    "{'descr': '<q9', 'fortran_order': False, 'shape': (40,), }",
    "{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': (20,), }",
    "{'descr': '<f8', 'shape': (40,), }",
    "{'descr': __import__('os'), 'fortran_order': False, 'shape': (40,), }",
    "(" * 5000,
    "{'descr': ''" + "'",
    "\x00\x00",
    "",
]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_a_header_that_lies(tmp_path, kind, lie):
    header = lie.encode("latin-1").ljust(54) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(320)
    path = tmp_path / f"a.{kind}"
    if kind == "npy":
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("z.npy", content)
    for door in (open_container, open_table) if kind == "npz" else (open_container,):
        with pytest.raises(InputError, match=rf"a\.{kind} is damaged or truncated: it is not a whole {kind} file"):
            door(path)


def test_pickled_objects_are_refused_by_name(tmp_path):
    np.savez(tmp_path / "a.npz", z=np.arange(3), objects=np.array([{}, None, 1], object))
    with open_container(tmp_path / "a.npz") as container:
        assert container.read("z").tolist() == [0, 1, 2]
        with pytest.raises(InputError, match="'objects' holds Python objects, which are never loaded"):
            container.read("objects")


def use(path):
    """Read every array along every axis; InputErrors are answers."""
    with contextlib.suppress(InputError), open_container(path) as container:
        for name, (_, shape) in list(container.arrays.items()):
            for axis in range(len(shape)):
                with contextlib.suppress(InputError):
                    container.column(name, 0, None, axis)
    with contextlib.suppress(InputError):
        table = open_table(path)
        for name in table:
            with contextlib.suppress(InputError):
                table.read([name])


@pytest.mark.parametrize("kind", ["npy", "npz", "compressed"])
def test_no_damage_crashes_the_reader(tmp_path, check_survives, kind):
    arrays = {
        "z": np.linspace(0, 1, 40),
        "fortran": np.asfortranarray(np.arange(80.0).reshape(40, 2)),
        "name": np.array(["ab", "c"] * 20),
        "table": np.zeros(40, [("a", "f4"), ("b", "S3")]),
    }
    path = tmp_path / ("a.npy" if kind == "npy" else "a.npz")
    if kind == "npy":
        np.save(path, arrays["fortran"])
    else:
        (np.savez if kind == "npz" else np.savez_compressed)(path, **arrays)
    check_survives(use, path, 150)
