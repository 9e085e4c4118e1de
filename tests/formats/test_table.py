"""Tables of any kind: names, rows, blocks."""

from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.table import Held, listed, masked

PATH = Path("t")


def test_blocks_are_rows_of_the_whole():
    table = Held.of(PATH, {"a": np.arange(10), "b": np.arange(20.0).reshape(10, 2)})
    rows = table.read(["b", "a"], 3, 5)
    assert list(rows) == ["b", "a"]
    assert rows["a"].values.tolist() == [3, 4]
    assert rows["b"].values.shape == (2, 2)
    assert rows["a"].first == 3
    assert table.read(["a"], 8, 99)["a"].values.tolist() == [8, 9]
    assert len(table.read(["a"], 99, 200)["a"]) == 0
    assert table.describe("b").values.shape == (0, 2)


def test_an_axis_of_one_is_no_axis():
    table = Held.of(PATH, {"a": np.arange(3)[:, None], "b": np.ma.masked_equal(np.arange(3)[:, None], 1)})
    assert table["a"].values.shape == (3,)
    assert table["b"].lacking.tolist() == [False, True, False]


def test_a_mask_beside_a_column_hides_its_values():
    mask = np.array([False, True, False])
    table = masked(Held.of(PATH, {"flux": np.array([1.0, 99999, 3]), "flux.mask": mask, "x.mask": mask}))
    assert table.names == ["flux", "x.mask"]
    np.testing.assert_array_equal(table["flux"].numbers(), [1, np.nan, 3])
    assert table.read(["flux"], 1, 2)["flux"].lacking.tolist() == [True]
    plain = Held.of(PATH, {"flux": np.zeros(3), "flux.mask": np.zeros(3)})
    assert masked(plain) is plain


def test_names():
    with pytest.raises(InputError, match=r"t has several columns of the same name \(a\)"):
        Held(PATH, [Column("a", "t", np.zeros(1)), Column("a", "t", np.ones(1))])
    table = Held.of(PATH, {"a": np.zeros(1)})
    with pytest.raises(InputError, match="t has no column 'b'; it has a"):
        table.read(["a", "b"])
    assert "a" in table
    assert list(table) == ["a"]
    assert listed(str(k) for k in range(50)).endswith("39 and 10 more")
    assert listed([]) == "none"
