import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods.photometry.measured import USE, completion_of, labelled, measured, redshifts_alone
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


def stored(path, galaxies, flux, error, bands="ugriz", photometry=True):
    columns = {"id": galaxies.id, "redshift": galaxies.redshift, "ebv": galaxies.ebv, "split": galaxies.split}
    if photometry:
        columns |= {"photometry/flux": flux, "photometry/flux_error": error}
    schema = galaxy_schema(len(galaxies), tuple(bands), source="a test", photometry=photometry)
    with StoreWriter(path, schema, "test") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return open_store(path)


def test_gaps_are_filled_and_known(galaxies, tmp_path, capsys):
    flux, error = np.array(galaxies.flux), np.array(galaxies.flux_error)
    flux[:2, 0], error[:2, 0] = 0, np.inf
    flux[2], error[2] = 0, np.inf
    gappy = stored(tmp_path / "s.h5", galaxies, flux, error)
    system = MagnitudeSystem.of(gappy.train, USE)
    completion = completion_of(gappy.train, system, "annz")
    assert "annz: 3 of 400 training galaxies lack a band" in capsys.readouterr().err
    found = measured(gappy, system, completion, "annz")
    assert np.isfinite(found.magnitudes).all()
    assert found.known.tolist() == [row != 2 for row in range(len(galaxies))]
    assert np.allclose(found.magnitudes[2], completion.mean)
    truth, _ = system.magnitudes(galaxies, USE)
    assert np.abs(found.magnitudes[:2, 0] - truth[:2, 0]).max() < 0.4
    assert (found.error[:2, 0] > found.error[3:, 0].max()).all()


def test_too_few_whole_galaxies_are_refused(galaxies, tmp_path):
    flux, error = np.array(galaxies.flux), np.array(galaxies.flux_error)
    flux[9:, 0], error[9:, 0] = 0, np.inf
    gappy = stored(tmp_path / "s.h5", galaxies, flux, error)
    with pytest.raises(InputError, match="has 9 training galaxies with a redshift and all bands, but annz needs at"):
        completion_of(gappy.train, MagnitudeSystem.of(gappy.train, USE), "annz")


def test_validation_galaxies_come_from_the_store(galaxies):
    train, validation = labelled(galaxies.train, Grid(), "annz")
    assert np.array_equal(validation.id, galaxies.validation.id)
    assert np.array_equal(train.id, galaxies.train.id)
    narrow, _ = labelled(galaxies, Grid(0.1, 20), "annz")
    assert len(narrow) == (galaxies.train.redshift <= 0.1).sum()
    with pytest.raises(InputError, match="has no training galaxies with a redshift inside the grid"):
        labelled(galaxies, Grid(1e-4, 2), "annz")


def test_redshifts_alone_are_counted(galaxies):
    mass = redshifts_alone(galaxies.redshift, Grid(0.4, 40))
    counts = np.histogram(galaxies.redshift, Grid(0.4, 40).edges)[0]
    assert np.allclose(mass, counts / counts.sum(), atol=1e-4)
    assert mass.min() > 0.9e-6
