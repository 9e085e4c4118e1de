"""Published data from its servers."""

from pathlib import Path
from typing import Literal

from slipher.verbs.answer import BAD_INPUT, Answer

__all__ = ["data_fetch"]


def data_fetch(
    what: Literal["archive", "spectra", "dust", "hayat"],
    *,
    out: Path | None = None,
    ids: str | None = None,
    base: str | None = None,
    connections: int = 4,
) -> Answer:
    """Fetch published data: images, spectra, dust maps; the exit status is 2 if a file is not there at the end.

    Every file is verified before it gets its name; manifest.jsonl in the folder says what became of each. The same
    command continues a killed run and fetches only what is not there. Proxies are taken from the environment.

    Args:
        what: archive (SDSS images of Pasquet et al. 2019, tens of GB), spectra (SDSS spec-lite, 0.2 MB each), dust
            (maps of SFD98, 134 MB) or hayat (validation set of Hayat et al. 2021)
        out: folder; downloads/WHAT if left out
        ids: specObjIDs of the spectra, as TABLE:COLUMN or a galaxy store
        base: mirror: for spectra the root of a Science Archive Server (in the place of https://data.sdss.org/sas),
            else the folder with the files
        connections: files at a time
    """
    from slipher.survey.fetch.choose import choose
    from slipher.survey.fetch.fetch import fetch
    from slipher.survey.fetch.text import fetch_text

    document = fetch(choose(what, ids, base), out or Path("downloads") / what, connections)
    return Answer(fetch_text(document), document, 0 if document["good"] == document["files"] else BAD_INPUT)
