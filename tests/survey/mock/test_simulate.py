"""The mock survey as a store: what is measured agrees with the truth, and no kill or worker changes a byte."""

import sys

import numpy as np
import pytest
from scipy.stats import spearmanr

from slipher.errors import InputError
from slipher.physics.filters import filters_for
from slipher.physics.flux import synthetic_flux
from slipher.survey.mock import simulate
from slipher.survey.mock.sed import LOGLAM0, PIXELS
from slipher.survey.store import open_store, truth
from slipher.survey.writer import StoreWriter

REAL_SIGMA = np.array([0.046, 0.022, 0.030, 0.047, 0.225])
COUNT = 72


MODULE = sys.modules[simulate.__module__]


@pytest.fixture(scope="module", autouse=True)
def parents_at_hand(parents):
    """The fit of the parents takes seconds; once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MODULE, "load_parents", lambda: parents)
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("mock") / "mock.h5", COUNT, seed=5, workers=1)


def alone(block):
    """Galaxies without a neighbour bright enough to matter."""
    return block["truth/neighbour_flux"][:, 2] < 0.01 * block["truth/flux"][:, 2]


def test_measured_fluxes_are_the_true_ones_but_for_the_wings(block):
    ratio = block["photometry/flux"] / block["truth/flux"]
    median = np.median(ratio[alone(block)], axis=0)
    # A Kron aperture leaves a twentieth of the light outside (Graham & Driver 2005), the same share in all bands.
    np.testing.assert_allclose(median, 0.945, atol=0.03)
    np.testing.assert_allclose(median[1:] / median[2], 1.0, atol=0.015)


def test_errors_of_measured_fluxes_are_honest(block):
    flux, error, true = (
        block[name][alone(block)] for name in ("photometry/flux", "photometry/flux_error", "truth/flux")
    )
    share = np.median(flux[:, 1:4] / true[:, 1:4], axis=1, keepdims=True)
    pull = (flux - share * true) / error
    for band in (0, 4):
        assert 0.7 < 1.4826 * np.median(np.abs(pull[:, band] - np.median(pull[:, band]))) < 1.4


def test_measured_noise_is_the_cameras_and_near_that_of_real_cutouts(block, camera):
    sigma = np.median(block["sky/sigma"], axis=0)
    np.testing.assert_allclose(sigma / camera.sky_sigma, 1.0, atol=0.03)
    np.testing.assert_allclose(sigma / REAL_SIGMA, 1.0, atol=0.27)


def test_the_sky_is_subtracted(block):
    np.testing.assert_allclose(np.median(block["sky/level"] / block["sky/sigma"], axis=0), 0.0, atol=0.1)


def test_spectra_have_the_true_fluxes(block):
    wavelength = 10 ** (LOGLAM0 + 1e-4 * np.arange(PIXELS))
    ratio = [
        [synthetic_flux(wavelength, flux, curve) for curve in filters_for("gri")] / true[1:4]
        for flux, true in zip(block["spectrum/flux"], block["truth/flux"], strict=True)
    ]
    np.testing.assert_allclose(np.median(ratio, axis=0), 1.0, atol=5e-3)


def test_brightness_and_redshift_are_those_of_the_main_sample(block, parents):
    magnitude = 22.5 - 2.5 * np.log10(block["truth/flux"][:, 2])
    assert 16 < np.median(magnitude) < 17.5
    assert abs(np.median(block["redshift"]) - np.median(parents.redshift)) < 0.03


def test_dust_and_shape_do_not_tell_the_redshift(block):
    for name in ("ebv", "truth/half_light_radius", "truth/axis_ratio", "truth/angle"):
        assert abs(spearmanr(block[name], block["redshift"]).statistic) < 4 / np.sqrt(64)


def test_the_store_reads_as_a_survey(store):
    galaxies = open_store(store)
    assert len(galaxies) == COUNT
    assert galaxies.bands == ("u", "g", "r", "i", "z")
    assert [len(part) for part in (galaxies.train, galaxies.validation, galaxies.test)] == [48, 6, 18]
    assert galaxies.images().shape == (COUNT, 5, 64, 64)
    assert galaxies.valid().all()
    assert np.isfinite(galaxies.images()).all()
    assert np.isfinite(galaxies.flux).all()
    assert (galaxies.flux_error > 0).all()
    assert 0.05 < galaxies.sources().mean() < 0.9
    assert galaxies.spectra().have.all()
    assert (galaxies.spectra().ivar > 0).all()
    np.testing.assert_array_equal(galaxies.id, np.arange(COUNT))


def test_the_noise_of_the_store_is_white(store):
    correlation = open_store(store).sky_correlation
    centre = np.zeros((5, 5))
    centre[2, 2] = 1
    np.testing.assert_allclose(correlation, np.tile(centre, (5, 1, 1)), atol=0.03)


def test_truth_lies_apart(store):
    assert truth(store)["flux"].shape == (COUNT, 5)
    assert truth(store)["neighbour_flux"].min() >= -1e-3


def test_two_workers_make_the_same_bytes(store, tmp_path):
    other = simulate(tmp_path / "other.h5", COUNT, seed=5, workers=2)
    assert other.read_bytes() == store.read_bytes()


def test_a_run_that_was_stopped_continues_to_the_same_bytes(store, tmp_path, monkeypatch):
    path = tmp_path / "stopped.h5"
    write = StoreWriter.write

    def stop_after_one(writer, start, columns):
        write(writer, start, columns)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StoreWriter, "write", stop_after_one)
        with pytest.raises(KeyboardInterrupt):
            simulate(path, COUNT, seed=5, workers=1)
    assert (tmp_path / ".unfinished-stopped.h5").exists()
    written = []
    monkeypatch.setattr(StoreWriter, "write", lambda *args: (written.append(args[1]), write(*args)))
    simulate(path, COUNT, seed=5, workers=1)
    assert written == [64]
    assert path.read_bytes() == store.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["stopped.h5"]


def test_a_store_that_is_there_is_left_alone(store, monkeypatch):
    monkeypatch.setattr(MODULE, "load_parents", lambda: pytest.fail("simulated again"))
    assert simulate(store, COUNT, seed=5) == store


def test_another_seed_is_refused_in_the_same_place(store):
    with pytest.raises(InputError, match="made from something else"):
        simulate(store, COUNT, seed=6)


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (23, {}, "23 galaxies"),
        (100_001, {}, "24 to 100,000"),
        (500, {"seed": -1}, "seed of a mock survey is -1, but must be a whole number from 0"),
        (500, {"seed": 2**63}, "must be a whole number from 0"),
        (500, {"workers": 10**9}, "at most 1,024"),
        (500, {"workers": 0}, "at least 1"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, count, options, message):
    with pytest.raises(InputError, match=message):
        simulate(tmp_path / "never.h5", count, **options)
    assert not list(tmp_path.iterdir())
