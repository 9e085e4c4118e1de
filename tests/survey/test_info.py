"""What a store says of itself."""

import json

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey import info as library
from slipher.survey.info import info, info_text
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

N = 50


def make(path, images=True, catalogue=None, attributes=None, **changes):
    shape = (16, 20) if images else None
    schema = galaxy_schema(
        N, ("g", "r", "i"), source="a test", simulated=images, shape=shape, pixel_scale=0.4 if images else None,
        loglam0=3.5 if images else None, pixels=5, catalogue=catalogue or {}, attributes=attributes or {},
    )  # fmt: skip
    rng = np.random.default_rng(1)
    columns = {name: rng.integers(0, 2, (N, *column.shape)) for name, column in schema.columns.items()}
    columns |= {
        "id": np.arange(N),
        "split": np.repeat([0, 1, 2], [30, 8, 12]),
        "redshift": np.linspace(0.02, 0.4, N),
        "ebv": np.full(N, 0.05),
        "photometry/flux": np.full((N, 3), [1.0, 10.0, 100.0]),
    }
    columns |= changes
    with StoreWriter(path, schema, "x") as writer:
        writer.write(0, columns)
        if images:
            writer.put("sky/correlation", np.ones((3, 5, 5)))
        writer.finish()
    return path


def test_numbers(tmp_path):
    path = make(tmp_path / "a.h5")
    document = info(path)
    assert document["galaxies"] == N
    assert document["split"] == {"train": 30, "validation": 8, "test": 12}
    assert document["bands"] == ["g", "r", "i"]
    assert document["unit"] == "nanomaggy"
    assert document["cutout"] == [16, 20]
    assert document["simulated"]
    assert document["bytes"] == path.stat().st_size
    assert document["fingerprint"] == open_store(path).fingerprint
    assert document["has"] == ["images", "spectra", "photometry", "sources", "sky"]
    assert document["ebv"] == {"known": N, "least": 0.05, "median": 0.05, "greatest": 0.05}
    assert {name: document["redshift"][name] for name in ("known", "least", "median", "greatest")} == {
        "known": N, "least": 0.02, "median": 0.21, "greatest": 0.4,
    }  # fmt: skip
    assert sum(document["redshift"]["histogram"]["counts"]) == N
    assert document["magnitudes"]["r"] == {"bright": 20.0, "median": 20.0, "faint": 20.0, "not_positive": 0}
    assert document["missing"] == [f"spectra of {N - document['spectra']} galaxies"]
    json.dumps(document, allow_nan=False)


def test_what_is_missing(tmp_path):
    nothing = np.full(N, np.nan)
    flux = np.full((N, 3), -1.0)
    some = np.where(np.arange(N) < 7, np.nan, 0.1)
    document = info(make(tmp_path / "a.h5", False, redshift=nothing, ebv=some, **{"photometry/flux": flux}))
    assert document["has"] == ["photometry"]
    assert document["missing"] == [
        "images", "spectra", "source masks", "sky statistics", "redshift of all galaxies", "E(B−V) of 7 galaxies",
    ]  # fmt: skip
    assert document["redshift"] == {"known": 0, "least": None, "median": None, "greatest": None, "histogram": None}
    assert document["magnitudes"]["g"] == {"bright": None, "median": None, "faint": None, "not_positive": N}
    assert document["cutout"] is None
    assert document["spectra"] == 0
    json.dumps(document, allow_nan=False)
    text = info_text(document)
    assert "redshift    unknown" in text
    assert "no cutouts" in text
    assert "(50 without a positive flux)" in text


def test_words(tmp_path):
    text = info_text(info(make(tmp_path / "a.h5")))
    assert "galaxies    50 (30 train, 8 validation, 12 test)" in text
    assert "a test (simulated)" in text
    assert "20 × 16 pixels of 0.4″, bands g r i" in text
    assert "0.0200 to 0.4000, median 0.2100 (50 known)" in text
    assert text.count("█") > 20


def test_bands_that_galaxies_lack_are_counted(tmp_path):
    sigma, error = np.ones((N, 3)), np.ones((N, 3))
    sigma[:4, 0] = np.nan
    sigma[2:4, 2] = np.nan
    document = info(make(tmp_path / "a.h5", **{"sky/sigma": sigma}))
    assert document["without_band"] == {"g": 4, "r": 0, "i": 2}
    assert document["missing"][-2:] == ["band g of 4 galaxies", "band i of 2 galaxies"]
    error[:, 1] = np.inf
    catalogue = info(make(tmp_path / "b.h5", False, **{"photometry/flux_error": error}))
    assert catalogue["without_band"] == {"g": 0, "r": N, "i": 0}


def test_columns_of_a_catalogue_and_other_attributes(tmp_path):
    columns = {
        "ra": Column("float64"), "plate": Column("int32"), "name": Column("S5"), "extinction": Column("float32", (3,)),
        "spectrum_flags": Column("int32"),
    }  # fmt: skip
    values = {
        "catalogue/ra": np.where(np.arange(N) == 3, np.nan, np.linspace(0, 359, N)),
        "catalogue/plate": np.arange(N) + 266,
        "catalogue/name": np.full(N, b"four"),
        "catalogue/extinction": np.full((N, 3), 0.25),
        "catalogue/spectrum_flags": np.repeat([0, 1, 9], [40, 7, 3]),
        "spectrum/have": np.ones(N),
    }
    attributes = {"sample": "paper", "dereddened": False}
    document = info(make(tmp_path / "a.h5", catalogue=columns, attributes=attributes, **values))
    assert document["catalogue"]["ra"] == {
        "kind": "float64", "shape": [], "known": N - 1, "least": 0.0, "greatest": 359.0,
    }  # fmt: skip
    assert document["catalogue"]["plate"]["greatest"] == 266 + N - 1
    assert document["catalogue"]["name"] == {"kind": "text", "shape": [], "known": 0, "least": None, "greatest": None}
    assert document["catalogue"]["extinction"]["shape"] == [3]
    assert document["attributes"] == {"dereddened": False, "loglam0": 3.5, "sample": "paper"}
    assert document["spectrum_flags"]["zwarning"] == 10
    assert document["spectrum_flags"]["redshift"] == 3
    json.dumps(document, allow_nan=False)
    text = info_text(document)
    assert "spectra     50; flagged: 10 zwarning, 3 redshift" in text
    assert "  extinction      float32 × 3  0.25 to 0.25" in text
    assert "  sample      paper" in text


def test_pieces_are_as_one(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    flux, sigma = rng.uniform(-1, 9, (N, 3)), np.where(rng.random((N, 3)) < 0.2, np.nan, 1)
    path = make(tmp_path / "a.h5", **{"photometry/flux": flux, "sky/sigma": sigma})
    whole = info(path)
    monkeypatch.setattr(library, "PIECE", 7)
    assert info(path) == whole


def test_one_redshift(tmp_path):
    document = info(make(tmp_path / "a.h5", redshift=np.zeros(N)))
    assert sum(document["redshift"]["histogram"]["counts"]) == N


def test_no_store(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        info(tmp_path / "a.h5")
