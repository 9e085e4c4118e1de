"""Identifiers go unchanged from a catalogue through the store, the densities and the tables to the scores."""

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slipher.density import evaluate as module
from slipher.density import scores
from slipher.density.evaluate import evaluate
from slipher.density.file import read
from slipher.formats.cells import MISSING
from slipher.formats.tables import column, write_table
from slipher.methods.base import Job
from slipher.methods.trainz import fit
from slipher.redshift import Grid
from slipher.study.predict import predict
from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import open_store

COLUMNS = CatalogueColumns(flux="f_{band}", flux_error="e_{band}", redshift="z", id="name", bands="gr")
words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
names = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6, unique=True).map(np.array),
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=6, unique=True).map(
        lambda each: np.array(each, np.uint64)
    ),
    st.lists(
        st.one_of(words, st.integers(0, 10**20).map(str), st.integers(0, 99).map("{:05d}".format)).filter(
            lambda name: name not in MISSING
        ),
        min_size=1,
        max_size=6,
        unique=True,
    ).map(np.array),
)


@pytest.fixture(autouse=True, scope="module")
def few_resamples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "score_columns", partial(scores.score_columns, resamples=2))
        yield


@pytest.fixture(scope="module")
def model(catalogue_store):
    return fit(open_store(catalogue_store), Job(grid=Grid(0.4, 4)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names)
@example(np.array(["10000_12_3", "10000_1_23"]))
@example(np.array(["007", "7", "0x7", "7e0", "+7"]))
@example(np.array(["NGC-é0", "銀河", 'a,"b"', "#1"]))
@example(np.array([2**53, 2**53 + 1, -(2**63), 2**63 - 1]))
@example(np.array([2**63, 2**64 - 1], np.uint64))
def test_names_are_kept(tmp_path_factory, model, given_names):
    folder, count = tmp_path_factory.mktemp("names"), len(given_names)
    redshift = np.linspace(0.05, 0.35, count)
    table = {"name": given_names, "z": redshift}
    table |= {f"{kind}_{band}": np.full(count, 90.0) for kind in "fe" for band in "gr"}
    write_table(folder / "given.parquet", table)
    write_table(folder / "truth.csv", {"ID": given_names[::-1], "z": redshift[::-1]})
    galaxies = open_store(import_catalogue(folder / "given.parquet", folder / "store.h5", COLUMNS))
    expected = [str(name) for name in given_names.tolist()]
    assert [str(name) for name in galaxies.id.tolist()] == expected
    for suffix in ("parquet", "csv"):
        predict(model, galaxies, folder / "d.hdf5", folder / f"c.{suffix}", overwrite=True)
        assert [str(name) for name in column(folder / f"c.{suffix}", "id").values.tolist()] == expected
    assert [str(name) for name in read(folder / "d.hdf5").id.tolist()] == expected
    document = evaluate(folder / "d.hdf5", f"{folder}/truth.csv:z", split="all")
    assert document["matched"] == {"by": "id = ID", "of": count, "n": count}
    own = evaluate(folder / "d.hdf5", split="all")
    assert document["metrics"] == own["metrics"]
