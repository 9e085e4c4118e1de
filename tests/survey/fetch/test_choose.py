"""What a user asks for by a word."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.tables import write_table
from slipher.survey.fetch.addresses import spectra
from slipher.survey.fetch.choose import choose
from slipher.survey.schema import galaxy_schema
from slipher.survey.spectra.specobj import encode
from slipher.survey.writer import StoreWriter

IDS = np.array([encode(266, 51602, fiber, "26") for fiber in (3, 1, 2)])


@pytest.mark.parametrize("suffix", ["csv", "fits", "parquet"])
def test_a_column(tmp_path, suffix):
    write_table(tmp_path / f"table.{suffix}", {"name": np.array(["a", "b", "c"]), "specObjID": IDS})
    found = choose("spectra", f"{tmp_path / 'table'}.{suffix}:specObjID")
    assert {remote.name for remote in found} == {f"0266/spec-0266-51602-{fiber:04d}.fits" for fiber in (1, 2, 3)}


def test_a_store(tmp_path):
    zeros = {"redshift": np.zeros(3), "ebv": np.zeros(3, "f4"), "split": np.zeros(3, "u1")}
    zeros |= {name: np.ones((3, 2), "f4") for name in ("photometry/flux", "photometry/flux_error")}
    with StoreWriter(tmp_path / "sdss.h5", galaxy_schema(3, ("g", "r"), source="test"), "test") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in (zeros | {"id": IDS}).items()})
        writer.finish()
    assert choose("spectra", str(tmp_path / "sdss.h5")) == spectra(IDS)


def test_a_store_of_others(catalogue_store):
    with pytest.raises(InputError, match="are no specObjIDs"):
        choose("spectra", str(catalogue_store))


def test_numbers_that_have_lost_digits(tmp_path):
    write_table(tmp_path / "table.fits", {"specObjID": IDS.astype(float)})
    with pytest.raises(InputError, match=r"column 'specObjID' holds float64, in row 0 .* is no exact whole number"):
        choose("spectra", f"{tmp_path / 'table.fits'}:specObjID")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("spectra",), "give --ids"),
        (("dust", "a.csv:id"), "comes whole"),
        (("frames",), "'frames' is not known; there are spectra, archive, dust, hayat"),
        (("dust", None, "mirror.example"), "begins with neither https:// nor http://"),
        (("spectra", "nowhere.csv:id"), r"nowhere\.csv does not exist"),
        (("spectra", "nowhere.h5"), r"nowhere\.h5 does not exist"),
    ],
)
def test_what_cannot_be_chosen(asked, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        choose(*asked)


def test_whole_kinds():
    assert [remote.name for remote in choose("dust")] == ["SFD_dust_4096_ngp.fits", "SFD_dust_4096_sgp.fits"]
    assert [remote.name for remote in choose("archive")] == ["sdss.npz"]


@pytest.mark.parametrize(
    "base",
    ["", " ", "http://", "ftp://a/b", "file:///etc/passwd", "http://a b", "http://a\n", "http://u:p@a", "http://a?x", "http://a#x",
     "http://[::1", "http://a:x", "/a", "-x", "http://" + "a" * 70],
)  # fmt: skip
def test_mirrors_that_are_none(base):
    with pytest.raises(InputError, match="--base") as caught:
        choose("dust", base=base)
    assert str(caught.value).isprintable()


def test_a_mirror_by_number():
    assert choose("dust", base="http://[::1]:8080/x/")[0].address == "http://[::1]:8080/x/SFD_dust_4096_ngp.fits"
