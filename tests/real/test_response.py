"""The fast response table on real SDSS spectra: as the direct trapezoid, and much faster."""

from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from slipher.physics.filters import filters_for
from slipher.physics.flux import coverage, direct_response
from slipher.physics.response import response_table
from slipher.physics.uncovered import STEP
from slipher.redshift import Grid
from slipher.survey.spectra.report import read_sdss_spectrum

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = sorted((DATA / "spectra").glob("*.fits"))
GRID, FILTERS = Grid(), filters_for("ugriz")
COPIES = 20
"""The 15 spectra are taken so many times, each at another redshift, to measure the speed of a survey."""

pytestmark = pytest.mark.skipif(not FILES, reason="needs ../shared/data/spectra")


@pytest.fixture(scope="module")
def spectra():
    return [read_sdss_spectrum(path) for path in FILES]


def direct(spectrum, uncovered):
    return direct_response(spectrum.loglam0, spectrum.flux, spectrum.ivar, spectrum.redshift, GRID, FILTERS, uncovered)


def fast(spectrum, uncovered):
    row = (spectrum.flux[None], spectrum.ivar[None], np.array([spectrum.redshift]))
    return response_table(spectrum.loglam0, *row, GRID, FILTERS, uncovered)


def covered(spectrum):
    """Where a shifted spectrum covers more than a hundredth of a filter."""
    low, high = spectrum.wavelength[[0, -1]][:, None] * (1 + GRID.centres) / (1 + spectrum.redshift)
    return np.stack([coverage(low, high, band) for band in FILTERS], axis=-1) > 0.01


@pytest.mark.parametrize(("uncovered", "every"), [("mask", 1), ("renormalise", 2), ("zero", 5), ("template", 5)])
def test_the_table_is_the_direct_trapezoid_where_covered(spectra, uncovered, every):
    for spectrum in spectra[::every]:
        there = covered(spectrum)
        table, expected = fast(spectrum, uncovered).table[0][there], direct(spectrum, uncovered)[there]
        assert np.abs(table / expected - 1).max() < 1e-3


def test_g_r_and_i_count_under_mask(spectra):
    for spectrum in spectra:
        assert fast(spectrum, "mask").counting[0].tolist() == [False, True, True, True, False]


def test_the_table_is_forty_times_faster_than_the_direct_trapezoid(spectra):
    start = min(round(spectrum.loglam0 / STEP) for spectrum in spectra)
    flux, ivar = np.zeros((2, len(spectra), 3900), np.float32)
    for row, spectrum in enumerate(spectra):
        first = round(spectrum.loglam0 / STEP) - start
        flux[row, first : first + len(spectrum.flux)] = spectrum.flux
        ivar[row, first : first + len(spectrum.flux)] = spectrum.ivar
    many, weights = np.tile(flux, (COPIES, 1)), np.tile(ivar, (COPIES, 1))
    redshift = np.random.default_rng(0).uniform(0.01, 0.4, len(many))

    def seconds(work, count):
        begin = perf_counter()
        work()
        return (perf_counter() - begin) / count

    def table():
        response_table(start * STEP, many, weights, redshift, GRID, FILTERS)

    with threadpool_limits(1):
        table()
        ratios = [
            seconds(lambda spectrum=spectrum: direct(spectrum, "mask"), 1) / seconds(table, len(many))
            for spectrum in spectra[:7]
        ]
    assert median(ratios) > 40


def gradient(penalty, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(GRID.bins, dtype=torch.float64, generator=generator, requires_grad=True)
    penalty(torch.softmax(logits, 0)).backward()
    return logits.grad


def difference(flux_in_graph, table, spectrum, seed):
    """Largest difference of the logit gradients, table form against in-graph, over the largest gradient."""
    table = torch.from_numpy(np.asarray(table, np.float64))
    ours = gradient(lambda p: ((p[:, None] * table).sum(0) - 1).abs().mean(), seed)
    light = torch.from_numpy(spectrum.wavelength), torch.from_numpy(spectrum.flux)
    theirs = gradient(lambda p: flux_in_graph(p, *light, spectrum.redshift, GRID, FILTERS), seed)
    return float((ours - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize("row", range(0, 15, 3))
def test_the_gradient_is_that_of_the_whole_computation_in_the_graph(spectra, row, flux_in_graph):
    spectrum = spectra[row]
    assert difference(flux_in_graph, direct(spectrum, "renormalise"), spectrum, row) < 1e-6
    assert difference(flux_in_graph, fast(spectrum, "renormalise").table[0], spectrum, row) < 1e-2
