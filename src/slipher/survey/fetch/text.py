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
    "bad": "damaged or something else as it sends them",
    "failed": "broken off again and again",
    "waiting": "not tried",
}


def fetch_text(document: Document) -> str:
    """The folder if all files are there; else how many are not, why, and what to do."""
    folder, count = document["folder"], document["files"]
    if document["good"] == count:
        return f"{_files(count)}, {document['bytes'] / 1e6:,.1f} MB, {document['fetched']:,} of them new\n{folder}"
    reasons = ", ".join(f"{count:,} {WORDS[status]}" for status, count in document["absent"].items())
    sentence = f"{count - document['good']:,} of {_files(count)} are not in {folder} ({reasons}"
    return f"{sentence}{_why_stopped(document)}), as {document['manifest']} says of each; {_advice(document)}"


def _why_stopped(document: Document) -> str:
    """Why the run ended before its time, if it did."""
    if document["reachable"]:
        return f": {document['stopped']}" if document["stopped"] else ""
    hosts = sorted({urlsplit(each["address"]).netloc for each in document["errors"] if each["status"] == "waiting"})
    return f": {', '.join(hosts)} cannot be reached, {document['stopped']}"


def _advice(document: Document) -> str:
    rest = [each for each in document["errors"] if each["status"] != "missing"]
    if not rest:
        return "there is nothing more to fetch."
    return f"the same command tries again, or verifies them if you {_by_other_means(document, rest)}."


def _by_other_means(document: Document, rest: list[dict[str, str]]) -> str:
    """Where to get files without this program, and where to put them."""
    folder = Path(document["folder"])
    if len(rest) <= FEW:
        return "bring " + " and ".join(f"{each['address']} as {folder / each['file']}" for each in rest)
    first = rest[0]
    depth = len(urlsplit(first["address"]).path.strip("/").split("/")) - len(Path(first["file"]).parts)
    where, urls = shlex.quote(str(folder)), shlex.quote(str(folder / URLS))
    return (
        f"bring those that {folder / URLS} lists, such as {first['address']} as {folder / first['file']} "
        f"(wget -c -x -nH --cut-dirs={depth} -P {where} -i {urls})"
    )


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
