"""Real SDSS spectra come into a store whole, and the flux term's tables are made from it."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from slipher.constraints.flux import Flux
from slipher.physics.filters import filters_for
from slipher.physics.flux import synthetic_flux
from slipher.physics.response import response_table
from slipher.physics.template import continue_spectrum
from slipher.redshift import Grid
from slipher.survey.check import check
from slipher.survey.responses import response_cache
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.spectra.attach import FLAGS, attach_spectra
from slipher.survey.spectra.file import read_file, read_position
from slipher.survey.spectra.flags import SpectrumFlag
from slipher.survey.spectra.specobj import decode, encode, name_of_file, run2d_name
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = sorted((DATA / "spectra").glob("*.fits"))
BAD = sorted((DATA / "spectra-bad").glob("*.fits"))
CATALOGUE = DATA / "catalogs" / "dey2022-predictions.npz"
GRID = Grid()
PAIRS = {"spec-0266-51602-0166": "spec-0266-51630-0174", "spec-0266-51602-0526": "spec-0266-51630-0525"}
"""Two observations of one galaxy; the later has more signal in both."""

pytestmark = pytest.mark.skipif(not FILES, reason="needs ../shared/data/spectra")


def results(path):
    """What the pipeline says of a spectrum, as astropy reads it."""
    with fits.open(path, memmap=False) as file:
        row = file[2].data[0]
        return {
            name: row[name] for name in ("SPECOBJID", "PLATE", "MJD", "FIBERID", "RUN2D", "Z", "PLUG_RA", "PLUG_DEC")
        }


def make_store(path, ids, redshift, **catalogue):
    """Galaxies of ugriz without images."""
    columns = {
        "id": ids,
        "redshift": redshift,
        "ebv": np.zeros(len(ids), np.float32),
        "split": np.zeros(len(ids), np.uint8),
    }
    extra = {name: Column(values.dtype.name) for name, values in catalogue.items()}
    schema = galaxy_schema(len(ids), tuple("ugriz"), source="SDSS spectra", photometry=False, catalogue=extra)
    with StoreWriter(path, schema, "test") as writer:
        writer.write(0, {**columns, **{f"catalogue/{name}": values for name, values in catalogue.items()}})
        writer.finish()
    return path


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store of all spectra, good and bad, by their own specObjIDs and redshifts; with what was said of it."""
    rows = [results(path) for path in FILES + BAD]
    ids = np.array([int(row["SPECOBJID"]) for row in rows])
    store = make_store(tmp_path_factory.mktemp("real") / "store.h5", ids, np.array([float(row["Z"]) for row in rows]))
    return open_store(store), attach_spectra(store, DATA, workers=1)


@pytest.mark.skipif(not CATALOGUE.exists(), reason="needs ../shared/data/catalogs")
def test_every_specobjid_of_a_real_catalogue_is_taken_apart():
    with np.load(CATALOGUE) as file:
        ids, plate, mjd, fiber = (file[name] for name in ("specObjID", "plate", "mjd", "fiber"))
    found = decode(ids)
    assert len(ids) == 25_826
    assert np.array_equal(found.plate, plate)
    assert np.array_equal(found.mjd, mjd)
    assert np.array_equal(found.fiber, fiber)
    assert found.plausible.all()
    names = zip(plate.tolist(), mjd.tolist(), fiber.tolist(), found.run2d.tolist(), strict=True)
    assert [encode(*name[:3], run2d_name(name[3])) for name in names] == ids.tolist()


def test_files_name_themselves_as_their_specobjids_do():
    for path in FILES + BAD:
        row = results(path)
        name = (int(row["PLATE"]), int(row["MJD"]), int(row["FIBERID"]))
        assert name == name_of_file(path)
        assert encode(*name, row["RUN2D"].strip()) == int(row["SPECOBJID"])


def test_files_are_read_as_astropy_reads_them():
    for path in FILES + BAD:
        spectrum, row = read_file(path), results(path)
        with fits.open(path, memmap=False) as file:
            pixels = file[1].data
            assert np.array_equal(spectrum.flux, pixels["flux"])
            assert np.array_equal(spectrum.ivar, pixels["ivar"])
            assert np.abs(np.log10(spectrum.wavelength) - pixels["loglam"]).max() < 3e-7
        assert np.float32(spectrum.redshift) == np.float32(row["Z"])
        assert read_position(path) == (row["PLUG_RA"], row["PLUG_DEC"])


def test_every_spectrum_is_in_the_store_on_its_own_pixels(filled):
    store, document = filled
    assert json.loads(json.dumps(document, allow_nan=False))["usable"] == 15
    assert (document["matched"], document["without"], document["strangers"], document["unusable"]) == (17, 0, 0, [])
    store = open_store(store.path)
    assert store.spectrum_have.tolist() == [True] * 15 + [False] * 2
    spectra = store.spectra()
    for row, path in enumerate(FILES):
        spectrum = read_file(path)
        first = spectrum.first - round(spectra.loglam0 * 1e4)
        assert np.array_equal(spectra.flux[row, first : first + len(spectrum.flux)], spectrum.flux)
        assert np.array_equal(spectra.ivar[row, first : first + len(spectrum.flux)], spectrum.ivar)
        assert np.count_nonzero(spectra.ivar[row]) == np.count_nonzero(spectrum.ivar)
    assert check(store.path)["ok"]


def test_what_is_doubtful_is_flagged(filled):
    _, document = filled
    flags = open_store(document["store"]).column(FLAGS)
    expected = {
        "spec-0358-51818-0504": SpectrumFlag.ZWARNING,
        "spec-0269-51581-0003": SpectrumFlag.EMPTY | SpectrumFlag.ZWARNING,
        "spec-1931-53358-0251": SpectrumFlag.NOT_GALAXY,
    }
    assert flags.tolist() == [expected.get(path.stem, 0) for path in FILES + BAD]
    counts = {"zwarning": 2, "empty": 1, "not_galaxy": 1, "redshift": 0, "repeated": 0, "damaged": 0}
    assert document["flagged"] == counts


@pytest.mark.parametrize(("uncovered", "counting"), [("mask", "gri"), ("template", "ugriz")])
def test_tables_are_made_from_the_store(filled, uncovered, counting):
    store = open_store(filled[1]["store"])
    table, counts = response_cache(store, GRID, Flux(uncovered=uncovered)).rows(np.arange(len(store)))
    assert np.isfinite(table).all()
    assert not counts[15:].any()
    assert (table[15:] == 1).all()
    for row, path in enumerate(FILES):
        assert "".join(band for band, used in zip("ugriz", counts[row], strict=True) if used) == counting
        spectrum = read_file(path)
        alone = (spectrum.flux[None], spectrum.ivar[None], np.array([spectrum.redshift]))
        expected = response_table(spectrum.loglam0, *alone, GRID, filters_for("ugriz"), uncovered)
        np.testing.assert_allclose(table[row], expected.table[0], rtol=2e-4)


def test_templates_continue_real_spectra_as_they_go_on():
    """Each spectrum is cut in the middle of i: its templates know the rest, where zero-filling loses half of it."""
    (band,) = filters_for("i")
    continued, cut = [], []
    for path in FILES:
        spectrum = read_file(path)
        wavelength, seen = spectrum.wavelength, spectrum.wavelength < 7500
        weight = np.where(seen, spectrum.ivar, 0)
        model = continue_spectrum(wavelength, spectrum.flux, weight, spectrum.redshift, wavelength)
        whole = synthetic_flux(wavelength, spectrum.flux, band)
        continued.append(synthetic_flux(wavelength, np.where(seen, spectrum.flux, model), band) / whole)
        cut.append(synthetic_flux(wavelength, np.where(seen, spectrum.flux, 0), band) / whole)
    assert np.median(np.abs(np.array(continued) - 1)) < 0.02
    assert np.abs(np.array(continued) - 1).max() < 0.12
    assert np.median(cut) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("by", ["name", "catalogue"])
def test_of_two_observations_of_a_galaxy_the_better_is_taken(tmp_path, by):
    """A store that knows the first observation of each pair, and where its galaxies are."""
    rows = [results(DATA / "spectra" / f"{first}.fits") for first in PAIRS]
    ids = np.array([int(row["SPECOBJID"]) for row in rows]) if by == "name" else np.array([1, 2])
    names = {"plate": "PLATE", "mjd": "MJD", "fiber": "FIBERID"} if by == "catalogue" else {}
    columns = {column: np.array([row[name] for row in rows], np.int32) for column, name in names.items()}
    places = {"ra": np.array([row["PLUG_RA"] for row in rows]), "dec": np.array([row["PLUG_DEC"] for row in rows])}
    redshift = np.array([float(row["Z"]) for row in rows])
    store = make_store(tmp_path / "pairs.h5", ids, redshift, **columns, **places)
    document = attach_spectra(store, DATA / "spectra", workers=1)
    assert (document["matched"], document["usable"], document["flagged"]["repeated"]) == (2, 2, 2)
    assert document["strangers"] == 11
    spectra = open_store(store).spectra()
    for row, later in enumerate(PAIRS.values()):
        assert spectra.ivar[row].max() == read_file(DATA / "spectra" / f"{later}.fits").ivar.max()


def test_each_observation_has_its_own_galaxy_where_the_store_has_both(filled):
    store = open_store(filled[1]["store"])
    by_name = dict(zip((path.stem for path in FILES), store.spectra().ivar, strict=False))
    assert all(not np.array_equal(by_name[first], by_name[second]) for first, second in PAIRS.items())


def test_a_redshift_that_disagrees_leaves_the_spectrum_out(tmp_path):
    row = results(FILES[0])
    ids = np.array([int(row["SPECOBJID"])] * 2)
    store = make_store(tmp_path / "store.h5", ids, float(row["Z"]) + np.array([0.01, 0.001]))
    attach_spectra(store, DATA / "spectra", workers=1)
    galaxies = open_store(store)
    assert galaxies.column(FLAGS).tolist() == [SpectrumFlag.REDSHIFT, 0]
    assert galaxies.spectrum_have.tolist() == [False, True]
