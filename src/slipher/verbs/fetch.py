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

    Every file is verified before it gets its name, and what lies there already stays; manifest.jsonl in the folder says
    what became of each. The same command continues a killed run and fetches only what is not there. Proxies are taken
    from the environment. The archive takes tens of GB, the dust maps 134 MB, a spectrum 0.2 MB (more than 10 MB are
    not taken).

    Args:
        what: archive (images of Pasquet et al.), spectra (SDSS spec-lite), dust (SFD98) or hayat (its validation set)
        out: folder; downloads/WHAT if left out
        ids: specObjIDs of the spectra, as TABLE:COLUMN or a galaxy store
        base: mirror: folder with the files; for spectra, what stands for https://data.sdss.org/sas
        connections: files at a time
    """
    from slipher.survey.fetch.choose import choose
    from slipher.survey.fetch.fetch import fetch
    from slipher.survey.fetch.text import fetch_text

    document = fetch(choose(what, ids, base), out or Path("downloads") / what, connections)
    return Answer(fetch_text(document), document, 0 if document["good"] == document["files"] else BAD_INPUT)
