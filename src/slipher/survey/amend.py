"""Adding columns to a store that is already there.

A store is whole or absent, so it is written anew beside itself, old columns and new, and takes its own name when that
is done. What was added leaves a stamp, an attribute with a digest of its source: the same again is known as done. One
process at a time amends a store, and looks at it only when it holds it: nobody's columns are lost.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.locks import held
from slipher.survey.filling import Read, fill, finish
from slipher.survey.layout import CHECKSUMS, METADATA_CHECKSUM, digest
from slipher.survey.pool import Block, Columns
from slipher.survey.schema import BITS, TABLES, Attribute, Column, Schema
from slipher.survey.store import Galaxies, open_file, open_store
from slipher.survey.writer import StoreWriter, making
from slipher.unfinished import Unfinished

__all__ = ["Make", "already_amended", "amend", "amending"]

OF_THE_FILE = frozenset({"format", "format_version", "software", "bands", "unit", "block", "identity", "fingerprint"})
"""Attributes that every store gets by itself."""
BOOLEANS = ("valid", "sources")
"""Columns whose bits along x are packed into bytes."""

Make = Callable[[Galaxies, Any], Columns]
"""Makes the new columns of some galaxies from what was read for them."""


@contextmanager
def amending(path: Path) -> Iterator[Unfinished]:
    """Hold a store that is to be changed, after a change was ended that a kill cut off at its end.

    A link leads to the store: that is what is changed.

    Args:
        path: the store, which must not be opened before it is held.

    Raises:
        InputError: if there is no store at ``path``, another process changes it, or nothing can be written beside it.
    """
    store = open_file(path).path.resolve()
    with held(store):
        with _changing(store):
            pass  # the store has another name for its content now, if a renaming was cut off
        with _changing(store) as work:
            yield work


def _changing(store: Path) -> AbstractContextManager[Unfinished]:
    """The folder of what is unfinished of a store, as its content is now."""
    return making(store, f"amended {open_file(store).attributes['fingerprint']}", overwrite=True)


def already_amended(path: Path, stamp: tuple[str, str]) -> bool:
    """Whether a store bears a stamp, so that nothing is left to add.

    Raises:
        InputError: if there is no store at ``path``.
    """
    return open_file(path).attributes.get(stamp[0]) == stamp[1]


def amend(
    path: Path,
    make: Make,
    *,
    stamp: tuple[str, str],
    columns: Mapping[str, Column],
    tables: Mapping[str, Column] | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    read: Read | None = None,
    workers: int = 1,
    label: str = "amending",
    work: Unfinished | None = None,
) -> bool:
    """Write a store anew with columns added, or replaced where they were there; continues after a kill.

    The store stays as it is until the new one is whole, so twice its room is needed meanwhile. Its identity stays: the
    importer that made it still knows it.

    Args:
        path: the store.
        make: the new columns of some galaxies (a view of the store as it is), given what was read for them; sent to
            the worker processes if there are several.
        stamp: name of the attribute that says what was added, and the digest of everything that determines it.
        columns: the new columns.
        tables: new arrays of the store as a whole; ``sky/correlation`` is the only one that can be made.
        attributes: attributes to add or to change.
        read: as for `fill`.
        workers: number of processes.
        label: what the progress bar says.
        work: from `amending`, where the caller has looked at the store; else it is held here.

    Returns:
        Whether anything was done.

    Raises:
        InputError: if there is no store at ``path``, it is damaged, or the disk is too small.
    """
    with ExitStack() as stack:
        work = work or stack.enter_context(amending(path))
        if already_amended(path, stamp):
            return False
        old = _schema_of(path)
        more = {**old.attributes, **(attributes or {}), stamp[0]: stamp[1]}
        both = {**old.columns, **columns}
        schema = Schema(old.galaxies, old.bands, both, {**old.tables, **(tables or {})}, more, old.block)
        kept = {name: column for name, column in old.columns.items() if name not in columns}
        writer = stack.enter_context(StoreWriter(path, schema, str(open_file(path).attributes["identity"]), work))
        fill(writer, _Amended(path, kept, make), label=label, workers=workers, read=read)
        finish(writer)
        return True


@dataclass(frozen=True)
class _Amended:
    """Old and new columns of a block, in whatever process it is sent to."""

    path: Path
    kept: Mapping[str, Column]
    make: Make

    def __call__(self, block: Block, payload: Any) -> Columns:
        """Every column of a block.

        Raises:
            InputError: if an old column is damaged there: a new checksum must not vouch for it.
        """
        file, rows = open_file(self.path), np.arange(*block, dtype=np.int64)
        number = np.array([block[0] // int(file.attributes["block"])])
        old = {}
        for name, column in self.kept.items():
            values = file.read(name, rows)
            if digest(values) != file.read(CHECKSUMS + name, number).tobytes():
                raise InputError(f"{self.path} is damaged in {name}; `slipher data check` tells where.")
            old[name] = _unpacked(values, column)
        return {**old, **self.make(open_store(self.path)[rows], payload)}


def _unpacked(values: np.ndarray, column: Column) -> np.ndarray:
    """A column's values as a writer takes them."""
    if column.dtype != BITS:
        return values
    return np.unpackbits(values, axis=-1, count=column.shape[-1]).view(bool)


def _schema_of(path: Path) -> Schema:
    """What a store holds, read back from its file.

    Raises:
        InputError: if it is no store, or damaged.
    """
    file = open_file(path)
    attributes = file.attributes
    width = file.places["images"].shape[-1] if "images" in file.places else 0
    columns = {
        name: _column(name, place.dtype, place.shape[1:], width)
        for name, place in file.places.items()
        if not name.startswith(CHECKSUMS) and name != METADATA_CHECKSUM and name not in TABLES
    }
    tables = {name: Column("float32", file.places[name].shape) for name in TABLES if name in file.places}
    kept = {key: value for key, value in attributes.items() if key not in OF_THE_FILE}
    return Schema(
        file.places["redshift"].shape[0],
        tuple(attributes["bands"].split()),
        columns,
        tables,
        kept,
        int(attributes["block"]),
    )


def _column(name: str, dtype: np.dtype[Any], shape: tuple[int, ...], width: int) -> Column:
    """The column of a dataset."""
    if name in BOOLEANS:
        return Column(BITS, (*shape[:-1], width))
    return Column(dtype.str[1:] if dtype.kind == "S" else dtype.name, shape)
