"""Response tables of a whole store, made once and kept beside it.

They depend on the grid and on the reading of the uncovered part, so they are no part of the store but a cache: the file
``<store>.responses/<key>.h5``, whose key is a digest of all that determines its content.
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import h5py
import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from threadpoolctl import threadpool_limits

from slipher.errors import InputError
from slipher.files import nearest_writable, replacing, writing
from slipher.formats.hdf5opened import open_hdf5
from slipher.formats.written import Written
from slipher.locks import held, holder_of
from slipher.physics.filters import Filter, filters_for
from slipher.physics.response import Response, response_table
from slipher.physics.uncovered import Uncovered, check_reading
from slipher.progress import bar
from slipher.redshift import Grid
from slipher.survey.extents import DAMAGE, extents
from slipher.survey.store import Galaxies, Spectra, StoreFile, open_store
from slipher.survey.supply import Supply
from slipher.threads import available_cores

__all__ = ["FluxReading", "ResponseTable", "filters_of_spectra", "response_cache"]

VERSION = 1
"""Counts the changes of the tables' meaning: older files are then made anew."""
BLOCK = 256
"""Galaxies that a thread works on at a time."""
FLOAT, TRUTH = np.dtype("<f4"), np.dtype(bool)

Form = tuple[np.dtype[Any], tuple[int, ...]]


@runtime_checkable
class FluxReading(Protocol):
    """How the flux constraint reads a spectrum; :class:`slipher.constraints.flux.Flux` is one."""

    @property
    def uncovered(self) -> Uncovered:
        """What a spectrum is taken to be where it was not measured."""

    @property
    def min_coverage(self) -> float:
        """With ``mask``, the share of a filter that must be covered."""

    @property
    def deredden(self) -> bool:
        """Whether Galactic reddening is removed before spectra are shifted."""


class ResponseTable:
    """The responses of a store's galaxies, read from their file; cheap to copy to another process.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with open_hdf5(path) as file:
            self._file = StoreFile(path, {}, extents(file), path.stat().st_ino)

    def __len__(self) -> int:
        return self._file.places["table"].shape[0]

    def rows(
        self, rows: Int[np.ndarray, "galaxies"]
    ) -> tuple[Float32[np.ndarray, "galaxies bins bands"], Bool[np.ndarray, "galaxies bands"]]:
        """The responses Φ'_b(ν_c)/Φ'_b(1) of some rows of the store, and the bands that count for each."""
        return self._file.read("table", rows), self._file.read("counting", rows).view(np.uint8) != 0


def response_cache(galaxies: Galaxies, grid: Grid, reading: FluxReading) -> ResponseTable:
    """The response table of the store that galaxies belong to; made, with progress, unless it is there.

    Args:
        galaxies: any view of the store; the table is of all its rows.
        grid: the redshift bins.
        reading: how spectra are read.

    Raises:
        InputError: if the store has no spectra, a band no filter, or E(B−V) is needed and unknown.
    """
    check_reading(reading.uncovered, reading.min_coverage)
    filters = filters_of_spectra(galaxies)
    path = _path(galaxies, grid, filters, reading)
    store, bands = open_store(galaxies.path), len(filters)
    form = {"table": (FLOAT, (len(store), grid.bins, bands)), "counting": (TRUTH, (len(store), bands))}
    if not _whole(path, form):
        with _folder_held(path.parent, galaxies.path):
            if not _whole(path, form):  # another process may have made it meanwhile
                _make(path, store, grid, filters, reading)
    for made in (path, path.parent):
        holder_of(made)  # one that was killed when its table was whole left its locks
    return ResponseTable(path)


@contextmanager
def _folder_held(folder: Path, store: Path) -> Iterator[None]:
    """Hold the folder of a store's tables, and wait for whoever does; it is made, and goes again if nothing came in.

    Raises:
        InputError: if there can be no such folder.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{folder} is where the response tables of {store} would lie; give it another name.")
    nearest_writable(folder, folder=True)
    with held(folder, wait=True):
        new = not folder.exists()
        with writing(folder):
            folder.mkdir(exist_ok=True)
        try:
            yield
        finally:
            if new and not any(folder.iterdir()):
                folder.rmdir()


def filters_of_spectra(galaxies: Supply) -> list[Filter]:
    """The filters through which the spectra of galaxies are seen.

    Raises:
        InputError: if there are no spectra, or a band has no filter.
    """
    if not galaxies.has("spectra"):
        raise InputError(
            f"{galaxies.path} has no spectra, which the flux constraint needs; drop that constraint or add spectra."
        )
    return filters_for(galaxies.bands)


def _path(galaxies: Galaxies, grid: Grid, filters: Sequence[Filter], reading: FluxReading) -> Path:
    """Where a table lies: its name is a digest of all that determines it."""
    curves = [hashlib.blake2b(band.wavelength.tobytes() + band.response.tobytes()).hexdigest() for band in filters]
    content = {
        "version": VERSION,
        "store": galaxies.fingerprint,
        "grid": [grid.z_max, grid.bins],
        "filters": curves,
        "reading": [reading.uncovered, reading.min_coverage, reading.deredden],
    }
    key = hashlib.blake2b(json.dumps(content).encode(), digest_size=12).hexdigest()
    return galaxies.path.with_name(f"{galaxies.path.name}.responses") / f"{key}.h5"


def _whole(path: Path, form: Mapping[str, Form]) -> bool:
    """Whether a table of these types and shapes is there, whole; any other file is made anew."""
    if not path.is_file():
        return False
    try:
        with open_hdf5(path) as file:
            places = extents(file)
    except DAMAGE:
        return False
    return {name: (place.dtype, place.shape) for name, place in places.items()} == form


def _make(path: Path, store: Galaxies, grid: Grid, filters: Sequence[Filter], reading: FluxReading) -> None:
    with (
        replacing(path) as temporary,
        Written(temporary) as stream,
        h5py.File(stream, "w") as file,
        bar(len(store), "response tables") as progress,
    ):
        table = file.create_dataset("table", (len(store), grid.bins, len(filters)), FLOAT)
        counting = file.create_dataset("counting", (len(store), len(filters)), TRUTH)
        start = 0
        for response in _responses(store, grid, filters, reading):
            stop = start + len(response.table)
            table[start:stop], counting[start:stop] = response.table, response.counting
            progress.update(stop - start)
            start = stop


@dataclass(frozen=True, eq=False)
class _Observed:
    """What the responses of some galaxies are made from."""

    spectra: Spectra
    redshift: Float[np.ndarray, "galaxies"]
    """NaN for a galaxy without spectrum or redshift: no band of it counts."""
    ebv: Float[np.ndarray, "galaxies"] | None
    """To correct for; None leaves the spectra reddened."""


def _responses(store: Galaxies, grid: Grid, filters: Sequence[Filter], reading: FluxReading) -> Iterator[Response]:
    """The responses block by block: read here, one after the other, and worked out by a thread for every core.

    Threads are enough, since nearly all of the time goes into numpy, which lets others run meanwhile. The products of
    matrices keep to the thread that asks for them: with threads of their own they would wait for each other's cores.
    """

    def work(observed: _Observed) -> Response:
        spectra, uncovered, coverage = observed.spectra, reading.uncovered, reading.min_coverage
        light = spectra.loglam0, spectra.flux, spectra.ivar, observed.redshift
        return response_table(*light, grid, filters, uncovered, coverage, observed.ebv)

    cores = available_cores()
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores) as pool:
        blocks = _read(store, reading)
        waiting = deque(pool.submit(work, block) for block in islice(blocks, cores + 1))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(work, block) for block in islice(blocks, 1))
            yield done


def _read(store: Galaxies, reading: FluxReading) -> Iterator[_Observed]:
    """What is needed of each block of galaxies."""
    for galaxies in store.batches(BLOCK):
        spectra = galaxies.spectra()
        redshift = np.where(spectra.have, galaxies.redshift, np.nan)
        yield _Observed(spectra, redshift, _known_ebv(galaxies, np.isfinite(redshift)) if reading.deredden else None)


def _known_ebv(galaxies: Galaxies, needed: Bool[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies"]:
    """E(B−V) by which spectra are reddened, which every galaxy with a spectrum must have.

    A dereddened store keeps in ``ebv`` what its images are still reddened by; its spectra are as they were observed.
    """
    ebv = galaxies.numbers("catalogue/ebv") if galaxies.attributes.get("dereddened") else galaxies.ebv
    unknown = needed & ~np.isfinite(ebv)
    if unknown.any():
        raise InputError(
            f"{galaxies.path}: E(B−V) of galaxy {galaxies.id[unknown][0]} is unknown, but flux.deredden is on; "
            "switch it off or import the store with ebv."
        )
    return ebv
