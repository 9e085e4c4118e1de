"""Where a Girder server keeps the one file of an item, its size and digest.

An item's download does not honour Range, that of its file does (Girder's REST interface: `item/ID/files` lists the
files with _id, size and, on most servers, sha512; `file/ID/download`), and an archive of tens of gigabytes must resume.
"""

import json
from dataclasses import replace
from itertools import islice
from typing import Any

from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.line import Line, RefusedError, StoppedError
from slipher.survey.fetch.persist import GaveUpError, persist

__all__ = ["resolve"]

LONGEST = 16
"""Pieces of an answer; a list of one file is in the first."""


def resolve(remote: Remote, line: Line) -> Remote:
    """The file itself in the place of its item; the item again if the server does not answer as documented.

    Raises:
        StoppedError: if the run is over, for one since the server cannot be reached.
    """
    item = remote.address.removesuffix("/download")
    answer = bytearray()

    def ask() -> None:
        answer.clear()
        with line.get(f"{item}/files") as reply:
            answer.extend(b"".join(islice(reply.chunks, LONGEST)))

    try:
        persist(line, ask)
        (file,) = json.loads(bytes(answer))
        return _located(remote, item.rsplit("/item/", 1)[0], file)
    except GaveUpError as error:
        if isinstance(error.last, RefusedError):
            return remote
        # the item's address would start over what the file's can continue
        line.stop(f"{item}/files: {error}")
        raise StoppedError from error
    except (ValueError, KeyError, TypeError):
        return remote


def _located(remote: Remote, root: str, file: dict[str, Any]) -> Remote:
    digest = f"sha512:{file['sha512']}" if file.get("sha512") else remote.digest
    return replace(remote, address=f"{root}/file/{file['_id']}/download", size=int(file["size"]), digest=digest)
