"""ECSV as astropy writes it: types, units, masks and arrays."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipher.errors import InputError
from slipher.formats.tables import open_table

TYPES = ["int16", "int64", "uint8", "uint64", "float32", "float64", "bool"]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(TYPES), st.sampled_from([" ", ","]), st.sampled_from(["null_value", "data_mask"]))
def test_what_astropy_writes(tmp_path_factory, data, kind, delimiter, method):
    path = tmp_path_factory.mktemp("ecsv") / "t.ecsv"
    values = data.draw(arrays.arrays(kind, st.integers(1, 5)))
    mask = data.draw(arrays.arrays(bool, len(values)))
    words = np.array([f"w {row}" for row in range(len(values))])
    table = Table({"a": MaskedColumn(values, mask=mask), "b": words})
    table.write(path, delimiter=delimiter, serialize_method=method)
    found = open_table(path)
    assert found.names == ["a", "b"]
    column = found["a"]
    nothing = mask | (np.isnan(values) if values.dtype.kind == "f" else False)
    np.testing.assert_array_equal(column.lacking & ~nothing, np.zeros(len(values), bool))
    np.testing.assert_array_equal(mask & ~column.lacking, np.zeros(len(values), bool))
    assert column.values.dtype == np.dtype(kind)
    np.testing.assert_array_equal(column.values[~nothing], values[~nothing])
    assert found["b"].values.tolist() == words.tolist()


def test_units_arrays_and_empty_words(tmp_path):
    flux = MaskedColumn(np.arange(6.0).reshape(3, 2), mask=[[0, 0], [0, 1], [0, 0]], unit="uJy")
    Table({"flux": flux, "name": MaskedColumn(["a", "b", "c"], mask=[0, 1, 0])}).write(tmp_path / "t.ecsv")
    table = open_table(tmp_path / "t.ecsv")
    np.testing.assert_array_equal(table["flux"].numbers(), [[0, 1], [2, np.nan], [4, 5]])
    assert table.describe("flux").values.shape == (0, 2)
    assert table["flux"].unit == "uJy"
    assert table["name"].lacking.tolist() == [False, True, False]


HEADER = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: id, datatype: int64}\n# - {name: f, datatype: string, subtype: 'float64[2]'}\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("id f\n1 [1.0,2.0]\nx [1.0,2.0]\n", "column 'id' is declared as int64, but row 1 has 'x'"),
        ("id f\n10_0 [1.0,2.0]\n", "column 'id' is declared as int64, but row 0 has '10_0'"),
        ("id f\n1 [1.0]\n", r"column 'f' is declared as float64\[2\], but row 0 has '\[1.0\]'"),
    ],
)
def test_cells_that_are_not_what_is_declared(tmp_path, rows, message):
    (tmp_path / "t.ecsv").write_text(HEADER + rows)
    table = open_table(tmp_path / "t.ecsv")
    with pytest.raises(InputError, match=message):
        table.read(table.names)


def test_a_broken_header(tmp_path):
    (tmp_path / "t.ecsv").write_text("# %ECSV 1.0\n# ---\n# datatype: [\nid\n1\n")
    with pytest.raises(InputError, match="its ECSV header cannot be read"):
        open_table(tmp_path / "t.ecsv")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("{name: a, datatype: string, subtype: 'float64[99999999]'}", "it would hold 99,999,999 values a row"),
        ("{name: a, datatype: string, subtype: 'float64[1000,1000,1000]'}", "it would hold 1,000,000,000 values a row"),
        ("!!python/object/apply:os.system ['exit 3']", "its ECSV header cannot be read"),
        ("{name: !!python/name:os.system '', datatype: float64}", "its ECSV header cannot be read"),
        ("{name: [a], datatype: float64}", "its ECSV header cannot be read"),
        ("[" * 5000, "its ECSV header cannot be read"),
        ("5", "its ECSV header cannot be read"),
    ],
)
def test_headers_that_ask_for_too_much(tmp_path, column, message):
    (tmp_path / "t.ecsv").write_text(f"# %ECSV 1.0\n# ---\n# datatype:\n# - {column}\na\n1\n")

    def read():
        return open_table(tmp_path / "t.ecsv")["a"]

    with pytest.raises(InputError, match=message) as caught:
        read()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["float7", "int1024", "uint", "complex128", "object"])
def test_types_that_there_are_not(tmp_path, kind):
    """Columns of such types are read as they look."""
    (tmp_path / "t.ecsv").write_text(f"# %ECSV 1.0\n# ---\n# datatype:\n# - {{name: a, datatype: {kind}}}\na\n1\n")
    assert open_table(tmp_path / "t.ecsv")["a"].values.tolist() == [1]


def test_a_unit_that_never_ends(tmp_path):
    head, above = [], "x"
    for letter in "abcdefghijklmnopqrstuvw":
        head.append(f"# {letter}: &{letter} [{', '.join([above] * 10)}]")
        above = f"*{letter}"
    lines = [
        "# %ECSV 1.0",
        "# ---",
        *head,
        "# datatype:",
        f"# - {{name: z, datatype: float64, unit: {above}}}",
        "z",
        "1",
    ]
    (tmp_path / "t.ecsv").write_text("\n".join(lines) + "\n")
    assert open_table(tmp_path / "t.ecsv")["z"].unit is None
