"""One file: every byte once, in order, verified before it gets its name."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from slipher.errors import InputError
from slipher.files import give_name, writing
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.line import BrokenError, Line, RefusedError, Reply
from slipher.survey.fetch.manifest import GOOD, Entry
from slipher.survey.fetch.partial import Origin, Partial, part_path
from slipher.survey.fetch.persist import GaveUpError, TooMuchError, WrongError, persist
from slipher.survey.fetch.structure import flaw

__all__ = ["download"]

NUMBER = "([0-9]{1,18})"
CONTENT_RANGE = re.compile(f"bytes {NUMBER}-{NUMBER}/{NUMBER}")
CONTENT_LENGTH = re.compile(NUMBER)
GONE = (404, 410)


def download(remote: Remote, folder: Path, work: Path, line: Line, arrived: Callable[[int], None]) -> Entry:
    """Bring one file into a folder, continuing what an earlier attempt or run has left.

    Args:
        remote: the file.
        folder: of all files.
        work: where the parts of files lie, in a folder that is this process's alone.
        line: the connection.
        arrived: is told how many bytes came.

    Returns:
        What became of it; the file lies at its place if that is good, and nothing does if it is not.

    Raises:
        InputError: if it cannot be written, or somebody else writes there meanwhile.
        StoppedError: if the run is over.
    """
    path = folder / remote.name
    with writing(path):
        _check_folder(path.parent, folder)
        partial = Partial(part_path(work, remote.name), _algorithms(remote))
        try:
            entry = _download(remote, partial, line, arrived)
            if entry.status == GOOD:
                path.parent.mkdir(parents=True, exist_ok=True)
                give_name(partial.path, path, None)
                partial.clear()
            return entry
        finally:
            if not partial.can_continue:
                partial.clear()


def _check_folder(parent: Path, folder: Path) -> None:
    """See that the folder in which a file belongs is none of another place.

    Raises:
        InputError: if it is, or no folder.
    """
    if (parent != folder and parent.is_symlink()) or (parent.exists() and not parent.is_dir()):
        raise InputError(f"{parent} is a link or no folder, and nothing is written there; move it away.")


def _download(remote: Remote, partial: Partial, line: Line, arrived: Callable[[int], None]) -> Entry:
    def attempt() -> None:
        if not partial.whole:
            _receive(remote, partial, line, arrived)
        _verify(remote, partial)

    try:
        attempts = persist(line, attempt, lambda: partial.size)
    except GaveUpError as error:
        status = _status(error.last)
        if status != "failed":
            partial.clear()
        return Entry(remote.name, remote.address, status, attempts=error.attempts, error=str(error))
    return Entry(remote.name, remote.address, GOOD, partial.size, partial.hex("sha256"), attempts)


def _status(error: Exception) -> str:
    """What an error that cannot be helped makes of a file."""
    if isinstance(error, RefusedError):
        return "missing" if error.status in GONE else "refused"
    return "bad" if isinstance(error, WrongError | TooMuchError) else "failed"


def _receive(remote: Remote, partial: Partial, line: Line, arrived: Callable[[int], None]) -> None:
    """Ask for what is missing, and take it."""
    with line.get(remote.address, _continuation(partial)) as reply:
        origin = _origin(remote, reply)
        if not _continues(reply, partial, origin):
            partial.begin(origin)
            _check_start(remote, reply, partial)
        _check_size(remote, partial, origin)
        _check_space(partial, origin)
        try:
            _take(remote, reply, partial, arrived)
        except BrokenError as error:
            of = f" of {origin.total:,}" if origin.total is not None else ""
            raise type(error)(f"{error} after {partial.size:,}{of} bytes") from error


def _take(remote: Remote, reply: Reply, partial: Partial, arrived: Callable[[int], None]) -> None:
    """Keep the bytes as they come, up to what the file can have."""
    with partial.growing() as stream:
        for chunk in reply.chunks:
            if partial.size + len(chunk) > remote.limit:
                raise TooMuchError(_too_much(remote, f"more than {partial.size:,} bytes"))
            partial.add(stream, chunk)
            arrived(len(chunk))
    if partial.origin and partial.origin.total not in (None, partial.size):
        raise BrokenError("the connection ended")


def _continuation(partial: Partial) -> dict[str, str]:
    """The header lines that ask for the rest, if that can be told from the rest of another file."""
    origin = partial.origin
    if origin is None or not partial.can_continue:
        return {}
    condition = {"If-Range": origin.validator} if origin.validator else {}
    return {"Range": f"bytes={partial.size}-", **condition}


def _origin(remote: Remote, reply: Reply) -> Origin:
    """What an answer is a part of."""
    ranged = CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    length = CONTENT_LENGTH.fullmatch(reply.headers.get("Content-Length", ""))
    total = ranged[3] if ranged else length[1] if length else None
    tag = reply.headers.get("ETag", "")
    validator = tag if tag.startswith('"') else reply.headers.get("Last-Modified")
    return Origin(remote.address, validator, int(total) if total else None)


def _continues(reply: Reply, partial: Partial, origin: Origin) -> bool:
    """Whether the answer begins where the part ends, and belongs to the same file."""
    ranged = CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    if ranged is None or partial.origin is None or int(ranged[1]) != partial.size:
        return False
    same = origin.validator in (None, partial.origin.validator)
    return same and partial.origin.total in (None, origin.total)


def _check_start(remote: Remote, reply: Reply, partial: Partial) -> None:
    """See that an answer that does not continue begins at the beginning, with the bytes as they are.

    Raises:
        BrokenError: if it does not; nothing is left, so that the next attempt starts over.
    """
    if reply.status != 200 or "Content-Range" in reply.headers:
        partial.clear()
        raise BrokenError("the server does not continue where the connection ended")
    if reply.headers.get("Content-Encoding", "identity") != "identity":
        partial.clear()
        raise BrokenError("the server sends it compressed, though asked not to")


def _check_size(remote: Remote, partial: Partial, origin: Origin) -> None:
    """See that the file has the size that it should, as far as the server says.

    Raises:
        TooMuchError: if it has more than such a file can have.
        WrongError: if it has another.
    """
    if origin.total is not None and origin.total > remote.limit:
        raise TooMuchError(_too_much(remote, f"{origin.total:,} bytes"))
    if origin.total is not None and remote.size is not None and origin.total != remote.size:
        partial.clear()
        raise WrongError(f"the server has {origin.total:,} bytes of it, not {remote.size:,}")


def _too_much(remote: Remote, what: str) -> str:
    if remote.size is not None:
        return f"the server has {what} of it, not {remote.size:,}"
    return f"the server has {what} of it, but such a file has at most {remote.limit:,}"


def _check_space(partial: Partial, origin: Origin) -> None:
    """See that the disk holds what is to come.

    Raises:
        InputError: if it does not.
    """
    free = shutil.disk_usage(partial.path.parent).free
    if origin.total is not None and origin.total - partial.size > free:
        raise InputError(
            f"{partial.path.parent} has {free / 1e6:,.1f} MB free, but {origin.total - partial.size:,} bytes are still "
            "to come; make room, or name a folder on another disk."
        )


def _verify(remote: Remote, partial: Partial) -> None:
    """See that what arrived is the file; what is not is removed.

    Raises:
        WrongError: if it is not.
    """
    problem = _wrong_digest(remote, partial) or flaw(partial.path, remote.kind, remote.shape)
    if problem:
        partial.clear()
        raise WrongError(problem)


def _wrong_digest(remote: Remote, partial: Partial) -> str | None:
    if remote.digest is None:
        return None
    algorithm, _, known = remote.digest.partition(":")
    return None if partial.hex(algorithm) == known else f"its {algorithm} digest is not the one that is known"


def _algorithms(remote: Remote) -> tuple[str, ...]:
    """The digests to be computed: the manifest's, and the one that is known beforehand."""
    return tuple({"sha256", *((remote.digest.partition(":")[0],) if remote.digest else ())})
