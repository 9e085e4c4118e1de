"""Magnitudes softened by the noise of the training galaxies, wherever galaxies stand."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods.file import ModelFile
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.physics.magnitudes import SDSS_SOFTENING
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

USE = "a test needs; give some"


def stored(path, bands, flux, error, ebv=None):
    """A store of galaxies of which all but the last two train."""
    count = len(flux)
    columns = {
        "id": np.arange(count),
        "redshift": np.full(count, 0.1),
        "ebv": np.zeros(count, np.float32) if ebv is None else np.asarray(ebv, np.float32),
        "split": np.repeat([0, 2], [count - 2, 2]).astype(np.uint8),
        "photometry/flux": np.asarray(flux, np.float32),
        "photometry/flux_error": np.asarray(error, np.float32),
    }
    with StoreWriter(path, galaxy_schema(count, tuple(bands), source="a test"), "test") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return open_store(path)


@pytest.fixture
def galaxies(catalogue_store):
    return open_store(catalogue_store)


def test_magnitudes_are_dereddened(galaxies):
    system = MagnitudeSystem(("g", "r"), (1e-4, 1e-4))
    magnitudes, error = system.magnitudes(galaxies, USE)
    extinction = galaxies.ebv[:, None] * np.array([EXTINCTION_PER_EBV[band] for band in "gr"])
    bright = 22.5 - 2.5 * np.log10(galaxies.flux[:, 1:3])  # far above the softening
    assert np.allclose(magnitudes, bright - extinction, atol=1e-5)
    assert np.allclose(error, 1.0857 * 0.02, rtol=1e-4)


def test_the_softening_is_the_noise_of_the_training_galaxies_behind_their_dust(tmp_path):
    rng = np.random.default_rng(0)
    error = rng.uniform(0.5, 2, (41, 2)) * [1, 30]
    error[7, 0] = np.inf
    error[-2:] = 1e4
    flux, ebv = np.where(np.isinf(error), 0, 5 * error), np.full(41, 0.1)
    system = MagnitudeSystem.of(stored(tmp_path / "s.h5", "gr", flux, error, ebv).train, USE)
    own = error[:-2]
    lifted = 10 ** (0.04 * np.array([EXTINCTION_PER_EBV[band] for band in "gr"]))
    expected = [1.042 * np.median(column[np.isfinite(column)]) for column in own.T]
    assert system.bands == ("g", "r")
    assert system.softening == pytest.approx(expected * lifted, rel=3e-4)


@pytest.mark.parametrize("factor", [1e-4, 100, 3631])
def test_another_zero_point_shifts_all_magnitudes_by_a_constant(galaxies, tmp_path, factor):
    flux, error = np.array(galaxies.flux), np.array(galaxies.flux_error)
    flux[3], flux[4, 1] = -2, 0
    own, other = (stored(tmp_path / f"{k}.h5", "ugriz", k * flux, k * error, galaxies.ebv) for k in (1, factor))
    first, second = (MagnitudeSystem.of(store.train, USE).magnitudes(store, USE) for store in (own, other))
    assert np.allclose(first[0] - second[0], 2.5 * np.log10(factor), atol=2e-6)
    assert np.allclose(first[1], second[1], rtol=1e-5)


def test_a_missing_band_is_unknown_and_a_faint_one_is_not(tmp_path):
    flux, error = np.ones((5, 2)), np.ones((5, 2))
    flux[0, 0], error[0, 0], flux[1, 1], flux[2, 1] = 0, np.inf, 0, -1
    found = MagnitudeSystem(("A", "B"), (1.0, 1.0)).magnitudes(stored(tmp_path / "s.h5", "AB", flux, error), USE)
    for each in found:
        assert np.argwhere(np.isnan(each)).tolist() == [[0, 0]]


def test_a_store_must_have_the_bands_and_the_photometry(galaxies, image_store, tmp_path):
    with pytest.raises(InputError, match="has bands g r i, but the model was fitted on u g r i z"):
        MagnitudeSystem(tuple("ugriz"), (1.0,) * 5).magnitudes(open_store(image_store), USE)
    bare = galaxy_schema(2, ("g", "r"), source="a test", photometry=False)
    with StoreWriter(tmp_path / "bare.h5", bare, "test") as writer:
        writer.write(0, {"id": np.arange(2), "redshift": np.ones(2), "ebv": np.zeros(2), "split": np.zeros(2)})
        writer.finish()
    with pytest.raises(InputError, match=r"bare\.h5 has no photometry, which a test needs; give some"):
        MagnitudeSystem.of(open_store(tmp_path / "bare.h5"), USE)


@pytest.mark.parametrize("softening", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, np.nan), (np.inf, 1.0)])
def test_a_softening_that_can_be_none_is_refused(softening):
    with pytest.raises(InputError, match=r"softening is .* but must be a positive flux for each of g, r"):
        MagnitudeSystem(("g", "r"), softening)


def test_a_file_of_the_first_version_was_softened_as_sdss(tmp_path, capsys):
    def file(version, **header):
        return ModelFile(tmp_path / "m", {"format_version": version, **header}, {})

    assert MagnitudeSystem.stored(file(1, bands=["u", "z"])).softening == (0.14, 0.74)
    assert "m: the magnitudes are softened as those of SDSS" in capsys.readouterr().err
    with pytest.raises(InputError, match="magnitudes in r, y are softened as those of SDSS, which has other bands"):
        MagnitudeSystem.stored(file(1, bands=["r", "y"]))
    with pytest.raises(InputError, match="the header lacks softening"):
        MagnitudeSystem.stored(file(2, bands=list(SDSS_SOFTENING)))
    assert MagnitudeSystem.stored(file(2, bands=["y"], softening=[3])) == MagnitudeSystem(("y",), (3.0,))
