"""What a run of downloads has to say, in one sentence."""

import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slipher.survey.fetch.fetch import URLS

__all__ = ["fetch_text"]

Document = dict[str, Any]
FEW = 3
"""So many addresses have room in a sentence."""
WORDS = {
    "missing": "not on the server",
    "refused": "refused by it",
    "bad": "damaged, or something else, as it sends them",
    "failed": "broken off each time",
    "waiting": "not tried",
    "occupied": "kept from their places by other files of yours",
}


def fetch_text(document: Document) -> str:
    """The folder if all files are there; else one sentence: how many are not, why, and what to do."""
    count, absent, folder = document["files"], document["files"] - document["good"], document["folder"]
    if absent == 0:
        return f"{_files(count)}, {document['bytes'] / 1e6:,.1f} MB, {document['fetched']:,} of them new\n{folder}"
    reasons = ", ".join(f"{number:,} {WORDS[status]}" for status, number in document["absent"].items())
    return (
        f"{_why_stopped(document)}{absent:,} of {_files(count)} {'is' if count == 1 else 'are'} not in "
        f"{folder} ({reasons}; {document['manifest']} says why for each); {_advice(document)}."
    )


def _why_stopped(document: Document) -> str:
    """Why the run ended before its time, if it did."""
    if document["stopped"] is None:
        return ""
    hosts = sorted({urlsplit(each["address"]).netloc for each in document["errors"] if each["status"] == "waiting"})
    what = f"{' and '.join(hosts)} cannot be reached" if not document["reachable"] else "the run ended early"
    return f"{what} ({document['stopped']}): "


def _advice(document: Document) -> str:
    occupied = [
        str(Path(document["folder"]) / each["file"]) for each in document["errors"] if each["status"] == "occupied"
    ]
    rest = [each for each in document["errors"] if each["status"] not in ("missing", "occupied")]
    if not rest and not occupied:
        return "there is nothing more to fetch"
    away = f"move {_few(occupied)} away: " if occupied else ""
    brought = f", and verifies what you bring by other means: {_by_other_means(document, rest)}" if rest else ""
    return f"{away}the same command tries again{brought}"


def _few(paths: list[str]) -> str:
    """The first of many."""
    return ", ".join(paths[:FEW]) + (f" and {len(paths) - FEW:,} more" if len(paths) > FEW else "")


def _by_other_means(document: Document, rest: list[dict[str, str]]) -> str:
    """Where to get files without this program, and where to put them."""
    folder = Path(document["folder"])
    if len(rest) <= FEW:
        return ", ".join(f"{each['address']} as {folder / each['file']}" for each in rest)
    first = rest[0]
    depth = len(urlsplit(first["address"]).path.strip("/").split("/")) - len(Path(first["file"]).parts)
    where, urls = shlex.quote(str(folder)), shlex.quote(str(folder / URLS))
    return (
        f"{len(rest):,} addresses like {first['address']} (as {folder / first['file']}) are in {folder / URLS} for "
        f"wget -c -x -nH --cut-dirs={depth} -P {where} -i {urls}"
    )


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
