"""The arrays of an open file as a table: what the file says of them comes along."""

import h5py
import numpy as np
import pytest
from astropy.io import fits

from slipher.errors import InputError
from slipher.formats.arrays import ArrayTable
from slipher.formats.containers import open_container


def test_units_and_masks_come_along(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["z"], file["z.mask"] = np.arange(4.0), np.array([False, True, False, False])
        file["flux"] = np.arange(8.0).reshape(4, 2)
        file["flux"].attrs["unit"] = "nJy"
    with open_container(tmp_path / "a.hdf5") as container:
        table = ArrayTable(container, 4)
        np.testing.assert_array_equal(table["z"].numbers(), [0, np.nan, 2, 3])
        assert table.describe("flux").unit == "nJy"
        np.testing.assert_array_equal(table.read(["flux"], 1, 3)["flux"].values, [[2, 3], [4, 5]])


def test_columns_of_tables_and_extensions_by_number(tmp_path):
    np.savez(tmp_path / "a.npz", labels=np.array([(1, 0.5)], [("id", "i8"), ("z", "f8")]))
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.arange(3.0))]).writeto(tmp_path / "a.fits")
    with open_container(tmp_path / "a.npz") as container:
        assert ArrayTable(container, 1)["labels/z"].values.tolist() == [0.5]
        with pytest.raises(InputError, match="has no column 'z'; it has labels"):
            ArrayTable(container, 1)["z"]
    with open_container(tmp_path / "a.fits") as container:
        np.testing.assert_array_equal(ArrayTable(container, 3)["1"].values, np.arange(3.0))
