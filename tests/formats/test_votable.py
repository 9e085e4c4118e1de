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


def document(field="", table="", data="<TABLEDATA><TR><TD>1</TD></TR></TABLEDATA>", start=""):
    """A VOTable of one field and one row, but for what is asked for."""
    return (
        f'{start}<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE{table}>'
        f'<FIELD name="z" datatype="double"{field}/><DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>'
    )


@pytest.fixture
def offline(monkeypatch):
    """Nothing may be fetched."""
    asked = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *words, **_: asked.append(words))
    yield
    assert not asked


STREAM = '<{kind}><STREAM {name}="{address}" encoding="base64"/></{kind}>'


@pytest.mark.parametrize("kind", ["BINARY", "BINARY2", "FITS", "PARQUET"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:9/z", "file:///etc/passwd", "ftp://a/b", "beside.bin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.usefixtures("offline")
def test_data_at_an_address_is_never_fetched(tmp_path, kind, address, encoding):
    text = document(
        data=STREAM.format(kind=kind, name="href", address=address),
        start=f'<?xml version="1.0" encoding="{encoding}"?>',
    )
    (tmp_path / "t.vot").write_text(text, encoding=encoding)
    with pytest.raises(InputError, match=rf"t.vot leaves its data at '{address}', and nothing is fetched from there"):
        open_votable(tmp_path / "t.vot")


@pytest.mark.usefixtures("offline")
def test_an_address_behind_a_namespace(tmp_path):
    body = STREAM.format(kind="v:BINARY", name="x:href", address="http://a").replace("<STREAM", "<v:STREAM")
    (tmp_path / "t.vot").write_text(
        f'<v:VOTABLE xmlns:v="http://www.ivoa.net/xml/VOTable/v1.3" xmlns:x="http://www.w3.org/1999/xlink"><v:RESOURCE>'
        f'<v:TABLE><v:FIELD name="z" datatype="double"/><v:DATA>{body}</v:DATA></v:TABLE></v:RESOURCE></v:VOTABLE>'
    )
    with pytest.raises(InputError, match="leaves its data at 'http://a'"):
        open_votable(tmp_path / "t.vot")


@pytest.mark.parametrize(
    "definition",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1:9/a.dtd"> %a;',
    ],
)
@pytest.mark.usefixtures("offline")
def test_entities_are_refused(tmp_path, definition):
    (tmp_path / "t.vot").write_text(document(start=f"<!DOCTYPE VOTABLE [{definition}]>"))
    with pytest.raises(InputError, match=r"t.vot defines the entity 'a', which no table needs"):
        open_votable(tmp_path / "t.vot")


@pytest.mark.usefixtures("offline")
def test_the_document_type_of_old_files_is_not_fetched(tmp_path):
    (tmp_path / "t.vot").write_text(document(start='<!DOCTYPE VOTABLE SYSTEM "http://us-vo.org/xml/VOTable.dtd">'))
    assert open_votable(tmp_path / "t.vot")["z"].values.tolist() == [1]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"table": ' nrows="1000000000"'}, "said to hold 1,000,000,000 values, more than it has room for"),
        ({"table": ' nrows="100000"', "field": ' arraysize="10000"'}, "said to hold 1,000,000,000 values, more"),
        ({"field": ' arraysize="1000000000"'}, "said to hold 1,000,000,000 values a row"),
        ({"field": ' arraysize="100000x100000"'}, "said to hold 10,000,000,000 values a row"),
        ({"table": ' nrows="-5"'}, "cannot be negative"),
        ({"table": ' nrows="many"'}, "invalid literal"),
        ({"table": f' nrows="{"9" * 5000}"'}, "Exceeds the limit"),
        ({"start": "<a>"}, "t.vot is damaged or not vot"),
    ],
)
def test_an_extent_that_cannot_be(tmp_path, said, message):
    (tmp_path / "t.vot").write_text(document(**said))
    with pytest.raises(InputError, match=message) as caught:
        open_votable(tmp_path / "t.vot")
    assert "\n" not in str(caught.value)


def test_elements_nested_without_end(tmp_path):
    (tmp_path / "t.vot").write_text(f"<VOTABLE>{'<RESOURCE>' * 20_000}{'</RESOURCE>' * 20_000}</VOTABLE>")
    with pytest.raises(InputError, match="maximum recursion depth exceeded"):
        open_votable(tmp_path / "t.vot")


def test_as_many_rows_as_are_said(tmp_path):
    rows = "<TR><TD>1</TD></TR>" * 40
    (tmp_path / "t.vot").write_text(document(table=' nrows="40"', data=f"<TABLEDATA>{rows}</TABLEDATA>"))
    assert len(open_votable(tmp_path / "t.vot")["z"]) == 40
