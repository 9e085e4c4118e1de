"""Files that lie in the folder already: brought by other means, or by a run that was killed before it noted them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from slipher.progress import say, track
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.manifest import GOOD, Entry, Manifest
from slipher.survey.fetch.structure import flaw

__all__ = ["adopt"]


def adopt(remotes: Sequence[Remote], manifest: Manifest) -> None:
    """Note every file that is there and whole, though the manifest does not say so; others are fetched."""
    found = [remote for remote in remotes if not manifest.has(remote.name) and _path(remote, manifest).is_file()]
    if not found:
        return
    for remote in track(found, "Verifying what is there", unit="file"):
        path = _path(remote, manifest)
        sha256, problem = _digest(path, "sha256"), _problem(path, remote)
        if problem is None:
            manifest.note(Entry(remote.name, remote.address, GOOD, path.stat().st_size, sha256))
        else:
            say(f"{path} is not whole ({problem}); it is fetched again.")


def _path(remote: Remote, manifest: Manifest) -> Path:
    return manifest.folder / remote.name


def _problem(path: Path, remote: Remote) -> str | None:
    """What is wrong with a file by all that is known of it."""
    size = path.stat().st_size
    if remote.size is not None and size != remote.size:
        return f"it has {size:,} bytes, {remote.size:,} are published"
    algorithm, _, known = (remote.digest or "").partition(":")
    if known and _digest(path, algorithm) != known:
        return f"its {algorithm} digest is not the one that is known"
    return flaw(path, remote.kind, remote.shape)


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()
