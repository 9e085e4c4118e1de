"""Writing a galaxy store block by block, so that a killed run continues where it stopped.

The store grows in the hidden folder of unfinished work (`slipher.unfinished`). Each block's bytes go to their final
place, then a line with their checksums to the journal; `finish` adds the checksums and the fingerprint and renames.
Whatever the moment of a kill, the same call made again ends with the same bytes.

Nothing waits for the disk until `finish`. A killed process loses nothing that it wrote: the system holds it. A power
cut may lose any part, in any order, and so the next run believes no line of the journal but reads every block again
and compares checksums. Only the new name must not get ahead of the content: `finish` waits before it renames.
"""

import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from slipher.errors import InputError
from slipher.files import FULL, keep_apart, reason_of
from slipher.formats.hdf5opened import open_hdf5
from slipher.progress import track
from slipher.survey import layout
from slipher.survey.extents import DAMAGE
from slipher.survey.journal import Journal
from slipher.survey.layout import CHECKSUMS, DIGEST_BYTES, METADATA_CHECKSUM, UNSET, Extent, digest
from slipher.survey.schema import BITS, Column, Schema
from slipher.survey.writeback import WriteBack
from slipher.threads import available_cores
from slipher.unfinished import Unfinished, unfinished

__all__ = ["StoreWriter", "making"]

STORE = "store.h5"
JOURNAL = "journal"
"""Names in the folder of what is unfinished."""


class StoreWriter:
    """Writes one store; a context manager.

        with StoreWriter(path, schema, identity) as writer:
            for start, stop in writer.missing():
                writer.write(start, {"id": ..., "redshift": ..., ...})
            writer.put("sky/correlation", correlation)
            fingerprint = writer.finish()

    Leaving without `finish` keeps what is written for the next call with the same identity, unless an `InputError`
    says that the input itself is unusable: then nothing stays behind.

    Args:
        path: where the store shall lie; an existing file there is replaced at `finish`.
        schema: the columns, the number of galaxies and the attributes.
        identity: digest of everything that determines the content. Another identity starts anew.
        work: the folder of what is unfinished at ``path``, where it is open already; else it is opened.

    Raises:
        InputError: if the destination cannot be written, is being written by another run, or the disk is too small.
    """

    def __init__(self, path: Path, schema: Schema, identity: str, work: Unfinished | None = None) -> None:
        self.path = path
        self.schema = schema
        self._checksums: dict[int, bytes] = {}
        self._tables: dict[str, bytes] = {}
        self._noting = threading.Lock()
        header = {"identity": identity, "schema": _schema_digest(schema)}
        with ExitStack() as stack:
            self._work = work or stack.enter_context(making(path, identity, overwrite=True))
            self._partial = self._work.path(STORE)
            with self._telling():
                self._journal = stack.enter_context(Journal(self._work.path(JOURNAL)))
                if not self._resume(header):
                    self._start(header, identity)
            self._stack = stack.pop_all()

    def missing(self) -> list[tuple[int, int]]:
        """First and past-the-last galaxy of every block that is still to be written, in order."""
        starts = range(0, self.schema.galaxies, self.schema.block)
        return [(start, self._stop(start)) for start in starts if start not in self._checksums]

    @property
    def done(self) -> int:
        """Number of galaxies that are written."""
        last = (self.schema.galaxies - 1) // self.schema.block * self.schema.block
        short = self.schema.block - (self._stop(last) - last) if last in self._checksums else 0
        return len(self._checksums) * self.schema.block - short

    def write(self, start: int, columns: Mapping[str, np.ndarray]) -> None:
        """Write one block; when this returns, a kill does not undo it. Several threads may write at once.

        Args:
            start: the block's first galaxy.
            columns: every column of the schema, with as many rows as the block has galaxies. Booleans may come packed
                as they are stored, eight to a byte.

        Raises:
            InputError: if a value does not fit its column's type, or the disk is full.
        """
        if start % self.schema.block or not 0 <= start < self.schema.galaxies:
            raise ValueError(f"no block begins at galaxy {start}")
        if set(columns) != set(self.schema.columns):
            raise ValueError(f"columns {sorted(set(columns) ^ set(self.schema.columns))} are too many or missing")
        stop, written, digests = self._stop(start), 0, []
        for name, column in self.schema.columns.items():
            data = _stored(name, np.asarray(columns[name]), column, (stop - start, *column.shape))
            self._pwrite(data, self._places[name].offset + start * column.row_bytes)
            digests.append(digest(data))
            written += data.nbytes
        self._note(start, digests, written)

    def put(self, name: str, table: np.ndarray) -> None:
        """Write one of the arrays that belong to the store as a whole.

        Args:
            name: a table of the schema.
            table: its values.
        """
        column = self.schema.tables[name]
        data = _stored(name, np.asarray(table), column, column.shape)
        self._pwrite(data, self._places[name].offset)
        self._tables[name] = digest(data)

    def read(self, name: str, start: int, stop: int) -> np.ndarray:
        """Galaxies ``start`` to ``stop`` of a column as they are in the file so far (booleans unpacked)."""
        column = self.schema.columns[name]
        raw = os.pread(
            self._descriptor, (stop - start) * column.row_bytes, self._places[name].offset + start * column.row_bytes
        )
        data = np.frombuffer(raw, column.stored_dtype).reshape(stop - start, *column.stored_shape)
        return np.unpackbits(data, axis=-1, count=column.shape[-1]).astype(bool) if column.dtype == BITS else data

    def finish(self) -> str:
        """Add checksums and fingerprint, give the store its name, and remove the journal.

        Returns:
            The fingerprint.
        """
        if self.missing() or set(self._tables) != set(self.schema.tables):
            raise ValueError(f"{len(self.missing())} blocks or the tables are not written yet")
        joined = self._joined_checksums()
        for name, value in joined.items():
            self._pwrite(value, self._places[CHECKSUMS + name].offset)
        with self._telling():
            fingerprint = self._set_fingerprint(joined)
            digests = layout.metadata_digest(self._descriptor, self._places)
            self._pwrite(digests, self._places[METADATA_CHECKSUM].offset)
            self._writeback.wait()
        self._work.publish()
        return fingerprint

    def _set_fingerprint(self, joined: Mapping[str, bytes]) -> str:
        """Write the fingerprint, which the joined digests and the attributes determine."""
        with h5py.File(self._partial, "r") as file:
            attributes = layout.plain_attributes(file)
        fingerprint = layout.fingerprint(attributes, self._places, joined)
        layout.set_fingerprint(self._partial, fingerprint)
        return fingerprint

    def __enter__(self) -> "StoreWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            self._writeback.close()
            os.close(self._descriptor)
            # A full disk is an InputError too, but what is written is good and the next run goes on from there.
            if isinstance(error, InputError) and not isinstance(error.__cause__, OSError):
                self._work.discard()

    def _stop(self, start: int) -> int:
        """The galaxy past the last of a block."""
        return min(start + self.schema.block, self.schema.galaxies)

    def _note(self, start: int, digests: list[bytes], written: int) -> None:
        """Tell the journal, and the disk, of a block whose bytes are in the file."""
        named = {name: value.hex() for name, value in zip(self.schema.columns, digests, strict=True)}
        with self._noting, self._telling():
            self._journal.append({"start": start, "checksums": named})
            self._checksums[start] = b"".join(digests)
            self._writeback.wrote(written)

    def _joined_checksums(self) -> dict[str, bytes]:
        """The digests of every column, block after block, and of every table."""
        blocks = np.frombuffer(b"".join(self._checksums[start] for start in sorted(self._checksums)), np.uint8)
        columns = blocks.reshape(-1, len(self.schema.columns), DIGEST_BYTES).swapaxes(0, 1)
        joined = {name: digests.tobytes() for name, digests in zip(self.schema.columns, columns, strict=True)}
        return joined | self._tables

    def _start(self, header: dict[str, str], identity: str) -> None:
        """Make a new partial file and its journal."""
        self._journal.restart({})
        self._checksums = {}
        try:
            self._check_room()
            layout.create(self._partial, self.schema, identity)
            self._open()
        except BaseException:
            self._work.discard()
            raise
        self._journal.restart({**header, "metadata": layout.metadata_digest(self._descriptor, self._places).hex()})

    def _check_room(self) -> None:
        """See that the disk has room for the store."""
        free = shutil.disk_usage(self._partial.parent).free
        if free < self.schema.bytes:
            raise InputError(
                f"{self.path} would take {self.schema.bytes / 1e6:,.1f} MB, but only {free / 1e6:,.1f} MB are free; "
                "choose another disk."
            )

    def _resume(self, header: dict[str, str]) -> bool:
        """Take up an earlier run's file if it is of the same identity and sound."""
        entries = self._journal.read()
        if not entries or {key: entries[0].get(key) for key in header} != header or not self._partial.is_file():
            return False
        try:
            layout.set_fingerprint(self._partial, UNSET)
            self._open()
        except DAMAGE:
            return False
        if layout.metadata_digest(self._descriptor, self._places).hex() != entries[0].get("metadata"):
            os.close(self._descriptor)
            return False
        self._checksums = dict(self._verified(entries[1:]))
        return True

    def _verified(self, entries: list[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
        """The journalled blocks that are in the file as they were written: the first galaxy and the joined digests."""
        with ThreadPoolExecutor(available_cores()) as pool:
            blocks = [entry["start"] for entry in entries]
            found = track(pool.map(self._digests, blocks), "checking what is written", len(blocks), "block")
            for entry, digests in zip(entries, found, strict=True):
                if [value.hex() for value in digests] == [entry["checksums"][name] for name in self.schema.columns]:
                    yield entry["start"], b"".join(digests)

    def _digests(self, start: int) -> list[bytes]:
        """The digests of every column of a block as it is in the file."""
        stop, digests = self._stop(start), []
        for name, column in self.schema.columns.items():
            place = self._places[name].offset + start * column.row_bytes
            digests.append(digest(os.pread(self._descriptor, (stop - start) * column.row_bytes, place)))
        return digests

    def _open(self) -> None:
        """Learn where everything lies, and open the file for writing."""
        with h5py.File(self._partial, "r") as file:
            places = layout.extents(file)
        self._places: dict[str, Extent] = {name: place for name, place in places.items() if place is not None}
        self._descriptor = os.open(self._partial, os.O_RDWR)
        self._writeback = WriteBack(self._descriptor)

    def _pwrite(self, data: Any, offset: int) -> None:
        """Write all bytes at an offset."""
        view = memoryview(data).cast("B")
        with self._telling():
            while view:
                written = os.pwrite(self._descriptor, view, offset)
                view, offset = view[written:], offset + written

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in one sentence that the disk takes no more."""
        try:
            yield
        except OSError as error:
            remedy = "make room" if error.errno in FULL else "see to it"
            raise InputError(
                f"{self.path} cannot be written further: {reason_of(error)}; {remedy} and run the same again to go on."
            ) from error


@contextmanager
def making(path: Path, identity: str, overwrite: bool = False, read: Iterable[Path] = ()) -> Iterator[Unfinished]:
    """Hold the destination of a store: its ``done`` says whether a store of this identity lies there already.

    Args:
        path: the destination.
        identity: what the store would be made from.
        overwrite: whether another file there may be replaced.
        read: what the store is made from, over which it is never written.

    Raises:
        InputError: if something else lies there and may not be replaced, or is what the store is made from; if another
            process writes there, or nothing can be written there.
    """
    keep_apart(path, *read)
    with unfinished({STORE: path}, identity, _identity, overwrite=overwrite, restart=True) as work:
        yield work


def _identity(path: Path) -> str | None:
    """The identity that a store was made with, or None for any other file."""
    try:
        with open_hdf5(path) as file:
            return str(layout.plain_attributes(file).get("identity"))
    except DAMAGE:
        return None


def _schema_digest(schema: Schema) -> str:
    """The digest of everything the schema says, and of the form of the file."""
    columns = {name: [column.dtype, column.shape] for name, column in {**schema.columns, **schema.tables}.items()}
    words = [layout.FORMAT_VERSION, schema.galaxies, schema.bands, columns, dict(schema.attributes), schema.block]
    return digest(json.dumps(words, sort_keys=True).encode()).hex()


def _stored(name: str, data: np.ndarray, column: Column, shape: tuple[int, ...]) -> np.ndarray:
    """The array as its bytes will lie in the file."""
    packed = (*shape[:-1], *column.stored_shape[-1:])
    if column.dtype == BITS and data.dtype == np.uint8 and data.shape == packed != shape:
        return np.ascontiguousarray(data)
    if data.shape != shape:
        raise ValueError(f"{name} has shape {data.shape}, but its column takes {shape}")
    if column.dtype == BITS:
        return np.packbits(data.astype(bool), axis=-1)
    try:
        with np.errstate(over="raise"):
            return np.ascontiguousarray(data, column.stored_dtype)
    except FloatingPointError as error:
        remedy = "write it as float32 (--dtype float32)" if column.dtype == "float16" else "mend them, or their unit"
        raise InputError(
            f"{name} holds values up to {np.nanmax(np.abs(data)):g}, too large for {column.dtype}; {remedy}."
        ) from error
