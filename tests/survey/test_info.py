"""What a store says of itself."""

import json

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.info import info, info_text
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

N = 50


def make(path, images=True, **changes):
    shape = (16, 20) if images else None
    schema = galaxy_schema(
        N, ("g", "r", "i"), source="a test", simulated=images, shape=shape, pixel_scale=0.4 if images else None,
        loglam0=3.5 if images else None, pixels=5,
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


def test_one_redshift(tmp_path):
    document = info(make(tmp_path / "a.h5", redshift=np.zeros(N)))
    assert sum(document["redshift"]["histogram"]["counts"]) == N


def test_no_store(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        info(tmp_path / "a.h5")
