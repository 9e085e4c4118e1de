"""The published archive of SDSS cutouts, ``sdss.npz``, streamed into a galaxy store.

Pasquet et al. (2019, A&A 621, A26) cut the galaxies out; Dey et al. (2022, MNRAS 515, 5285) made the archive available:
``cube`` (659857, 64, 64, 5) float32 in nanomaggies, bands last, and ``labels``, a table of 64 columns. The cube, 54 GB,
is never whole in memory: this process reads it forward, and threads turn, narrow, checksum and write what was read,
which all happens outside Python's lock.
"""

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import torch
from jaxtyping import Int64, Shaped

from slipher.errors import InputError
from slipher.formats.containers import Container, NpzContainer, open_container
from slipher.formats.plausible import EBV, REDSHIFT
from slipher.progress import bar, say
from slipher.survey.badpixels import keep_rows, spoiled
from slipher.survey.layout import digest
from slipher.survey.padding import Unmeasured
from slipher.survey.pasquet.blockbuffer import BlockBuffer
from slipher.survey.pasquet.labels import Labels
from slipher.survey.pasquet.samples import PAPER_TEST, PAPER_VALIDATION, SAMPLES, chosen, counted
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.split import split_by_id, split_by_rank
from slipher.survey.writer import StoreWriter, making
from slipher.threads import available_cores
from slipher.unfinished import Unfinished

__all__ = ["SPLITS", "import_pasquet"]

IMPORT_VERSION = 2
"""Counts up whenever the same file and options would give another store."""
BANDS = ("u", "g", "r", "i", "z")
SHAPE = (64, 64, 5)
"""y, x, bands."""
PIXEL_SCALE = 0.396
"""Arcseconds a pixel."""
BLOCK = Schema.block
"""Galaxies that are read, turned and written at once."""
CUBE = "cube"
SPLITS = ("hash", "paper")
DTYPES = ("float16", "float32")
MOST_THREADS = 3
"""Threads that write: three keep up with one that reads."""
LISTED = 5


@dataclass(frozen=True)
class Options:
    """How the archive is to be read; all of it is part of the store's identity."""

    sample: str
    split: str
    dtype: str
    skip_bad: bool

    def __post_init__(self) -> None:
        for name, allowed in (("sample", tuple(SAMPLES)), ("split", SPLITS), ("dtype", DTYPES)):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} is {getattr(self, name)!r}, but must be one of {', '.join(allowed)}.")


def import_pasquet(
    file: str | Path,
    out: str | Path,
    *,
    sample: str = "all",
    split: str = "hash",
    dtype: str = "float16",
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Path:
    """Make a galaxy store of the published archive.

    Pixels that are not finite are marked as bad and stored as 0. A galaxy whose centre or half of whose pixels are bad
    ends the import where it is met; with ``skip_bad`` the archive is read twice, first to find and count all of them.
    A galaxy that stands twice is kept twice, as the published counts do; both fall into the same part.

    Labels are carried along as ``catalogue/NAME``. Sources and sky are not measured, nor is photometry: the catalogue's
    model magnitudes give it where they are there. A killed import continues when called again; a store that is already
    there from the same file and options is left alone.

    Args:
        file: the archive, as published: stored or deflated.
        out: where the store shall lie.
        sample: all; paper (petroMag_r < 17.77, z ≤ 0.4; section 4 of the paper); pasquet (dered_petro_r ≤ 17.8,
            z ≤ 0.4, primtarget ≥ 64).
        split: hash draws each galaxy's part by a digest of its specObjID alone; paper takes the first 121,543 of the
            sample by that digest for testing, the next 20,000 for validation, counted among those that are kept.
        dtype: float16 or float32, in which the store keeps the cutouts.
        skip_bad: whether galaxies whose centre or half of whose pixels are bad are dropped.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the file or an option cannot be used; says what is wrong, where, and what to do.
    """
    file, out = Path(file), Path(out)
    options = Options(sample, split, dtype, skip_bad)
    with open_container(file) as opened:
        container, labels = _checked(opened)
        identity = _identity(file, options)
        with making(out, identity, overwrite, [file]) as work:
            if not work.done:
                _write(_Survey(container, labels, options), out, identity, work)
    return out


class _Survey:
    """The galaxies of an archive that a store shall hold, in the archive's order.

    Args:
        container: the open archive.
        labels: its labels.
        options: how to read it.
    """

    def __init__(self, container: NpzContainer, labels: Labels, options: Options) -> None:
        self.container = container
        self.labels = labels
        self.options = options
        where = str(container.path)
        self.id, used = labels.used()
        self.redshift, self.ebv = used["z"], used["EBV"]
        self._take(np.flatnonzero(chosen(options.sample, used, where)))
        _check_values(self.redshift[self.rows], self.ebv[self.rows], where)
        self.sampled = len(self.rows)
        self.unmeasured = Unmeasured()

    def schema(self) -> Schema:
        """What the store will hold."""
        return galaxy_schema(
            len(self.rows),
            BANDS,
            source=f"SDSS cutouts of Pasquet et al. (2019) from {self.container.path.name}",
            shape=SHAPE[:2],
            image_dtype=self.options.dtype,
            pixel_scale=PIXEL_SCALE,
            photometry=self.labels.has_photometry(BANDS),
            sky=False,
            catalogue={name.removeprefix("catalogue/"): column for name, column in self.labels.columns().items()},
            attributes={
                "sample": self.options.sample,
                "sample_galaxies": self.sampled,
                "sample_published": SAMPLES[self.options.sample].published,
                "archive_galaxies": self.labels.count,
                "split_by": self.options.split,
                "duplicates": len(self.twice),
                "dropped": self.sampled - len(self.rows),
            },
        )

    def read(self, start: int, stop: int, buffer: BlockBuffer) -> None:
        """Read the images of the survey's galaxies ``start`` to ``stop``; quick if they follow on those before."""
        rows = self.rows[start:stop]
        bounds = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
        for first, last in pairwise(bounds):
            self.container.read_into(CUBE, int(rows[first]), buffer.raw[first:last])

    def columns(self, start: int, stop: int) -> dict[str, Shaped[np.ndarray, "galaxies ..."]]:
        """Every column but the images and their good pixels."""
        rows = self.rows[start:stop]
        table = self.labels.read(rows)
        columns = {
            "id": self.id[rows],
            "redshift": self.redshift[rows],
            "ebv": self.ebv[rows],
            "split": self.split[start:stop],
            **self.labels.carried(table),
        }
        return {**columns, **self.labels.photometry(table, BANDS)} if self.labels.has_photometry(BANDS) else columns

    def skip_bad(self) -> None:
        """Look through all images and drop the galaxies that cannot be used."""
        bad, buffer = [], BlockBuffer(BLOCK, SHAPE, self.options.dtype)
        with bar(self.sampled, "checking pixels") as progress:
            for start in range(0, self.sampled, BLOCK):
                stop = min(start + BLOCK, self.sampled)
                self.read(start, stop, buffer)
                buffer.blank_out(stop - start)
                bad.append(_spoiled(buffer, stop - start))
                progress.update(stop - start)
        kept = keep_rows(np.concatenate(bad), self.id[self.rows], True, str(self.container.path))
        self._take(self.rows[kept])

    def _take(self, rows: Int64[np.ndarray, "galaxies"]) -> None:
        """Hold these rows of the archive, and part them: ranks are those of the galaxies that the store will hold."""
        self.rows, ids = rows, self.id[rows]
        ranked = self.options.split == "paper"
        self.split = split_by_rank(ids, PAPER_VALIDATION, PAPER_TEST) if ranked else split_by_id(ids)
        self.twice = _twice(ids)


def _write(survey: _Survey, out: Path, identity: str, work: Unfinished) -> None:
    """Write the store, or what is missing of it."""
    if survey.options.skip_bad:
        survey.skip_bad()
    with StoreWriter(out, survey.schema(), identity, work) as writer:
        with bar(len(survey.rows), "importing", done=writer.done) as progress:
            for unmeasured in _written(survey, writer):
                survey.unmeasured += unmeasured
                progress.update(unmeasured.galaxies)
        # The checksum of the archive stands at its end, behind galaxies that may not be in the sample.
        for name in (CUBE, survey.labels.name):
            survey.container.exhaust(name)
        writer.finish()
    _report(survey)


def _written(survey: _Survey, writer: StoreWriter) -> Iterator[Unmeasured]:
    """Write every missing block; read here and in order, the rest in threads; yields what was unmeasured in each."""
    threads = min(available_cores(), MOST_THREADS)
    free: SimpleQueue[BlockBuffer] = SimpleQueue()
    for _ in range(threads + 2):
        free.put(BlockBuffer(min(BLOCK, len(survey.rows)), SHAPE, survey.options.dtype))
    with _one_core_each(), ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Unmeasured]] = deque()
        for start, stop in writer.missing():
            # There are as many blocks under way as there are buffers: memory does not grow.
            buffer = free.get()
            survey.read(start, stop, buffer)
            columns = survey.columns(start, stop)
            running.append(pool.submit(_store, survey, writer, start, columns, buffer, free))
            while running and running[0].done():
                yield running.popleft().result()
        for block in running:
            yield block.result()


def _store(
    survey: _Survey,
    writer: StoreWriter,
    start: int,
    columns: dict[str, Shaped[np.ndarray, "galaxies ..."]],
    buffer: BlockBuffer,
    free: SimpleQueue[BlockBuffer],
) -> Unmeasured:
    """Turn and write one block that was read, and hand its buffer back."""
    try:
        count = len(columns["id"])
        unmeasured = buffer.blank_out(count)
        if not survey.options.skip_bad:
            keep_rows(_spoiled(buffer, count), columns["id"], False, f"{survey.container.path}, from galaxy {start} on")
        writer.write(start, {**columns, **buffer.columns(count)})
        return unmeasured
    finally:
        free.put(buffer)


def _spoiled(buffer: BlockBuffer, count: int) -> Shaped[np.ndarray, "count"]:
    """Which galaxies of a buffer cannot be used for their bad pixels."""
    bad = np.zeros(count, bool)
    if not buffer.finite(count):
        some = np.flatnonzero(~buffer.good(count).all(axis=(1, 2, 3)))
        bad[some] = spoiled(buffer.images(count)[some])
    return bad


def _report(survey: _Survey) -> None:
    """Say what was found, against what was published."""
    say(counted(survey.options.sample, survey.sampled, survey.labels.count))
    for sentence in survey.unmeasured.sentences():
        say(sentence)
    if survey.twice:
        names = ", ".join(str(name) for name in survey.twice[:LISTED]) + (", ..." if len(survey.twice) > LISTED else "")
        say(f"{len(survey.twice):,} specObjID stand more than once and are kept ({names}).")
    if survey.sampled > len(survey.rows):
        say(f"{survey.sampled - len(survey.rows):,} galaxies were dropped for their bad pixels.")
    if survey.labels.left_out():
        say(f"Labels of kinds that a store does not keep were left out: {', '.join(survey.labels.left_out())}.")


def _twice(identifiers: Int64[np.ndarray, "galaxies"]) -> list[int]:
    """Identifiers that more than one galaxy has."""
    names, counts = np.unique(identifiers, return_counts=True)
    found: list[int] = names[counts > 1].tolist()
    return found


def _checked(container: Container) -> tuple[NpzContainer, Labels]:
    """The labels of an archive whose arrays are of the published form.

    Raises:
        InputError: if they are not.
    """
    if not isinstance(container, NpzContainer):
        raise InputError(f"{container.path} is {container.kind}, but the published archive is an npz file.")
    dtype, shape = container.describe(CUBE)
    where = f"{container.path}: {CUBE!r}"
    if shape[1:] != SHAPE or dtype != np.dtype("<f4"):
        raise InputError(
            f"{where} has shape {shape} and type {dtype.str}, but the published one is (galaxies, 64, 64, 5) of <f4; "
            "`slipher data import images` takes other cutouts."
        )
    if container.is_fortran(CUBE):
        raise InputError(
            f"{where} is in Fortran order, in which no galaxy can be read without all the others; save it in C order."
        )
    labels = Labels(container)
    if labels.count != shape[0]:
        raise InputError(
            f"{where} has {shape[0]} galaxies, but 'labels' has {labels.count} rows; get the archive again."
        )
    return container, labels


def _check_values(redshift: Shaped[np.ndarray, "galaxies"], ebv: Shaped[np.ndarray, "galaxies"], where: str) -> None:
    """See that redshifts and reddenings are possible; NaN is unknown."""
    for name, values, quantity in (("z", redshift, REDSHIFT), ("EBV", ebv, EBV)):
        impossible = ~quantity.holds(values) & ~np.isnan(values)
        if impossible.any():
            raise InputError(
                f"{where}: {name} of {int(impossible.sum())} of the sample's galaxies is impossible, but must "
                f"{quantity.range}; write NaN where it is unknown."
            )


@contextmanager
def _one_core_each() -> Iterator[None]:
    """Let torch use one core in each of our threads, which are as many as there are cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _identity(file: Path, options: Options) -> str:
    """Digest of everything that determines the store."""
    status = file.stat()
    words = ["pasquet", IMPORT_VERSION, file.name, status.st_size, status.st_mtime_ns, asdict(options)]
    return digest(json.dumps(words).encode()).hex()
