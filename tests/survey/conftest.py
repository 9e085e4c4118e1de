"""SDSS spectrum files and stores for them, as the tests of several parts of the survey need them."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from slipher.physics.uncovered import STEP
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.writer import StoreWriter

LOGLAM = (3.5798 + STEP * np.arange(3840)).astype(np.float32)
RESULTS = {"CLASS": "GALAXY", "Z": 0.12, "ZWARNING": 0, "SPECTROFLUX": np.arange(1.0, 6.0)}
FORMATS = {"CLASS": "6A", "Z": "E", "ZWARNING": "J", "SPECTROFLUX": "5E", "PLUG_RA": "D", "PLUG_DEC": "D"}
FORMATS |= {"RACAT": "D", "DECCAT": "D", "CATALOGID": "K"}


def write(path, flux=None, ivar=None, loglam=LOGLAM, drop=(), upper=False, header=None, **row):
    """A file in SDSS's spec format; keyword arguments replace results, ``drop`` leaves columns out."""
    flux = np.full(len(loglam), 10.0) if flux is None else flux
    ivar = np.full(len(loglam), 4.0) if ivar is None else ivar
    spectrum = {"flux": flux, "loglam": loglam, "ivar": ivar, "and_mask": np.zeros(len(loglam))}
    if upper:
        spectrum = {name.upper(): values for name, values in spectrum.items()}
    one = [fits.Column(name, "E", array=array) for name, array in spectrum.items() if name not in drop]
    results = RESULTS | row
    two = [
        fits.Column(name, FORMATS.get(name, "J"), array=[value]) for name, value in results.items() if name not in drop
    ]
    tables = [fits.BinTableHDU.from_columns(columns) for columns in (one, two)]
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(header or {})), *tables]).writeto(path)
    return path


@pytest.fixture(scope="session")
def write_spectrum():
    """Writes a file in SDSS's spec format: (path, flux, ivar, loglam, drop, upper, header, **results)."""
    return write


@pytest.fixture
def spectrum_store(tmp_path):
    """Makes a store without images: (ids, redshifts, **columns of the catalogue); returns its path."""

    def make(ids, redshift, **catalogue):
        ids = np.asarray(ids)
        more = {f"catalogue/{name}": np.asarray(values) for name, values in catalogue.items()}
        schema = galaxy_schema(
            len(ids),
            tuple("ugriz"),
            source="spectra of a test",
            photometry=False,
            id_dtype=ids.dtype.name if ids.dtype.kind == "i" else ids.dtype.str[1:],
            catalogue={name.removeprefix("catalogue/"): Column(values.dtype.name) for name, values in more.items()},
        )
        columns = {
            "id": ids,
            "redshift": np.asarray(redshift, np.float64),
            "ebv": np.zeros(len(ids), np.float32),
            "split": np.zeros(len(ids), np.uint8),
            **more,
        }
        path = tmp_path / "store.h5"
        with StoreWriter(path, schema, "test") as writer:
            for start, stop in writer.missing():
                writer.write(start, {name: values[start:stop] for name, values in columns.items()})
            writer.finish()
        return path

    return make


@pytest.fixture(scope="session")
def sdss_dust():
    """Positions and extinctions of SDSS galaxies; the catalogue took these from the full SFD98 maps."""
    kcorrect = pytest.importorskip("kcorrect")
    file = Path(kcorrect.__file__).parent / "data" / "test" / "gst_tests_small.fits"
    with fits.open(file) as units:
        table = units[1].data
        return [np.array(table[name], np.float64) for name in ("RA", "DEC")], np.array(table["EXTINCTION"], np.float64)
