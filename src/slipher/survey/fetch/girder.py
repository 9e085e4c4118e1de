"""Where a Girder server keeps the one file of an item, its size and digest.

An item's download does not honour Range, that of its file does (Girder's REST interface: `item/ID/files` lists the
files with _id, size and, on most servers, sha512; `file/ID/download`), and an archive of tens of gigabytes must resume.
"""

import json
import re
from dataclasses import replace
from itertools import islice
from typing import Any

from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.line import Line, RefusedError, StoppedError
from slipher.survey.fetch.persist import GaveUpError, persist

__all__ = ["resolve"]

LONGEST = 16
"""Pieces of an answer; a list of one file is in the first."""
NAME = re.compile("[0-9A-Za-z]{1,64}")
SHA512 = re.compile("[0-9A-Fa-f]{128}")


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
    except (ValueError, KeyError, TypeError, RecursionError):
        return remote


def _located(remote: Remote, root: str, file: dict[str, Any]) -> Remote:
    """What the list says of the file.

    Raises:
        KeyError, TypeError, ValueError: if it is no such list.
    """
    name, size, digest = file["_id"], file["size"], file.get("sha512") or None
    if (
        not NAME.fullmatch(name)
        or type(size) is not int
        or size <= 0
        or not (digest is None or SHA512.fullmatch(digest))
    ):
        raise ValueError("not as documented")
    known = remote.digest if digest is None else f"sha512:{digest.lower()}"
    return replace(remote, address=f"{root}/file/{name}/download", size=size, digest=known)
