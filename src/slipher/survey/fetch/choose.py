"""The files that a user asks for by a word."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from slipher.errors import InputError
from slipher.formats.identifiers import identifiers
from slipher.formats.tables import column
from slipher.progress import say
from slipher.survey.fetch.addresses import KINDS, Remote, published, spectra
from slipher.survey.fetch.locator import UnfitError, fit
from slipher.survey.store import open_store

__all__ = ["choose"]


def choose(what: str, ids: str | None = None, base: str | None = None) -> list[Remote]:
    """The files of one kind.

    Args:
        what: archive, spectra, dust or hayat.
        ids: specObjIDs of the spectra: TABLE:COLUMN, or a galaxy store whose identifiers they are.
        base: a mirror, as in `addresses`.

    Raises:
        InputError: if there is no such kind, or the identifiers are lacking, superfluous or none.
    """
    if base is not None:
        _check_base(base)
    if what == "spectra":
        if ids is None:
            raise InputError("which spectra is not said; give --ids TABLE:COLUMN or --ids STORE.")
        return spectra(_read_ids(ids), base)
    if what not in KINDS:
        raise InputError(f"{what!r} is not known; there are spectra, {', '.join(KINDS)}.")
    if ids is not None:
        raise InputError(f"--ids choose spectra, but {what} comes whole; leave them out.")
    return published(what, base)


def _check_base(base: str) -> None:
    """See that the addresses of files can begin with what a user gives.

    Raises:
        InputError: if they cannot.
    """
    try:
        fit(base)
    except UnfitError as error:
        remedy = "a name and password belong in ~/.netrc" if "@" in base else "give one such as https://server/folder"
        raise InputError(f"--base is {error}; {remedy}.") from error
    if "?" in base or "#" in base:
        raise InputError(
            f"--base {base} ends in what cannot stand before a file's name; leave out ? and # and the rest."
        )


def _read_ids(source: str) -> Shaped[np.ndarray, "spectra"]:
    """SpecObjIDs as whole numbers or text.

    Raises:
        InputError: if there is no such file or column, or it holds floats, which cannot hold them.
    """
    file, colon, name = source.rpartition(":")
    if not colon or Path(source).exists():
        return np.asarray(open_store(source).id)
    ids = identifiers(column(file, name))
    if ids.missing is not None:
        say(
            f"{ids.missing.sum():,} of {len(ids):,} rows of {file} have no {name}, and no spectrum is fetched for them."
        )
    return np.asarray(ids.values[~ids.lacking])
