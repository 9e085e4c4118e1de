"""Tables of text against pandas and astropy, whatever parts their cells and whatever is missing."""

import bz2
import csv
import gzip
import lzma
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from astropy.io import ascii as astropy_ascii
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats import text
from slipher.formats.cells import MISSING
from slipher.formats.text import TextTable

LETTERS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029"), max_size=8)
WORDS = LETTERS.map(str.strip).filter(lambda word: word not in MISSING and not word.startswith("#"))


def opened(path):
    return TextTable(path, path.suffix[1:], path.suffix)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return opened(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_csv_as_pandas_writes_it(tmp_path_factory, data):
    """Long identifiers, text with separators, quotes and lines, numbers, truth values, gaps: in blocks or whole."""
    rows = data.draw(st.integers(1, 7))

    def column(values):
        return data.draw(st.lists(values, min_size=rows, max_size=rows))

    columns = {
        "id": pd.array(column(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))), "Int64"),
        "big": np.array(column(st.integers(2**63, 2**64 - 1)), np.uint64),
        "z": column(st.one_of(st.just(np.nan), st.floats(allow_nan=False))),
        "name": column(st.one_of(WORDS, st.sampled_from(['a,b "c"', "two\nlines", "x\n#y"])).filter(bool)),
        "good": column(st.booleans()),
    }
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    pd.DataFrame(columns).to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "PIECE", data.draw(st.integers(1, 3)))
        table = opened(path)
        start = data.draw(st.integers(0, rows))
        parts = [table.read(table.names, *span) for span in ((0, start), (start, rows))]
    whole = opened(path).read(list(columns))
    known = ~columns["id"].isna()
    assert whole["id"].lacking.tolist() == (~known).tolist()
    assert whole["id"].values[known].tolist() == columns["id"][known].tolist()
    assert whole["big"].values.tolist() == columns["big"].tolist()
    np.testing.assert_array_equal(whole["z"].numbers(), columns["z"])
    assert whole["good"].values.tolist() == columns["good"]
    if whole["name"].values.dtype.kind == "U":
        assert whole["name"].values.tolist() == columns["name"]
    for name, column in whole.items():
        np.testing.assert_array_equal(np.concatenate([part[name].values for part in parts]), column.values)
        np.testing.assert_array_equal(np.concatenate([part[name].lacking for part in parts]), column.lacking)


@pytest.mark.parametrize("gap", sorted(MISSING))
@pytest.mark.parametrize("others", [["1237648720693755918", "2"], ["0.5", "1e-3"], ["NGC 1", "M 31"]])
def test_what_stands_for_nothing_is_missing(tmp_path, gap, others):
    table = written(tmp_path / "t.csv", f"b,a\n1,{others[0]}\n1,{gap}\n1,{others[1]}\n")
    found = table["a"]
    assert found.lacking.tolist() == [False, True, False]
    assert found.values[[0, 2]].tolist() == [type(found.values.tolist()[0])(other) for other in others]


SEXTRACTOR = """#   1 NUMBER          Running object number
#   2 FLUX_APER       Flux vector within fixed circular aperture(s)    [count]
#   5 ALPHA_J2000     Right ascension of barycenter (J2000)            [deg]
         1     1.5   2.5  3.5   10.25
         2    -1.5   2.5  3.5  -10.25
"""
COMMENTED = "# id z_spec z_a\n 1 0.1 1.2e-1\n 2 -1.0 0.3\n"
BASIC = "id   z_spec\n1  0.1\n2 0.2\n"
TABS = "id\tz\n1\t0.1\n2\t0.2\n"


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("t.cat", SEXTRACTOR, "sextractor"),
        ("t.zout", COMMENTED, "commented_header"),
        ("t.dat", BASIC, "basic"),
        ("t.txt", "1 2.5\n3 4\n", "no_header"),
        ("t.tab", TABS, "tab"),
        ("t.csv", TABS.replace("\t", ";"), {"delimiter": ";"}),
        ("t.txt", 'id name\n1 "NGC 1"\n2 M31\n', "basic"),
    ],
)
def test_tables_that_astropy_knows(tmp_path, name, content, form):
    options = form if isinstance(form, dict) else {"format": form}
    expected = astropy_ascii.read(content, guess=False, **options)
    table = written(tmp_path / name, content)
    assert table.names == expected.colnames
    assert table.count == len(expected)
    for column in expected.colnames:
        found = table[column]
        assert found.values.tolist() == expected[column].tolist()
        if expected[column].unit is not None:
            assert found.unit is not None


@pytest.mark.parametrize(
    ("name", "content", "names", "column", "values"),
    [
        # EAZY: names first, the program's own comment behind
        ("t.zout", "# id z_a\n# EAZY $Rev: 22 $\n 1 0.5\n 2 0.25\n", ["id", "z_a"], "z_a", [0.5, 0.25]),
        # LePhare: names with their numbers, over several lines
        (
            "t.out",
            "##########\n# Z_STEP  0.04 6.00\n# Output format #\n#  IDENT  1   Z_BEST  2\n#  MAG  3 ,\n####\n 007 0.5 -99\n",
            ["IDENT", "Z_BEST", "MAG"],
            "IDENT",
            ["007"],
        ),
        # BPZ
        (
            "t.bpz",
            "##bpz.py\n##Column information\n# 1 ID\n# 2 Z_B\n# 3 ODDS\n1 0.5 .9\n",
            ["ID", "Z_B", "ODDS"],
            "Z_B",
            [0.5],
        ),
        # numpy.savetxt with a header of two lines
        ("t.txt", "# made by me\n# id z\n1 0.5\n", ["id", "z"], "z", [0.5]),
        # SkyServer
        ("t.csv", "#Table1\nobjid,z\n1237648720693755918,0.5\n", ["objid", "z"], "objid", [1237648720693755918]),
        # topcat's csv with a comment as heading
        ("t.csv", "#id,z\n1,0.5\n", ["id", "z"], "z", [0.5]),
        # VizieR
        (
            "t.tsv",
            "#RESOURCE=x\n\nRAJ2000\tgmag\ndeg\tmag\n-------\t----\n1.5\t20\n",
            ["RAJ2000", "gmag"],
            "RAJ2000",
            [1.5],
        ),
        # VizieR with columns one and two wide
        ("t.tsv", "#x\nf\tn\tgmag\n \t \tmag\n-\t--\t----\n1\t-\t20\n", ["f", "n", "gmag"], "f", [1]),
        ("t.tsv", "f\tgmag\n-\t----\n1\t20\n", ["f", "gmag"], "f", [1]),
        ("t.txt", "f gmag\n= ====\n1 20\n", ["f", "gmag"], "f", [1]),
        # a row of missing values is no line
        ("t.tsv", "a\tb\n-\t--\n1\t20\n", ["a", "b"], "b", [20]),
        # sentences of as many words as there are columns, above and below
        ("t.txt", "# id z_mean redshift\n# made by EAZY\n1 0.5 0.4\n", ["id", "z_mean", "redshift"], "id", [1]),
        ("t.txt", "# made by EAZY\n# id z_mean redshift\n1 0.5 0.4\n", ["id", "z_mean", "redshift"], "id", [1]),
        ("t.txt", "# id z_mean redshift\n# EAZY version v1.0\n1 0.5 0.4\n", ["id", "z_mean", "redshift"], "id", [1]),
        ("t.txt", "# name z\n# Smith 2020b\nA1 0.5\n", ["name", "z"], "z", [0.5]),
        (
            "t.txt",
            "# id redshift error\n# Photometric redshift catalogue\n1 0.5 0.1\n",
            ["id", "redshift", "error"],
            "id",
            [1],
        ),
        ("t.csv", "# id,z\n# made yesterday, twice\n1,0.5\n", ["id", "z"], "z", [0.5]),
        # frames: astropy's fixed_width, Markdown, topcat, psql
        ("t.txt", "| id |   z |\n|  1 | 0.5 |\n|  2 |     |\n", ["id", "z"], "z", [0.5]),
        ("t.csv", "|id|z|\n|---|:---|\n|1|0.5|\n", ["id", "z"], "z", [0.5]),
        ("t.md", "| id | z |\n| --- | --- |\n| 1 | 0.5 |\n", ["id", "z"], "id", [1]),
        ("t.txt", "+--+---+\n|id|z  |\n+--+---+\n|1 |0.5|\n|2 |0.7|\n+--+---+\n", ["id", "z"], "z", [0.5, 0.7]),
        ("t.txt", " id |  z  \n----+-----\n  1 | 0.5\n  2 | 0.7\n(2 rows)\n", ["id", "z"], "z", [0.5, 0.7]),
        ("t.txt", "| name | z |\n| a, b | 0.5 |\n", ["name", "z"], "name", ["a, b"]),
        # a row of missing values is no frame
        ("t.txt", "a|b\n1|2\n---|---\n3|4\n", ["a", "b"], "b", [2, 4]),
        # names behind other marks than #
        ("t.dat", "% id z\n1 0.5\n", ["id", "z"], "z", [0.5]),
        ("t.dat", "! made by me\n!id z\n1 0.5\n", ["id", "z"], "z", [0.5]),
        ("t.dat", "name z\n!x 0.5\n%y 0.7\n", ["name", "z"], "z", [0.5, 0.7]),
        ("t.csv", "%complete,z\n1,0.5\n", ["%complete", "z"], "z", [0.5]),
        # comments and empty lines above, below and among the rows
        ("t.csv", "# a\n\nid,z\n# b\n1,0.5\n\n  # c\n2,0.25\n", ["id", "z"], "id", [1, 2]),
        # a byte order mark and lines of Windows
        ("t.csv", "\ufeffid,z\r\n1,0.5\r\n", ["id", "z"], "id", [1]),
        # Fortran's double precision
        ("t.dat", "id z\n1 0.5D+01\n", ["id", "z"], "z", [5.0]),
        # no rows
        ("t.csv", "id,z\n", ["id", "z"], "id", []),
    ],
)
def test_headings(tmp_path, name, content, names, column, values):
    table = written(tmp_path / name, content)
    assert table.names == names
    found = table[column]
    assert found.values[~found.lacking].tolist() == values


def test_what_is_found_and_left_out_is_said(tmp_path, capsys):
    written(tmp_path / "t.txt", "1 2\n# 3 4\n#5 6\n7 8\n")
    said = capsys.readouterr().err
    assert "no line names its columns: they are called col1 to col2" in said
    assert "lines below the names that begin with # are taken for comments: 2." in said


def test_a_large_file_shows_how_far_it_is_looked_through(tmp_path, capsys, monkeypatch):
    written(tmp_path / "t.csv", "id\n1\n")
    assert "looking through" not in capsys.readouterr().err
    monkeypatch.setattr(text, "LARGE", 3)
    written(tmp_path / "t.csv", "id\n1\n")
    assert "looking through t.csv" in capsys.readouterr().err


def test_units_of_headings(tmp_path):
    assert written(tmp_path / "t.cat", SEXTRACTOR)["FLUX_APER_2"].unit == "count"
    vizier = "a\tgmag\n\tmag\n---\t----\nx\t20\n"
    assert written(tmp_path / "t.tsv", vizier)["gmag"].unit == "mag"


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
def test_packed(tmp_path, suffix, pack, monkeypatch):
    monkeypatch.setattr(text, "PIECE", 10)
    content = "id,z\n" + "".join(f"{row},{row / 8}\n" for row in range(100))
    (tmp_path / f"t.csv{suffix}").write_bytes(pack.compress(content.encode()))
    table = TextTable(tmp_path / f"t.csv{suffix}", "csv", ".csv")
    assert table.count == 100
    assert table.read(["z"], 55, 57)["z"].values.tolist() == [55 / 8, 56 / 8]
    assert table.read(["id"], 3, 33)["id"].values.tolist() == list(range(3, 33))


def test_late_cells_decide_the_type_of_a_column(tmp_path, monkeypatch):
    """Whatever is in the first rows, later ones neither round identifiers nor fail."""
    monkeypatch.setattr(text, "PIECE", 4)
    rows = [str(2**60 + row) for row in range(20)] + ["007"]
    table = written(tmp_path / "t.csv", "id\n" + "\n".join(rows) + "\n")
    assert table["id"].values.tolist() == rows
    assert table.read(["id"], 0, 2)["id"].values.tolist() == rows[:2]
    np.testing.assert_array_equal(table["id"].numbers(), [float(row) for row in rows])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "a,b\n1\n", "line 2 has 1 values for 2 columns"),
        ("t.csv", "# x\na,b\n\n1,2\n3,4,5\n", "line 5 has 3 values for 2 columns"),
        ("t.txt", "a b\n1 2\n3\n", "line 3 has 1 values for 2 columns"),
        ("t.csv", 'a,b\n1,"2\n3,4\n', "unexpected end of data"),
        ("t.csv", "a,a\n1,2\n", r"several columns of the same name \(a\)"),
        ("t.csv", "a b\n1 2\n", "its cells are parted by spaces, which is no csv: name it .txt"),
        ("t.csv", "# nothing\n", "it is empty; a first line of column names is needed"),
        ("t.ecsv", "a b\n1 2\n", "it has no header of ECSV"),
        ("t.csv", "'a','b'\n'1','2'\n", "its cells are in single quotes: write them in double quotes, or in none"),
    ],
)
def test_bad_files(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message) as caught:
        written(tmp_path / name, content)
    assert "\n" not in str(caught.value)


def test_a_line_in_another_encoding_is_named(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a\n1\n\xe9\n")
    with pytest.raises(InputError, match=r"line 3 is no UTF-8: save the file in that encoding"):
        opened(tmp_path / "t.csv")
    (tmp_path / "u.csv").write_bytes(b"# \xe9\na\n1\n")
    assert opened(tmp_path / "u.csv")["a"].values.tolist() == [1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named(tmp_path, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "t.csv").write_bytes((mark + "a,b\n1,2\n").encode(encoding))
    with pytest.raises(InputError, match="it is UTF-16: save the file as UTF-8"):
        opened(tmp_path / "t.csv")


def test_a_packed_file_that_is_cut_off(tmp_path):
    whole = gzip.compress(("id\n" + "\n".join(map(str, range(5000)))).encode())
    (tmp_path / "t.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged or not csv"):
        TextTable(tmp_path / "t.csv.gz", "csv", ".csv")


def test_memory_is_that_of_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "PIECE", 500)
    peaks = []
    for rows in (3_000, 30_000):
        (tmp_path / "t.csv").write_text("id,z\n" + "".join(f"{row},{row / 7!r}\n" for row in range(rows)))
        tracemalloc.start()
        table = opened(tmp_path / "t.csv")
        for start in range(0, rows, 500):
            table.read(table.names, start, start + 500)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_column_is_found_without_a_look_at_all_others(tmp_path):
    """Of 50,000 columns each was compared with every other."""
    names, compared = [f"c{number}" for number in range(300)], []

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(other)
            return str.__eq__(self, other)

    path = tmp_path / "wide.csv"
    path.write_text(f"{','.join(names)}\n{','.join('1' for _ in names)}\n")
    found = TextTable(path, "csv", ".csv").read([Name(name) for name in names])
    assert list(found) == names
    assert len(compared) < 30 * len(names)
