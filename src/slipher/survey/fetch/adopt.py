"""What lies in the folder already: brought by other means, or by a run that was killed before it noted it."""

import os
from collections.abc import Sequence
from pathlib import Path

from slipher.files import content_of, writing
from slipher.progress import track
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.manifest import GOOD, Entry, Manifest
from slipher.survey.fetch.structure import flaw

__all__ = ["OCCUPIED", "adopt"]

OCCUPIED = "occupied"


def adopt(remotes: Sequence[Remote], manifest: Manifest) -> set[str]:
    """Note what lies at the files' names, though the manifest does not say so: the file, or something else that stays.

    Returns:
        The names at which something lies.
    """
    found = [each for each in remotes if not manifest.has(each.name) and os.path.lexists(manifest.folder / each.name)]
    for remote in track(found, "Verifying what is there", unit="file") if found else ():
        with writing(manifest.folder / remote.name):
            manifest.note(_looked_at(manifest.folder / remote.name, remote))
    return {remote.name for remote in found}


def _looked_at(path: Path, remote: Remote) -> Entry:
    """What lies at a file's name."""
    problem = _problem(path, remote)
    if problem is None:
        return Entry(remote.name, remote.address, GOOD, path.stat().st_size, content_of(path))
    return Entry(
        remote.name, remote.address, OCCUPIED, error=f"what lies there is not the file: {problem}; move it away"
    )


def _problem(path: Path, remote: Remote) -> str | None:
    """What is wrong with a file by all that is known of it."""
    if not path.is_file():
        return "it is a folder, a broken link or a device"
    size = path.stat().st_size
    if size > remote.limit or (remote.size is not None and size != remote.size):
        return f"it has {size:,} bytes, not {'' if remote.size is not None else 'at most '}{remote.limit:,}"
    algorithm, _, known = (remote.digest or "").partition(":")
    if known and content_of(path, algorithm) != known:
        return f"its {algorithm} digest is not the one that is known"
    return flaw(path, remote.kind, remote.shape)
