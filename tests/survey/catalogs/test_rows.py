"""Counts of blocks add up to those of the whole, and tell the median brightness."""

from pathlib import Path

import numpy as np
import pytest

from slipher.formats.tables import Held
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.catalogs.rows import EDGES, find_converter

ROWS = 200


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    flux = np.where(rng.random((ROWS, 2)) < 0.1, np.nan, rng.normal(20, 15, (ROWS, 2)))
    names = np.array([f"{row}" if row < 150 else f"Ö{row}" for row in range(ROWS)])
    redshift = np.where(rng.random(ROWS) < 0.2, -99, rng.uniform(0, 1, ROWS))
    return Held.of(Path("t"), {"F": flux, "E": np.ones((ROWS, 2)), "id": names, "z": redshift})


@pytest.fixture(scope="module")
def converter(table):
    columns = CatalogueColumns(flux="F", flux_error="E", bands="gr", id="id", redshift="z", z_max=0.8)
    return find_converter(table, columns)


@pytest.mark.parametrize("size", [1, 33, 150])
def test_counts_of_blocks_add_up(table, converter, size):
    whole = converter(table.read(converter.names), 0)
    parts = [converter(table.read(converter.names, start, start + size), start) for start in range(0, ROWS, size)]
    counts = parts[0].counts
    for part in parts[1:]:
        counts += part.counts
    assert (counts.rows, sum(counts.kept), counts.text, counts.width) == (ROWS, whole.counts.kept[0], True, 5)
    np.testing.assert_array_equal(counts.magnitudes, whole.counts.magnitudes)
    np.testing.assert_array_equal(counts.parts, whole.counts.parts)
    for name in ("galaxies", "missing", "faint"):
        np.testing.assert_array_equal(getattr(counts.brightness, name), getattr(whole.counts.brightness, name))
    assert counts.tallies == whole.counts.tallies
    np.testing.assert_array_equal(np.concatenate([part.stored["redshift"] for part in parts]), whole.stored["redshift"])


def test_counts_are_those_of_the_columns(table, converter):
    found = converter(table.read(converter.names), 0)
    flux, redshift = table["F"].values, table["z"].values
    kept = redshift < 0.8
    light = found.counts.brightness
    np.testing.assert_array_equal(
        light.missing, [np.isnan(flux[kept]).any(axis=1).sum(), *np.isnan(flux[kept]).sum(axis=0)]
    )
    np.testing.assert_array_equal(light.faint[1:], (flux[kept] <= 0).sum(axis=0))
    assert found.counts.tallies["redshift"].codes == (redshift == -99).sum()
    magnitudes = 22.5 - 2.5 * np.log10(flux[kept & (flux[:, 1] > 0), 1])
    ranks = np.cumsum(found.counts.magnitudes)
    assert EDGES[np.searchsorted(ranks, ranks[-1] / 2)] == pytest.approx(np.median(magnitudes), abs=0.06)
    assert found.stored["id"].tolist()[-1] == f"Ö{ROWS - 1}".encode() or redshift[-1] >= 0.8
