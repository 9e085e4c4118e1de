"""Verifying a store: every byte against its checksum, every column against what it may hold.

Reading, hashing and looking through the values are done by one thread a core, a few megabytes at a time, so that memory
does not grow with the store and the digest (SHA-256, 1 to 2 GB/s a core) sets the pace.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.formats.hdf5opened import open_hdf5
from slipher.progress import bar
from slipher.survey import layout
from slipher.survey.extents import DAMAGE, extents
from slipher.survey.layout import CHECKSUMS, DIGEST_BYTES, METADATA_CHECKSUM, digest
from slipher.survey.ranges import RULES, Summary, summarise
from slipher.survey.schema import TABLES
from slipher.survey.store import StoreFile, open_file
from slipher.threads import available_cores

__all__ = ["check", "check_text"]

PIECE = 16_000_000
"""Bytes that a thread reads at once, or one block if that is more."""
AHEAD = 2
"""Pieces that wait for each thread."""
NO_NUMBERS = frozenset({"id", "valid", "sources"})
"""Columns whose bytes are names or packed bits."""
STRUCTURE = "structure"


@dataclass(frozen=True)
class Piece:
    """Some consecutive blocks of a dataset, or a whole table."""

    name: str
    rows: tuple[int, int]
    """First and past-the-last entry."""
    blocks: tuple[int, int]
    """First and past-the-last block."""
    bytes: int


@dataclass
class Found:
    """What was found in one dataset."""

    digests: list[bytes] = field(default_factory=list)
    """Of its blocks, as they are."""
    summary: Summary = field(default_factory=Summary)


def check(path: str | Path) -> dict[str, Any]:
    """Verify a galaxy store block by block.

    Args:
        path: the store.

    Returns:
        A document for JSON: ``ok``; ``galaxies`` and ``blocks``; ``fingerprint``; ``damaged``, an entry {dataset,
        block, first, last, ids} for each damaged block (first and last row, ids of the galaxies in it, none where the
        ids themselves are damaged; ``dataset`` begins with "checksums" where a checksum is damaged and not the data,
        and is "structure" if the HDF5 structure or an attribute is damaged, when nothing else can be told);
        ``problems``, sentences about values that a column may not hold; ``columns``, the share of finite values with
        the least and the greatest of each column of numbers; ``remedy``, what to do, None if nothing.

    Raises:
        InputError: if the file cannot be opened as a store.
    """
    path = Path(path)
    file = _opened(path)
    report: dict[str, Any] = {
        "path": str(path),
        "ok": False,
        "galaxies": file.places["redshift"].shape[0],
        "blocks": 0,
        "fingerprint": file.attributes["fingerprint"],
        "damaged": [],
        "problems": [],
        "columns": {},
        "remedy": None,
    }
    if _structure_is_sound(file):
        _check_content(file, report)
    else:
        report["damaged"].append(_entry(STRUCTURE))
    report["ok"] = not report["damaged"] and not report["problems"]
    report["remedy"] = None if report["ok"] else _remedy(file, report)
    return report


def check_text(report: Mapping[str, Any]) -> str:
    """The report for a reader: a line for every damaged block and every problem, or that all is well."""
    if report["ok"]:
        plural = "" if report["blocks"] == 1 else "s"
        return f"{report['path']} is whole: {report['galaxies']:,} galaxies in {report['blocks']:,} block{plural}."
    lines = [_damage_text(entry) for entry in report["damaged"]] + report["problems"]
    return "\n".join([*(f"{report['path']}: {line}" for line in lines), report["remedy"]])


def _damage_text(entry: Mapping[str, Any]) -> str:
    """One damaged block in words."""
    if entry["block"] is None:
        return f"{entry['dataset']} is damaged."
    some = ", ".join(map(str, entry["ids"][:3])) + (", ..." if len(entry["ids"]) > 3 else "")
    names = f"id {some}" if some else "their ids are damaged too"
    rows = f"rows {entry['first']} to {entry['last']}"
    return f"{entry['dataset']} is damaged in block {entry['block']}, {rows} ({names})."


def _remedy(file: StoreFile, report: Mapping[str, Any]) -> str:
    """What to do about a store that is not as it should be."""
    origin = "simulate it" if file.attributes.get("simulated") else "import it"
    again = f"{origin} again with --overwrite"
    damaged = {entry["dataset"].split("/")[0] for entry in report["damaged"]}
    if not damaged:
        return f"The bytes are as they were written, so the input was wrong: mend it and {again}."
    if damaged == {STRUCTURE}:
        return f"Nothing in it can be vouched for: copy the store again from where it is whole, or {again}."
    if damaged <= {"checksums"}:
        return f"The galaxies themselves are whole; to have checksums for them, copy the store again or {again}."
    return f"Copy the store again from where it is whole, or {again}; blocks not named here are whole."


def _opened(path: Path) -> StoreFile:
    """The store, opened.

    Raises:
        InputError: if it cannot be; that it is damaged, where a damaged attribute only makes it seem something else.
    """
    try:
        return open_file(path)
    except InputError as error:
        if _was_a_store(path):
            raise InputError(
                f"{path} is damaged (its HDF5 structure is not as it was written); copy it again from where it is "
                "whole, or make or import it again."
            ) from error
        raise


def _was_a_store(path: Path) -> bool:
    """Whether a file that is no store has the checksum of one, and other bytes than that vouches for."""
    if unreadable(path):
        return False
    try:
        with open_hdf5(path) as file:
            places = extents(file)
    except DAMAGE:
        return False
    return METADATA_CHECKSUM in places and not _structure_is_sound(StoreFile(path, {}, places, path.stat().st_ino))


def _structure_is_sound(file: StoreFile) -> bool:
    """Whether every byte outside the datasets is as it was written."""
    place = file.places.get(METADATA_CHECKSUM)
    if place is None or place.shape != (DIGEST_BYTES,):
        return False
    return layout.metadata_digest(file.descriptor, file.places) == file.read_all(METADATA_CHECKSUM).tobytes()


def _check_content(file: StoreFile, report: dict[str, Any]) -> None:
    """Read every dataset and enter what is found into the report."""
    stored = {name: file.read_all(CHECKSUMS + name) for name in file.places if CHECKSUMS + name in file.places}
    report["blocks"] = len(stored["redshift"])
    found = _look_through(file, {name: len(digests) for name, digests in stored.items()})
    sound = _soundness(file, found, stored)
    ids = _wrong_blocks(found["id"], stored["id"]) if sound != "data" else []
    for name, digests in stored.items():
        for block in _wrong_blocks(found[name], digests):
            entry = _located(file, name, block, known=block not in ids)
            where = CHECKSUMS + name if sound == "data" else name
            report["damaged"].append({**entry, "dataset": where})
        _enter(report, name, found[name].summary)
    if sound == "neither" and not report["damaged"]:
        report["damaged"].append(_entry("checksums"))


def _soundness(file: StoreFile, found: Mapping[str, Found], stored: Mapping[str, np.ndarray]) -> str:
    """Which of "data", "checksums" or "neither" the fingerprint vouches for, the data first."""
    of_data = {name: b"".join(one.digests) for name, one in found.items()}
    of_checksums = {name: digests.tobytes() for name, digests in stored.items()}
    for name, joined in (("data", of_data), ("checksums", of_checksums)):
        if layout.fingerprint(file.attributes, file.places, joined) == file.attributes["fingerprint"]:
            return name
    return "neither"


def _wrong_blocks(found: Found, stored: np.ndarray) -> list[int]:
    """Blocks whose bytes are not those that the checksums are of."""
    pairs = zip(found.digests, stored, strict=True)
    return [number for number, (is_now, was) in enumerate(pairs) if is_now != was.tobytes()]


def _look_through(file: StoreFile, blocks: Mapping[str, int]) -> dict[str, Found]:
    """Read the datasets, given with the number of their blocks, and see what is in each."""
    found = {name: Found() for name in blocks}
    pieces = [piece for name, count in blocks.items() for piece in _pieces(file, name, count)]
    with bar(sum(piece.bytes for piece in pieces), "checking", unit="B") as progress:
        for piece, (digests, summary) in _ahead(pieces, lambda piece: _examine(file, piece)):
            found[piece.name].digests += digests
            found[piece.name].summary += summary
            progress.update(piece.bytes)
    return found


def _pieces(file: StoreFile, name: str, blocks: int) -> Iterator[Piece]:
    """A dataset cut into pieces of whole blocks."""
    place, size = file.places[name], int(file.attributes["block"])
    if name in TABLES:
        yield Piece(name, (0, place.shape[0]), (0, 1), place.end - place.offset)
        return
    step = max(1, PIECE // max(1, size * place.row_bytes))
    for first in range(0, blocks, step):
        last = min(first + step, blocks)
        start, stop = first * size, min(last * size, place.shape[0])
        yield Piece(name, (start, stop), (first, last), (stop - start) * place.row_bytes)


def _ahead(
    pieces: Iterable[Piece], work: Callable[[Piece], tuple[list[bytes], Summary]]
) -> Iterator[tuple[Piece, tuple[list[bytes], Summary]]]:
    """The pieces in order, each with what the work made of it in one of a few threads."""
    threads = available_cores()
    waiting: deque[tuple[Piece, Future[tuple[list[bytes], Summary]]]] = deque()
    with ThreadPoolExecutor(threads) as executor:
        for piece in pieces:
            waiting.append((piece, executor.submit(work, piece)))
            if len(waiting) > AHEAD * threads:
                oldest, future = waiting.popleft()
                yield oldest, future.result()
        for oldest, future in waiting:
            yield oldest, future.result()


def _examine(file: StoreFile, piece: Piece) -> tuple[list[bytes], Summary]:
    """The digests of a piece's blocks, and what its values are like."""
    values = file.read(piece.name, np.arange(*piece.rows))
    size = int(file.attributes["block"]) if piece.name not in TABLES else len(values)
    digests = [digest(values[start : start + size]) for start in range(0, len(values), size)]
    numbers = values.dtype.kind in "iuf" and piece.name not in NO_NUMBERS
    return digests, summarise(piece.name, values) if numbers else Summary()


def _located(file: StoreFile, name: str, block: int, known: bool) -> dict[str, Any]:
    """Where a block lies, and the galaxies in it if their ids are known."""
    if name in TABLES:
        return _entry(name)
    size = int(file.attributes["block"])
    rows = np.arange(block * size, min((block + 1) * size, file.places[name].shape[0]))
    ids = file.read("id", rows).tolist() if known else []
    names = [each.decode(errors="replace") if isinstance(each, bytes) else each for each in ids]
    return _entry(name, block, int(rows[0]), int(rows[-1]), names)


def _entry(
    dataset: str,
    block: int | None = None,
    first: int | None = None,
    last: int | None = None,
    ids: list[Any] | None = None,
) -> dict[str, Any]:
    """How something damaged is reported."""
    return {"dataset": dataset, "block": block, "first": first, "last": last, "ids": ids or []}


def _enter(report: dict[str, Any], name: str, summary: Summary) -> None:
    """Put the summary of a column into the report."""
    if not summary.count:
        return
    known = summary.finite > 0
    report["columns"][name] = {
        "finite": summary.finite / summary.count,
        "least": summary.low if known else None,
        "greatest": summary.high if known else None,
    }
    if summary.broken:
        wrong = f"{summary.broken:,} of {summary.count:,} values of {name} are wrong"
        report["problems"].append(f"{wrong}: each must be {RULES[name].words}.")
