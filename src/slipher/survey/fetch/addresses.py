"""What there is to fetch, and from where.

No address was called up when this was written; beside each stands which text says so. A mirror takes their place by
``base``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from slipher.errors import InputError
from slipher.formats.tables import listed
from slipher.survey.dustmaps import MAPS
from slipher.survey.spectra.specobj import SpectrumNames, decode, run2d_name

__all__ = ["GIRDER", "KINDS", "PATTERN", "Remote", "published", "spectra"]


@dataclass(frozen=True, slots=True)
class Remote:
    """One file to be fetched."""

    name: str
    """Where it belongs, relative to the folder."""
    address: str
    kind: str
    """Its format, by which it is verified: fits, npz or hdf5."""
    size: int | None = None
    """Bytes, where they are published."""
    digest: str | None = None
    """ALGORITHM:HEX, where it is known."""
    about: int = 0
    """Bytes that such a file takes, for the disk, where the size is not published."""
    most: int = 100_000_000_000
    """Bytes that no such file has: where the size is not published, more are not taken."""
    shape: tuple[int, int] | None = None
    """Rows and columns of the image in a FITS file, where they are known."""

    @property
    def limit(self) -> int:
        """Bytes that are taken at most."""
        return self.most if self.size is None else min(self.size, self.most)


GIRDER = "https://deepdip.iap.fr/api/v1"
"""The archive's server. The page of Dey et al. (2022), biprateep.de/encapZulate-1, names item 60ef1e05be2b8ebb048d951d
of deepdip.iap.fr, a Girder; `api/v1` and `item/ID/download` are those of every Girder (its documentation and source),
not stated for this one. Neither size nor digest is published."""
ARCHIVE = Remote("sdss.npz", f"{GIRDER}/item/60ef1e05be2b8ebb048d951d/download", "npz")
DUST = tuple(
    # github.com/kbarbary/sfddata is where sfdmap's manual sends its users; the path under raw/master and the size (the
    # same for both) are from a program that downloads them. The publication itself is doi:10.7910/DVN/EWCNL5.
    Remote(name, f"https://github.com/kbarbary/sfddata/raw/master/{name}", "fits", 67_115_520, shape=(4096, 4096))
    for name in MAPS
)
HAYAT = Remote(
    # README of github.com/mahayat/ssl-sky-surveys, word for word; neither size nor digest is published
    "sdss_w_specz_valid.h5",
    "https://portal.nersc.gov/project/dasrepo/self-supervised-learning-sdss/datasets/sdss_w_specz_valid.h5",
    "hdf5",
)
KINDS: dict[str, tuple[Remote, ...]] = {"archive": (ARCHIVE,), "dust": DUST, "hayat": (HAYAT,)}

SAS = "https://data.sdss.org/sas"
"""SDSS's Science Archive Server, which serves all releases."""
TREES = {
    **dict.fromkeys(("26", "103", "104"), "dr17/sdss"),
    "v5_4_45": "dr9/boss",
    "v5_5_12": "dr10/boss",
    "v5_7_0": "dr12/boss",
    "v5_7_2": "dr12/boss",
    "v5_9_0": "dr13/eboss",
    "v5_10_0": "dr14/eboss",
    "v5_13_0": "dr16/eboss",
    "v5_13_2": "dr17/eboss",
}
"""Where the Science Archive Server keeps each reduction (sdss4.org/dr17/spectro/spectro_access, sdss.org/dr12 and many
programs that download spectra). Of v5_7_2 and v5_9_0 only the folder is on record, not its spectra/lite, and of v5_4_45
and v5_5_12 only under the server's former name data.sdss3.org."""
PATTERN = "{base}/{tree}/spectro/redux/{run2d}/spectra/lite/{plate:04d}/{name}"
"""SDSS data model, spec-lite; the folders from the server's name down to the plate's are eight."""
SPECTRUM = 250_000
"""Bytes of the largest spec-lite files (141,120 to 218,880 in those seen)."""
MOST_SPECTRUM = 10_000_000
"""Bytes that no spectrum has, were it served with all its exposures."""


def published(kind: str, base: str | None = None) -> list[Remote]:
    """The files of one kind.

    Args:
        kind: archive, dust or hayat.
        base: folder of a mirror with the same files under the same names.
    """
    files = KINDS[kind]
    if base is None:
        return list(files)
    return [
        Remote(file.name, f"{base.rstrip('/')}/{file.name}", file.kind, file.size, shape=file.shape) for file in files
    ]


def spectra(ids: Shaped[np.ndarray, "spectra"], base: str | None = None) -> list[Remote]:
    """The spec-lite files of specObjIDs, each once, in the folders of their plates as on the server.

    Args:
        ids: specObjIDs, whole numbers or text.
        base: root of a mirror of the Science Archive Server, in the place of https://data.sdss.org/sas.

    Raises:
        InputError: if an identifier is no specObjID, or there is none.
    """
    ids = np.unique(ids)
    names = decode(ids)
    versions = [run2d_name(int(number)) for number in names.run2d]
    _check(ids, names, versions)
    root = (base or SAS).rstrip("/")
    rows = zip(names.plate.tolist(), names.mjd.tolist(), names.fiber.tolist(), versions, strict=True)
    return list({file.name: file for file in (_spectrum(root, *row) for row in rows)}.values())


def _check(ids: Shaped[np.ndarray, "spectra"], names: SpectrumNames, versions: Sequence[str]) -> None:
    """See that there are identifiers and that all name spectra on the server."""
    if len(ids) == 0:
        raise InputError("there is no specObjID in the list; name a column or a store that has some.")
    bad = ids[~names.plausible]
    if len(bad):
        raise InputError(
            f"{len(bad):,} of {len(ids):,} identifiers are no specObjIDs, {bad[0]} for one; name the column of "
            "specObjIDs, as whole numbers or text (floating point cannot hold their 19 digits)."
        )
    unknown = sorted(set(versions) - set(TREES))
    if unknown:
        first = ids[versions.index(unknown[0])]
        raise InputError(
            f"specObjID {first} is of reduction {unknown[0]}, which the Science Archive Server is not known to keep; "
            f"give identifiers of {listed(TREES)}."
        )


def _spectrum(root: str, plate: int, mjd: int, fiber: int, run2d: str) -> Remote:
    """One spec-lite file."""
    name = f"spec-{plate:04d}-{mjd:05d}-{fiber:04d}.fits"
    address = PATTERN.format(base=root, tree=TREES[run2d], run2d=run2d, plate=plate, name=name)
    return Remote(f"{plate:04d}/{name}", address, "fits", about=SPECTRUM, most=MOST_SPECTRUM)
