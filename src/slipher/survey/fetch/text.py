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
    rest = [each for each in document["errors"] if each["status"] != "missing"]
    if not rest:
        return "there is nothing more to fetch"
    return (
        f"the same command tries again, and verifies what you bring by other means: {_by_other_means(document, rest)}"
    )


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
