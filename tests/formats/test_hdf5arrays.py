"""What an HDF5 file says beside its values: what is missing, in which unit."""

import tracemalloc

import h5py
import numpy as np
import pytest

from slipher.formats.containers import open_container

VALUES = np.array([1.0, -99.0, 3.0, 1e20], np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.hdf5"


@pytest.mark.parametrize("attribute", ["_FillValue", "missing_value"])
@pytest.mark.parametrize("form", [np.float32, lambda value: np.array([value], np.float32)])
def test_values_that_stand_for_none_by_attribute(path, attribute, form):
    with h5py.File(path, "w") as file:
        file["f"] = VALUES
        file["f"].attrs[attribute] = form(1e20)
    with open_container(path) as container:
        np.testing.assert_array_equal(container.column("f").numbers(), [1, -99, 3, np.nan])


def test_what_was_never_written_is_missing(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("f", (6, 4), "f4", chunks=(2, 4), fillvalue=-99)
        data[:2] = 1
        file.create_dataset("usual", (4,), "f4")
    with open_container(path) as container:
        found = container.column("f", 1, 4)
        np.testing.assert_array_equal(found.lacking, [[False] * 4, [True] * 4, [True] * 4])
        assert container.column("usual").missing is None, "HDF5's own 0 says nothing"


def test_masks_as_astropy_writes_them(path):
    table = pytest.importorskip("astropy.table")
    column = table.MaskedColumn([1.0, 2.0, 3.0], mask=[False, True, False], name="f")
    table.Table([column]).write(path, path="table", format="hdf5", serialize_meta=True)
    with h5py.File(path, "a") as file:
        for name in file["table"].dtype.names:
            file[name] = file["table"][name]
    with open_container(path) as container:
        np.testing.assert_array_equal(container.column("f").numbers(), [1, np.nan, 3])


@pytest.mark.parametrize(
    ("attribute", "said", "unit"),
    [("unit", "nJy", "nJy"), ("units", b"uJy", "uJy"), ("BUNIT", " Jy ", "Jy"), ("unit", "", None), ("unit", 3, None)],
)
def test_units(path, attribute, said, unit):
    with h5py.File(path, "w") as file:
        file["f"] = VALUES
        file["f"].attrs[attribute] = said
    with open_container(path) as container:
        assert container.column("f").unit == unit


def test_attributes_of_the_file_and_of_the_dataset(path):
    with h5py.File(path, "w") as file:
        file["f"], file.attrs["survey"], file.attrs["bands"] = VALUES, b"LSST", "ug"
        file["f"].attrs["bands"] = "gri"
    with open_container(path) as container:
        assert dict(container.notes("f")) == {"survey": "LSST", "bands": "gri"}


def test_text_of_any_length_is_read_when_asked_for(path):
    with h5py.File(path, "w") as file:
        file["notes"] = np.array(["x" * 100_000] * 100, object)
        file["name"] = np.array(["αβ", "", "c"], object)
        file.create_dataset("ragged", (3,), h5py.vlen_dtype(np.float32))
    tracemalloc.start()
    try:
        with open_container(path) as container:
            assert container.column("name").values.tolist() == ["αβ", "", "c"]
        assert tracemalloc.get_traced_memory()[1] < 3_000_000, "the notes have 10 MB"
    finally:
        tracemalloc.stop()


def test_a_column_of_a_table_in_a_group(path):
    with h5py.File(path, "w") as file:
        file["photometry/table"] = np.array([(1, 2.5), (2, 3.5)], [("id", "i8"), ("z", "f8")])
    with open_container(path) as container:
        np.testing.assert_array_equal(container.column("photometry/table/z").values, [2.5, 3.5])
        assert container.column("photometry/table/id").values.dtype == np.int64
