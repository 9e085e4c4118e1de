"""Identifiers of a catalogue are numbers where they can be, however they are written."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.identifiers import table_identifiers
from slipher.formats.tables import open_table


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([3, 299489676975171584]), np.array([3, 299489676975171584])),
        (np.array([" 299489676975171584", "12 "]), np.array([299489676975171584, 12])),
        (np.array(["007", "12"]), np.array([b"007", b"12"])),
        (np.array(["SDSS J1", "é"]), np.array([b"SDSS J1", "é".encode()])),
        (np.array([2**63 + 5, 1], np.uint64), np.array([b"9223372036854775813", b"1"])),
    ],
)
def test_numbers_text_and_numbers_as_text(tmp_path, values, expected):
    np.savez(tmp_path / "a.npz", name=values)
    found = table_identifiers(open_table(tmp_path / "a.npz"), "name", 2)
    assert found.dtype.kind == expected.dtype.kind
    assert found.tolist() == expected.tolist()


def test_rows_are_numbered_without_a_column_and_fractions_refused(tmp_path):
    np.savez(tmp_path / "a.npz", name=np.array([1.5, 2.0]))
    table = open_table(tmp_path / "a.npz")
    assert table_identifiers(table, None, 2).tolist() == [0, 1]
    with pytest.raises(InputError, match="'name' holds float64; identifiers are whole numbers or text"):
        table_identifiers(table, "name", 2)
