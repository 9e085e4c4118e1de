import numpy as np
import pytest
import torch

from slipher.physics.extinction import attenuation
from slipher.physics.filters import filters_for
from slipher.physics.flux import coverage, direct_response
from slipher.physics.response import response_table
from slipher.physics.uncovered import STEP
from slipher.redshift import Grid

BANDS = "ugriz"
FILTERS = filters_for(BANDS)
GRID = Grid()
LOGLAM0, PIXELS = 3.5798, 3840
WAVELENGTH = 10 ** (LOGLAM0 + STEP * np.arange(PIXELS))
Z = np.array([0.021, 0.1337, 0.29, 0.399])
READINGS = ["zero", "renormalise", "mask", "template"]


def galaxies(seed=0):
    """Spectra with a break, lines that move with redshift, noise, a hole, and ends of their own."""
    rng = np.random.default_rng(seed)
    rest = WAVELENGTH / (1 + Z[:, None])
    flux = 20 * (rest / 5000) ** 0.5 * np.where(rest < 4000, 0.5, 1.0)
    for line, height in [(3728, 1.0), (4862, 0.6), (5008, 1.5), (6564, 3.0)]:
        flux += 20 * height * np.exp(-0.5 * ((rest - line) / 4) ** 2)
    flux += 0.5 * rng.standard_normal(flux.shape)
    ivar = np.full(flux.shape, 4.0)
    flux[1, 700:720], ivar[1, 700:720] = 1e3, 0
    flux[2, :30] = ivar[2, :30] = 0
    flux[3, -90:] = ivar[3, -90:] = 0
    return flux.astype(np.float32), ivar.astype(np.float32)


FLUX, IVAR = galaxies()


def fast(uncovered, grid=GRID, **options):
    return response_table(LOGLAM0, FLUX, IVAR, Z, grid, FILTERS, uncovered, **options)


def direct(row, uncovered):
    flux, ivar = FLUX[row].astype(float), IVAR[row].astype(float)
    return direct_response(LOGLAM0, flux, ivar, float(Z[row]), GRID, FILTERS, uncovered)


def touched(row, grid=GRID, redshift=None, filters=FILTERS):
    """Where a shifted spectrum covers more of a filter than a few pixels at its end, of which only rounding is left."""
    seen = WAVELENGTH[np.flatnonzero(IVAR[row])[[0, -1]]]
    low, high = seen[:, None] * (1 + grid.centres) / (1 + (Z[row] if redshift is None else redshift))
    return np.stack([coverage(low, high, band) for band in filters], axis=-1) > 0.01


@pytest.mark.parametrize("uncovered", READINGS)
@pytest.mark.parametrize("row", [1, 3])
def test_the_table_is_the_direct_integral(row, uncovered):
    there = np.ones((180, 5), bool) if uncovered in ("mask", "template") else touched(row)
    assert there.mean() > 0.7
    assert np.allclose(fast(uncovered).table[row][there], direct(row, uncovered)[there], rtol=3e-4)


def test_the_table_has_the_shape_and_precision_it_says():
    response = fast("mask")
    assert response.table.shape == (4, 180, 5)
    assert response.table.dtype == np.float32
    assert response.counting.shape == (4, 5)
    assert np.isfinite(response.table).all()


def test_under_mask_g_r_and_i_count():
    assert np.array_equal(fast("mask").counting, np.tile([False, True, True, True, False], (4, 1)))
    assert fast("mask", min_coverage=0.7).counting[0].tolist() == [False, True, True, True, True]


@pytest.mark.parametrize("uncovered", ["zero", "renormalise", "template"])
def test_otherwise_all_bands_count(uncovered):
    assert fast(uncovered).counting.all()


def test_the_response_near_the_true_redshift_is_near_one():
    centres = Grid(0.4, 180).index(Z)
    response = fast("mask").table[np.arange(4), centres]
    assert np.allclose(response, 1, atol=0.05)


def test_a_galaxy_alone_and_in_company_is_the_same():
    alone = response_table(LOGLAM0, FLUX[2:3], IVAR[2:3], Z[2:3], GRID, FILTERS)
    assert np.allclose(alone.table[0], fast("mask").table[2], rtol=1e-6)


def test_many_galaxies_go_in_chunks():
    many = response_table(LOGLAM0, *(np.tile(one, (80, 1)) for one in (FLUX, IVAR)), np.tile(Z, 80), GRID, FILTERS)
    assert np.allclose(many.table[-4:], fast("mask").table, rtol=1e-6)


def test_galaxies_without_redshift_or_light_count_nowhere():
    redshift, flux, ivar = Z.copy(), FLUX.copy(), IVAR.copy()
    redshift[0] = np.nan
    flux[1] = ivar[1] = 0
    for uncovered in READINGS:
        response = response_table(LOGLAM0, flux, ivar, redshift, GRID, FILTERS, uncovered)
        assert not response.counting[:2].any()
        assert (response.table[:2] == 1).all()
        assert response.counting[2].any()


def test_no_labelled_galaxy_gives_an_empty_table():
    response = response_table(LOGLAM0, FLUX, IVAR, np.full(4, np.nan), GRID, FILTERS)
    assert not response.counting.any()


def test_dereddening_gives_the_response_of_the_clean_spectrum():
    ebv = np.array([0.0, 0.1, 0.3, 0.05])
    passed = attenuation(WAVELENGTH, ebv)
    dusty = response_table(LOGLAM0, FLUX * passed, IVAR / passed**2, Z, GRID, FILTERS, ebv=ebv)
    assert np.allclose(dusty.table, fast("mask").table, rtol=1e-5)
    reddened = response_table(LOGLAM0, FLUX * passed, IVAR / passed**2, Z, GRID, FILTERS)
    assert not np.allclose(reddened.table, dusty.table, rtol=1e-3)


def test_a_deep_grid_and_other_filters():
    filters = filters_for([*BANDS, "lsst2016-y"])
    grid = Grid(3.0, 300)
    redshift = np.array([0.2, 0.9, 1.7, 2.6])
    response = response_table(LOGLAM0, FLUX, IVAR, redshift, grid, filters, "renormalise")
    assert response.table.shape == (4, 300, 6)
    flux, ivar = FLUX[2].astype(float), IVAR[2].astype(float)
    expected = direct_response(LOGLAM0, flux, ivar, 1.7, grid, filters, "renormalise")
    there = touched(2, grid, 1.7, filters)
    assert there.mean() > 0.4
    assert np.allclose(response.table[2][there], expected[there], rtol=1e-3)


def gradient(penalty):
    logits = torch.randn(GRID.bins, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    penalty(torch.softmax(logits, 0)).backward()
    return logits.grad


def from_table(table):
    table = torch.from_numpy(np.asarray(table, np.float64))
    return gradient(lambda p: ((p[:, None] * table).sum(0) - 1).abs().mean())


def test_the_gradient_is_that_of_the_whole_computation_in_the_graph(flux_in_graph):
    row = 0
    light = torch.from_numpy(WAVELENGTH), torch.from_numpy(FLUX[row].astype(float))
    expected = gradient(lambda p: flux_in_graph(p, *light, float(Z[row]), GRID, FILTERS))
    scale = expected.abs().max()
    assert ((from_table(direct(row, "renormalise")) - expected).abs().max() / scale) < 1e-6
    assert ((from_table(fast("renormalise").table[row]) - expected).abs().max() / scale) < 1e-2
