"""Response tables: from matrix products, against the direct trapezoid rule, at equal numbers of threads."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float, Shaped

from slipher.bench.apart import Apart
from slipher.bench.result import Pairs, Result, alternating
from slipher.physics.filters import filters_for
from slipher.physics.flux import direct_response
from slipher.physics.response import response_table
from slipher.physics.template import load_templates
from slipher.physics.uncovered import Uncovered
from slipher.redshift import Grid
from slipher.survey.mock.sed import LOGLAM0, PIXELS, observe_spectrum
from slipher.survey.responses import response_cache
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.threads import available_cores, inherited

__all__ = ["measure"]

BANDS = tuple("ugriz")
SPECTRA, STORED, DIRECT = 768, 3072, 12
"""Spectra of a run: in memory, in a store, and by the trapezoid rule."""
RUNS = 3
READINGS: tuple[Uncovered, ...] = ("mask", "template")

Tables = Float[np.ndarray, "spectra bins bands"]


@dataclass(frozen=True)
class Reading:
    """How spectra are read, as the flux constraint reads them by default; its own module would bring torch."""

    uncovered: Uncovered
    min_coverage: float = 0.95
    deredden: bool = False


def measure(out: Path | None) -> Iterator[Result]:
    """The tables themselves on one thread, and the whole of their making on all cores.

    Args:
        out: not used; there is no figure.
    """
    yield on_one_thread(SPECTRA, DIRECT, RUNS)
    with TemporaryDirectory() as folder:
        store = Path(folder) / "spectra.h5"
        write_spectra(store, STORED)
        for uncovered in READINGS:
            yield of_a_store(store, uncovered, STORED, DIRECT, RUNS)


def on_one_thread(spectra: int, direct: int, runs: int) -> Result:
    """Tables of spectra in memory; ours and the trapezoid rule with one thread each.

    Args:
        spectra: of a run of ours.
        direct: of a run of the other, whose time is scaled.
        runs: pairs of runs.
    """
    with inherited(1), Apart(tables, spectra, direct) as ours, Apart(directly, direct, "mask", 1) as other:
        pairs, difference = _compared(ours, other, runs)
    note = _note("mask", spectra, direct, difference) + ", in memory, one thread each"
    return _per_spectrum(pairs, spectra, direct, "responses: one thread", "at least 100", note)


def of_a_store(store: Path, uncovered: Uncovered, stored: int, direct: int, runs: int) -> Result:
    """Tables of a whole store, read, made and written; ours and the trapezoid rule on every core.

    Args:
        store: with spectra from :func:`synthetic_spectra`.
        uncovered: the reading.
        stored: spectra in it.
        direct: spectra of a run of the other, whose time is scaled.
        runs: pairs of runs.
    """
    cores = available_cores()
    with Apart(tables_of_store, store, uncovered, direct) as ours, Apart(directly, direct, uncovered, cores) as other:
        pairs, difference = _compared(ours, other, runs)
    note = _note(uncovered, stored, direct, difference) + ", ours read from a store and written to a file"
    return _per_spectrum(pairs, stored, direct, f"responses: {uncovered}", "at least 1,500 spectra/s", note)


def tables(spectra: int, direct: int) -> Callable[[], Tables]:
    """Ours, in memory; the tables of the first ``direct`` spectra are its answer."""
    flux, ivar, redshift = synthetic_spectra(spectra)
    filters = filters_for(BANDS)

    def run() -> Tables:
        table = response_table(LOGLAM0, flux, ivar, redshift, Grid(), filters, "mask").table
        return np.asarray(table[:direct], np.float64)

    return run


def tables_of_store(store: Path, uncovered: Uncovered, direct: int) -> Callable[[], Tables]:
    """Ours, as a study makes them; the tables of the first ``direct`` spectra are its answer."""
    galaxies = open_store(store)

    def run() -> Tables:
        shutil.rmtree(store.with_name(f"{store.name}.responses"), ignore_errors=True)
        table, _ = response_cache(galaxies, Grid(), Reading(uncovered)).rows(np.arange(direct))
        return np.asarray(table, np.float64)

    return run


def directly(spectra: int, uncovered: Uncovered, threads: int) -> Callable[[], Tables]:
    """The other: every integral of every spectrum, bin and band by the trapezoid rule, spectra shared by threads."""
    observed = list(zip(*(values.astype(np.float64) for values in synthetic_spectra(spectra)), strict=True))
    filters, pool = filters_for(BANDS), ThreadPoolExecutor(threads)

    def one(galaxy: tuple[Shaped[np.ndarray, "..."], ...]) -> Float[np.ndarray, "bins bands"]:
        flux, ivar, redshift = galaxy
        return direct_response(LOGLAM0, flux, ivar, float(redshift), Grid(), filters, uncovered)

    return lambda: np.stack(list(pool.map(one, observed)))


def synthetic_spectra(
    count: int,
) -> tuple[Float[np.ndarray, "spectra pixels"], Float[np.ndarray, "spectra pixels"], Float[np.ndarray, "spectra"]]:
    """Flux, inverse variance and redshift of random mixtures of the five templates, noise and all; the same always."""
    _, templates = load_templates()
    spectra = [_synthetic(templates, np.random.default_rng(number)) for number in range(count)]
    flux, ivar, redshift = (np.stack(values) for values in zip(*spectra, strict=True))
    return flux.astype(np.float32), ivar.astype(np.float32), redshift


def _synthetic(
    templates: Float[np.ndarray, "templates samples"], rng: np.random.Generator
) -> tuple[Float[np.ndarray, "pixels"], Float[np.ndarray, "pixels"], float]:
    redshift = float(np.clip(rng.gamma(4.0, 0.03), 0.01, 0.39))
    weights = rng.dirichlet(np.ones(len(templates))) * 1e-15 / templates.mean(axis=1)
    flux, ivar = observe_spectrum(weights, redshift, 0.03, 20.0, rng)
    return flux, ivar, redshift


def write_spectra(path: Path, count: int) -> None:
    """A store with nothing but synthetic spectra."""
    flux, ivar, redshift = synthetic_spectra(count)
    columns = {
        "id": np.arange(count),
        "redshift": redshift,
        "ebv": np.full(count, 0.03),
        "split": np.zeros(count),
        "spectrum/flux": flux,
        "spectrum/ivar": ivar,
        "spectrum/have": np.ones(count),
    }
    schema = galaxy_schema(
        count, BANDS, source="synthetic", simulated=True, photometry=False, loglam0=LOGLAM0, pixels=PIXELS
    )
    with StoreWriter(path, schema, "bench") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()


def _compared(ours: Apart, other: Apart, runs: int) -> tuple[Pairs, float]:
    """Times in turn, and the largest relative difference of what both found."""
    pairs = alternating(ours, other, runs)
    return pairs, float(np.abs(ours.last.answer / other.last.answer - 1).max())


def _per_spectrum(pairs: Pairs, ours: int, other: int, name: str, goal: str, note: str) -> Result:
    """The result of runs over different numbers of spectra."""
    each = Pairs(tuple(seconds / ours for seconds in pairs.ours), tuple(seconds / other for seconds in pairs.other))
    return each.faster(name, 1, "spectra/s", "direct trapezoid rule, as many threads", goal, note)


def _note(uncovered: Uncovered, ours: int, other: int, difference: float) -> str:
    grid = Grid()
    return (
        f"reading `{uncovered}`, {ours:,} spectra of {PIXELS:,} pixels, {grid.bins} bins, {len(BANDS)} bands against "
        f"{other} spectra, largest relative difference {difference:.1e}"
    )
