"""Parquet against pyarrow and pandas: exact, with what is missing, batch by batch."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats import parquet
from slipher.formats.parquet import ParquetTable
from slipher.formats.tables import open_table

ELEMENTS = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.float64(): st.floats(allow_nan=False),
    pa.float32(): st.floats(allow_nan=False, width=32),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=5),
    pa.large_string(): st.text("ab", max_size=3),
    pa.dictionary(pa.int8(), pa.string()): st.sampled_from(["a", "b"]),
    pa.decimal128(25, 0): st.integers(-(10**24), 10**24).map(decimal.Decimal),
    pa.decimal128(18, 0): st.integers(-(10**17), 10**17).map(decimal.Decimal),
}


def write(path, columns, **options):
    pq.write_table(pa.table(columns), path, **options)
    return ParquetTable(path)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(list(ELEMENTS)))
def test_values_of_every_type(tmp_path_factory, data, kind):
    values = data.draw(st.lists(st.one_of(st.none(), ELEMENTS[kind]), min_size=1, max_size=9))
    path = tmp_path_factory.mktemp("pq") / "t.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "BATCH", data.draw(st.integers(1, 4)))
        table = write(path, {"a": pa.array(values, kind)}, row_group_size=data.draw(st.integers(1, 9)))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=3)))
        parts = [table.read(["a"], *span)["a"] for span in zip([0, *cuts], [*cuts, len(values)], strict=True)]
        whole = table["a"]
    assert whole.lacking.tolist() == [value is None for value in values]
    long = pa.types.is_decimal(kind) and kind.precision > 18
    for row, value in enumerate(values):
        assert value is None or whole.values[row] == (str(value) if long else value)
    assert sum(map(len, parts)) == len(values)
    for part, start in zip(parts, [0, *cuts], strict=True):
        assert part.values.tolist() == whole.values[start : start + len(part)].tolist()
        assert part.lacking.tolist() == whole.lacking[start : start + len(part)].tolist()
        assert part.values.dtype.kind == whole.values.dtype.kind


def test_decimals_are_numbers(tmp_path):
    cells = [decimal.Decimal("0.10000"), None, decimal.Decimal("-12345.67890")]
    table = write(tmp_path / "t.parquet", {"z": pa.array(cells, pa.decimal128(10, 5))})
    np.testing.assert_array_equal(table["z"].numbers(), [0.1, np.nan, -12345.6789])


def test_one_missing_identifier_sends_nobody_through_floats(tmp_path):
    ids = 1237648720693755918 + np.arange(4)
    frame = pd.DataFrame({"id": pd.array([*ids[:3], None], "Int64"), "n": [1, 2, 3, 4]})
    frame.to_parquet(tmp_path / "t.parquet")
    found = ParquetTable(tmp_path / "t.parquet")["id"]
    assert found.values.dtype == np.int64
    assert found.values[:3].tolist() == ids[:3].tolist()
    assert found.lacking.tolist() == [False, False, False, True]


@pytest.mark.parametrize("kind", [pa.list_(pa.float32(), 2), pa.list_(pa.float32()), pa.large_list(pa.float32())])
def test_lists_of_one_length_are_rows_of_an_array(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH", 2)
    lists = [[1, 2], None, [3, None], [4, 5], [6, 7]]
    table = write(tmp_path / "t.parquet", {"f": pa.array(lists, kind)})
    assert table.describe("f").values.shape == (0, 2)
    nan = np.nan
    np.testing.assert_array_equal(table["f"].numbers(), [[1, 2], [nan, nan], [3, nan], [4, 5], [6, 7]])
    np.testing.assert_array_equal(table.read(["f"], 3, 5)["f"].numbers(), [[4, 5], [6, 7]])


def test_lists_of_several_lengths_are_refused(tmp_path):
    table = write(tmp_path / "t.parquet", {"f": pa.array([[1, 2], [3, 4], [5]])})
    with pytest.raises(InputError, match="column 'f' holds lists of different lengths, 2 and, in row 2, 1"):
        table["f"]


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (pa.array([datetime.date(2020, 1, 2)]), "2020-01-02"),
        (pa.array([datetime.datetime(2020, 1, 2, 3)], pa.timestamp("us")), "2020-01-02 03:00:00.000000"),
        (pa.array([b"x"]), "x"),
    ],
)
def test_times_are_text(tmp_path, array, shown):
    table = write(tmp_path / "t.parquet", {"t": array})
    assert table["t"].values.tolist() == [shown]
    with pytest.raises(InputError, match="holds text, not numbers; row 0 is"):
        table["t"].numbers()


def test_what_is_no_column(tmp_path):
    table = write(tmp_path / "t.parquet", {"s": pa.array([{"a": 1}]), "n": pa.nulls(1)})
    with pytest.raises(InputError, match=r"column 's' holds struct<a: int64>, not one value a row"):
        table["s"]
    assert table["n"].lacking.tolist() == [True]
    assert np.isnan(table["n"].numbers()).all()


def test_units_and_masks_of_astropy_and_of_fields(tmp_path):
    flux = MaskedColumn([1.0, 99999.0], mask=[False, True], unit="uJy")
    Table({"flux": flux, "n": [1, 2]}).write(tmp_path / "t.parquet")
    table = open_table(tmp_path / "t.parquet")
    assert table.names == ["flux", "n"]
    assert table["flux"].unit == "uJy"
    np.testing.assert_array_equal(table["flux"].numbers(), [1, np.nan])
    field = pa.field("f", pa.float64(), metadata={"unit": "nJy"})
    pq.write_table(pa.table([[1.0]], schema=pa.schema([field])), tmp_path / "u.parquet")
    assert ParquetTable(tmp_path / "u.parquet")["f"].unit == "nJy"


def test_other_columns_after_some(tmp_path, monkeypatch):
    """What is left of a batch is of the columns it was read for."""
    monkeypatch.setattr(parquet, "BATCH", 4)
    table = write(tmp_path / "t.parquet", {"a": np.arange(10), "b": np.arange(10) + 100})
    assert table.read(["a"], 0, 3)["a"].values.tolist() == [0, 1, 2]
    assert table.read(["b"], 3, 5)["b"].values.tolist() == [103, 104]
    assert table.read(["a"], 3, 5)["a"].values.tolist() == [3, 4]
    assert table.read(["a"], 1, 9)["a"].values.tolist() == list(range(1, 9))
