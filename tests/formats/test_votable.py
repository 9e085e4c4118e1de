"""VOTables: masks, arrays, units, and text that would be cut."""

import gzip

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from slipher.errors import InputError
from slipher.formats.votable import open_votable

IDS = 2**60 + np.arange(3)


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_what_astropy_writes(tmp_path, form):
    source = Table(
        {
            # BINARY has no masks for whole numbers
            "id": MaskedColumn(IDS, mask=[False, False, form != "binary"]),
            "flux": MaskedColumn([1.0, 99999, 3], mask=[False, True, False], unit="uJy"),
            "pair": np.arange(6.0).reshape(3, 2),
            "name": ["NGC 1", "Ö", "x"],
            "good": [True, False, True],
        }
    )
    source.write(tmp_path / "t.vot", format="votable", tabledata_format=form)
    table = open_votable(tmp_path / "t.vot")
    assert table.names == source.colnames
    assert table["id"].lacking.tolist() == [False, False, form != "binary"]
    assert table["id"].values[:2].tolist() == IDS[:2].tolist()
    np.testing.assert_array_equal(table["flux"].numbers(), [1, np.nan, 3])
    assert table["flux"].unit == "uJy"
    assert table["pair"].values.shape == (3, 2)
    assert table["name"].values.tolist() == ["NGC 1", "Ö", "x"]
    assert table["good"].values.tolist() == [True, False, True]


def table_of(fields, *rows):
    cells = "".join("<TR>" + "".join(f"<TD>{cell}</TD>" for cell in row) + "</TR>" for row in rows)
    return (
        '<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
        f"{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )


@pytest.mark.parametrize("kind", ["char", "unicodeChar"])
def test_text_that_would_be_cut_to_one_letter(tmp_path, kind):
    fields = f'<FIELD name="z" datatype="double"/><FIELD name="id" datatype="{kind}"/>'
    (tmp_path / "t.vot").write_text(table_of(fields, ("0.1", "a"), ("0.2", "obj1")))
    with pytest.raises(
        InputError, match=r"field 'id' has no arraysize, .* such as 'obj1' in row 1, counts as one letter"
    ):
        open_votable(tmp_path / "t.vot")
    (tmp_path / "u.vot").write_text(table_of(fields, ("0.1", "a"), ("0.2", "b")))
    assert open_votable(tmp_path / "u.vot")["id"].values.tolist() == ["a", "b"]


def test_arrays_of_variable_length(tmp_path):
    fields = '<FIELD name="f" datatype="double" arraysize="*"/>'
    (tmp_path / "t.vot").write_text(table_of(fields, ("1 2",), ("3 4",)))
    assert open_votable(tmp_path / "t.vot")["f"].values.tolist() == [[1, 2], [3, 4]]
    (tmp_path / "u.vot").write_text(table_of(fields, ("1 2",), ("3",)))
    with pytest.raises(InputError, match="column 'f' holds arrays of different lengths"):
        open_votable(tmp_path / "u.vot")


def test_packed(tmp_path):
    content = table_of('<FIELD name="z" datatype="double"/>', ("0.1",))
    (tmp_path / "t.vot.gz").write_bytes(gzip.compress(content.encode()))
    assert open_votable(tmp_path / "t.vot.gz")["z"].values.tolist() == [0.1]
