"""Tables of HDF5: plain data sets, compound ones, and what astropy and pandas write."""

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table

from slipher.errors import InputError
from slipher.formats.hdf5 import Hdf5Table
from slipher.formats.tables import open_table

IDS = 2**60 + np.arange(3)


def write(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name.replace("__", "/")] = values
    return Hdf5Table(path)


def test_names_without_what_all_begin_with(tmp_path):
    table = write(tmp_path / "a.hdf5", photometry__id=IDS, photometry__deep__z=np.zeros(3))
    assert table.names == ["deep/z", "id"]
    for name in ("z", "deep/z", "photometry/deep/z"):
        assert table[name].name == "deep/z" or len(table[name]) == 3
        assert name in table
    two = write(tmp_path / "b.hdf5", a__z=np.zeros(3), b__z=np.ones(3), c=np.zeros(3))
    assert two.names == ["a/z", "b/z", "c"]
    assert "z" not in two


def test_shapes_lengths_text_and_units(tmp_path):
    table = write(
        tmp_path / "a.hdf5",
        flux=np.arange(6.0).reshape(3, 2),
        one=np.arange(3)[:, None],
        edges=np.arange(9),
        name=["a", "b", "Ö"],
        fixed=np.array([b"x", "Ö".encode(), b"z"]),
        good=np.array([True, False, True]),
        single=5.0,
    )
    assert table.count == 3
    assert "single" not in table
    assert table.length("edges") == 9
    assert table["edges"].values.tolist() == list(range(9))
    assert table.read(["flux"], 1, 2)["flux"].values.tolist() == [[2, 3]]
    assert table["one"].values.tolist() == [0, 1, 2]
    assert table["name"].values.tolist() == ["a", "b", "Ö"]
    assert table["fixed"].values.tolist() == ["x", "Ö", "z"]
    assert table["good"].values.dtype == bool


def test_units_and_values_that_stand_for_none(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["flux"] = np.array([1.0, -999.0])
        file["flux"].attrs.update({"unit": "uJy", "_FillValue": -999.0})
    found = Hdf5Table(tmp_path / "a.hdf5")["flux"]
    assert found.unit == "uJy"
    assert found.lacking.tolist() == [False, True]


def test_arrays_of_variable_length(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        for name, lists in (("even", [[1, 2], [3, 4]]), ("odd", [[1, 2], [3]])):
            data = file.create_dataset(name, 2, h5py.vlen_dtype(np.float64))
            for row, each in enumerate(lists):
                data[row] = each
        file["reference"] = np.array([file["even"].ref] * 2, h5py.ref_dtype)
    table = Hdf5Table(tmp_path / "a.hdf5")
    assert table["even"].values.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(InputError, match="'/odd' holds arrays of different lengths"):
        table["odd"]
    with pytest.raises(InputError, match="'/reference' holds references"):
        table["reference"]


def test_masks_and_units_of_astropy(tmp_path):
    flux = MaskedColumn([1.0, 99999.0, 3.0], mask=[False, True, False], unit="uJy")
    source = Table({"id": IDS, "flux": flux, "n": MaskedColumn([1, 2, 3], mask=[True, False, False])})
    source.write(tmp_path / "t.hdf5", path="some/table", serialize_meta=True)
    table = open_table(tmp_path / "t.hdf5")
    assert table.names == ["id", "flux", "n"]
    np.testing.assert_array_equal(table["flux"].numbers(), [1, np.nan, 3])
    assert table["flux"].unit == "uJy"
    assert table["n"].lacking.tolist() == [True, False, False]
    assert table["some/table/id"].values.tolist() == IDS.tolist()
    assert table["some/table/flux"].lacking.tolist() == [False, True, False]


@pytest.mark.parametrize(
    "options", [{"format": "fixed"}, {"format": "table"}, {"format": "table", "data_columns": True}]
)
def test_what_pandas_writes(tmp_path, options):
    pytest.importorskip("tables")
    frame = pd.DataFrame(
        {
            "id": IDS,
            "z": [0.1, np.nan, 0.3],
            "u": np.ones(3),
            "n": np.arange(3, dtype=np.int16),
            "good": [True, False, True],
        }
    )
    if options["format"] == "table":
        frame["name"] = ["a", "NGC 1", "c"]
    frame.to_hdf(tmp_path / "t.h5", key="cat", **options)
    back, table = pd.read_hdf(tmp_path / "t.h5"), Hdf5Table(tmp_path / "t.h5")
    assert set(back.columns) <= set(table.names)
    for name in back.columns:
        found = table[name]
        assert found.values.dtype.kind == ("U" if name == "name" else back[name].to_numpy().dtype.kind), name
        np.testing.assert_array_equal(found.values, back[name].to_numpy())
        assert table.read([name], 1, 2)[name].values.shape == (1,)


def test_pickled_words_of_pandas_are_never_loaded(tmp_path):
    pytest.importorskip("tables")
    pd.DataFrame({"z": [0.1], "name": ["a"]}).to_hdf(tmp_path / "t.h5", key="cat", format="fixed")
    table = Hdf5Table(tmp_path / "t.h5")
    assert table["z"].values.tolist() == [0.1]
    with pytest.raises(InputError, match="holds pickled Python objects, which are never loaded"):
        table["name"]
