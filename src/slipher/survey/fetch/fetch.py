"""Many files: a few at a time, each once, and at the end a word on every one that is not there."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from slipher.errors import InputError
from slipher.files import write_text, writing
from slipher.progress import bar
from slipher.survey.fetch.addresses import GIRDER, Remote
from slipher.survey.fetch.adopt import OCCUPIED, adopt
from slipher.survey.fetch.download import download
from slipher.survey.fetch.girder import resolve
from slipher.survey.fetch.line import Line, Patience, StoppedError
from slipher.survey.fetch.manifest import GOOD, MANIFEST, Entry, Manifest
from slipher.survey.fetch.partial import clear_parts, part_path
from slipher.unfinished import unfinished

__all__ = ["URLS", "fetch"]

URLS = "urls.txt"
"""The addresses of the files that are not there, one a line."""
LOOK = 0.5
"""Seconds between two looks at the progress."""
WAITING = "waiting"
SPOILED = ("bad", "refused", "failed")
CONTINUED = ("failed", WAITING)
"""What has arrived of such a file serves the next run."""
SOUR = 10
"""So many files that a server spoils in a row, and two for each connection, and it is left alone."""

Document = dict[str, Any]


def fetch(remotes: Sequence[Remote], folder: Path, connections: int = 4, patience: Patience | None = None) -> Document:
    """Bring files into a folder; those that are there already stay, and what a killed run left is continued.

    Args:
        remotes: the files.
        folder: is made if it does not exist; ``manifest.jsonl`` there says what became of each file.
        connections: most files at a time.
        patience: how long to wait for the server.

    Returns:
        Counts, and the files that are not there with the reason for each.

    Raises:
        InputError: if the folder cannot be written, another run fetches into it, its disk is too small, or files of
            others lie where the manifest or the list of addresses would.
    """
    if connections < 1:
        raise InputError(f"--connections {connections} fetches nothing; give 1 or more.")
    with _working(folder) as work, Manifest(folder, work) as manifest, Line(connections, patience) as line:
        _check_addresses(folder / URLS, manifest)
        known = [_with_digest(remote, manifest) for remote in remotes]
        there = adopt(known, manifest)
        wanted = [remote for remote in known if remote.name not in there and not manifest.has(remote.name)]
        for entry in _results(wanted, folder, work, line, connections):
            manifest.note(entry)
        document = _document(remotes, wanted, manifest, line)
        _write_addresses(folder / URLS, document)
        clear_parts(work, {each.name for each in remotes if manifest.entries[each.name].status not in CONTINUED})
    return document


@contextmanager
def _working(folder: Path) -> Iterator[Path]:
    """The folder of what is under way, which no other process enters.

    Its destination is the manifest, which is written whole at any end of a run: parts of files stay behind it.
    """
    places = {MANIFEST: folder / MANIFEST}
    # that the manifest is ours is seen when it is read
    with writing(folder), unfinished(places, "downloads", lambda _: None, overwrite=True) as work:
        yield work.path("")


def _with_digest(remote: Remote, manifest: Manifest) -> Remote:
    """A file that arrived once is known by its digest for ever."""
    entry = manifest.entries.get(remote.name)
    if remote.digest is not None or entry is None or entry.sha256 is None:
        return remote
    return replace(remote, digest=f"sha256:{entry.sha256}")


def _results(wanted: Sequence[Remote], folder: Path, work: Path, line: Line, connections: int) -> Iterator[Entry]:
    """What becomes of each file, as soon as it is known."""
    try:
        wanted = [resolve(each, line) if each.address.startswith(GIRDER) else each for each in wanted]
    except StoppedError:
        yield from (_waiting(each, line) for each in wanted)
        return
    _check_space(wanted, folder, work)
    queue = iter(wanted)
    if wanted:
        with bar(len(wanted), "Fetching", unit="file") as progress:
            get = partial(download, folder=folder, work=work, line=line)
            yield from _run(queue, get, line, connections, progress)
    yield from (_waiting(each, line) for each in queue)


def _run(
    queue: Iterator[Remote], get: Callable[..., Entry], line: Line, connections: int, progress: Any
) -> Iterator[Entry]:
    """Keep some downloads under way until there are no more, or the run is over."""
    traffic, spoiled = _Traffic(), 0
    with ThreadPoolExecutor(connections) as pool, _stopping(line):
        running: dict[Future[Entry], Remote] = {}
        while True:
            for remote in islice(queue, 0 if line.stopped else connections - len(running)):
                running[pool.submit(get, remote, arrived=traffic.add)] = remote
            if not running:
                return
            for future in wait(running, LOOK, FIRST_COMPLETED).done:
                entry = _result(future, running.pop(future), line)
                spoiled = spoiled + 1 if entry.status in SPOILED else 0
                progress.update(entry.status != WAITING)
                yield entry
            if spoiled >= SOUR + 2 * connections:
                line.stop(f"{spoiled} files in a row failed, the last with: {entry.error}")
            progress.set_postfix_str(str(traffic))


@contextmanager
def _stopping(line: Line) -> Iterator[None]:
    """End the downloads under way when the run ends early: the threads would wait for them."""
    try:
        yield
    except BaseException:
        line.stop("it was interrupted")
        raise


def _result(future: Future[Entry], remote: Remote, line: Line) -> Entry:
    try:
        return future.result()
    except StoppedError:
        return _waiting(remote, line)


def _waiting(remote: Remote, line: Line) -> Entry:
    """A file whose turn has not come."""
    return Entry(remote.name, remote.address, WAITING, error=line.reason)


def _check_space(wanted: Sequence[Remote], folder: Path, work: Path) -> None:
    """See that the disk holds what is to come, as far as that is known.

    Raises:
        InputError: if it does not.
    """
    needed, free = sum(remote.size or remote.about for remote in wanted), shutil.disk_usage(folder).free
    # what has arrived of a file is not to come any more, which only matters for the large ones
    needed -= sum(part.stat().st_size for each in wanted[:2] if (part := part_path(work, each.name)).exists())
    if needed > free:
        raise InputError(
            f"{len(wanted):,} files take about {needed / 1e6:,.1f} MB, but {folder} has {free / 1e6:,.1f} MB free; "
            "make room, or name a folder on another disk."
        )


class _Traffic:
    """Bytes that have come, counted by several threads."""

    def __init__(self) -> None:
        self._lock, self._bytes, self._start = Lock(), 0, time.monotonic()

    def add(self, count: int) -> None:
        with self._lock:
            self._bytes += count

    def __str__(self) -> str:
        rate = self._bytes / max(time.monotonic() - self._start, 1e-9)
        return f"{self._bytes / 1e6:,.1f} MB, {rate / 1e6:.1f} MB/s"


def _document(remotes: Sequence[Remote], wanted: Sequence[Remote], manifest: Manifest, line: Line) -> Document:
    """What there is now, and what is not there and why."""
    entries = [manifest.entries[remote.name] for remote in remotes]
    absent = [entry for entry in entries if entry.status != GOOD]
    return {
        "folder": str(manifest.folder),
        "manifest": str(manifest.path),
        "files": len(entries),
        "good": len(entries) - len(absent),
        "fetched": sum(manifest.entries[remote.name].status == GOOD for remote in wanted),
        "bytes": sum(entry.size or 0 for entry in entries if entry.status == GOOD),
        "reachable": not line.unreachable,
        "stopped": line.reason if any(entry.status == WAITING for entry in absent) else None,
        "absent": dict(Counter(entry.status for entry in absent)),
        "errors": [
            {"file": entry.file, "address": entry.address, "status": entry.status, "error": entry.error}
            for entry in absent
        ],
    }


def _check_addresses(path: Path, manifest: Manifest) -> None:
    """See that what lies in the place of the list of addresses is an earlier one, which may go.

    Raises:
        InputError: if it is somebody else's.
    """
    if not os.path.lexists(path):
        return
    with writing(path):
        ours = path.is_file() and not path.is_symlink() and _is_list(path, manifest.addresses)
    if not ours:
        raise InputError(f"{path} is there and is no list of downloads; move it away, or choose another folder.")


def _is_list(path: Path, addresses: Collection[str]) -> bool:
    """Whether every line is one of some addresses."""
    longest = max(map(len, addresses), default=0) + 2
    with path.open("rb") as stream:
        return all(
            line.decode("utf-8", "replace").rstrip("\n") in addresses
            for line in iter(lambda: stream.readline(longest), b"")
        )


def _write_addresses(path: Path, document: Document) -> None:
    """List the addresses of files that are worth another try, for programs such as wget."""
    rest = [each["address"] for each in document["errors"] if each["status"] not in ("missing", OCCUPIED)]
    if rest:
        write_text(path, "".join(f"{address}\n" for address in rest))
    else:
        path.unlink(missing_ok=True)
