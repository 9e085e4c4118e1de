"""Tables side by side, in memory."""

from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats import beside
from slipher.formats.beside import Beside
from slipher.formats.table import Held

PATH = Path("t")


def tables(**columns):
    return {name: Held.of(PATH, each) for name, each in columns.items()}


@pytest.mark.parametrize("piece", [1, 2, 100])
def test_a_name_in_both_is_that_of_the_first_if_both_hold_the_same(monkeypatch, piece):
    monkeypatch.setattr(beside, "PIECE", piece)
    x = np.array([1.0, np.nan, 3.0])
    both = Beside(PATH, tables(A={"x": x, "y": x}, B={"x": x, "y": x[::-1] + 1, "z": x}))
    assert both.names == ["x", "z", "A/x", "B/x", "A/y", "B/y"]
    np.testing.assert_array_equal(both.read(["B/y"], 1, 3)["B/y"].values, [np.nan, 2])


def test_masked_values_are_not_compared():
    first, second = (np.ma.MaskedArray([1, value, 3], [False, True, False]) for value in (5, 9))
    both = Beside(PATH, tables(A={"objid": first}, B={"objid": second}))
    assert "objid" in both
    with pytest.raises(InputError, match="differ in objid"):
        Beside(PATH, tables(A={"objid": first}, B={"objid": second.data}))


def test_a_table_of_another_length_stands_in_nobody_s_way():
    both = Beside(PATH, tables(INFO={}, A={"x": np.arange(3)}, B={"x": np.arange(5), "w": np.arange(5)}))
    assert (both.count, both.length("x"), both.length("w"), both.length("B/x")) == (3, 3, 5, 5)
    assert both["w"].values.tolist() == list(range(5))
    assert both["x"].values.tolist() == list(range(3))
