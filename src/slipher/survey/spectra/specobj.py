"""SDSS's names of spectra: specObjID, and plate, MJD and fibre; field, MJD and catalogid in SDSS-V.

A specObjID packs into 64 bits, from the highest: plate 14, fibre 12, MJD − 50000 14, version of the reduction 14, and
10 that are zero (SDSS data release 8 and later).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int64, Shaped

__all__ = ["FIBRE_DIGITS", "SpectrumNames", "decode", "encode", "name_of_file", "run2d_name", "run2d_number"]

FIRST_MJD, LAST_MJD = 51000, 60000
"""Spectra of SDSS-I to eBOSS were observed between these days; other numbers in their place are no days."""
MOST_FIBRES = 1000
PLAIN = (26, 103, 104)
"""Reductions of SDSS-I/II spectra (legacy, SEGUE-1, SEGUE-2), which go by a number."""
FILE = re.compile(r"spec-(?:lite-)?(\d{4,6}|allepoch)-(\d{5})-(\d{4,18})\.fits(?:\.gz|\.bz2)?")
FIBRE_DIGITS = 4
"""A catalogid of SDSS-V has more."""


@dataclass(frozen=True, eq=False)
class SpectrumNames:
    """Plate, MJD and fibre of some spectra."""

    plate: Int64[np.ndarray, "spectra"]
    """The field in SDSS-V, 0 if it adds up all its epochs."""
    mjd: Int64[np.ndarray, "spectra"]
    """Modified Julian date of the observation, days."""
    fiber: Int64[np.ndarray, "spectra"]
    """The catalogid in SDSS-V."""
    run2d: Int64[np.ndarray, "spectra"]
    """Version of the reduction as a number; see `run2d_name`."""

    @property
    def plausible(self) -> Bool[np.ndarray, "spectra"]:
        """Which can be names of spectra."""
        night = (self.mjd > FIRST_MJD) & (self.mjd < LAST_MJD)
        return np.asarray(night & (self.plate > 0) & (self.fiber > 0) & (self.fiber <= MOST_FIBRES))

    @property
    def key(self) -> Int64[np.ndarray, "spectra"]:
        """Plate, MJD and fibre as one number; −1 where the three can be no name."""
        return np.asarray(np.where(self.plausible, (self.plate << 32) | (self.mjd << 12) | self.fiber, -1))

    @property
    def catalogid(self) -> Int64[np.ndarray, "spectra"]:
        """SDSS-V's number of the target; −1 for spectra of plates."""
        return np.asarray(np.where(self.fiber >= 10**FIBRE_DIGITS, self.fiber, -1))


def decode(ids: Shaped[np.ndarray, "spectra"]) -> SpectrumNames:
    """What specObjIDs stand for.

    Args:
        ids: whole numbers, signed or unsigned (the plates of BOSS fill the sign bit), or their decimal text; a text
            that is no number counts as 0, which no spectrum has.
    """
    bits = _unsigned(ids)
    plate, fiber, mjd, run2d = (
        ((bits >> np.uint64(shift)) & np.uint64((1 << width) - 1)).astype(np.int64)
        for shift, width in ((50, 14), (38, 12), (24, 14), (10, 14))
    )
    return SpectrumNames(plate, mjd + 50000, fiber, run2d)


def encode(plate: int, mjd: int, fiber: int, run2d: str) -> int:
    """The specObjID of a spectrum.

    Args:
        plate: below 16384.
        mjd: modified Julian date, days.
        fiber: below 4096.
        run2d: version of the reduction, such as "26" or "v5_7_0".
    """
    return plate << 50 | fiber << 38 | (mjd - 50000) << 24 | run2d_number(run2d) << 10


def run2d_number(name: str) -> int:
    """The number of a reduction: "26" is 26, "vN_M_P" is (N − 5)·10000 + M·100 + P.

    Raises:
        ValueError: if it is written otherwise.
    """
    found = re.fullmatch(r"v(\d+)_(\d+)_(\d+)", name)
    if found is None:
        return int(name)
    major, minor, patch = map(int, found.groups())
    return (major - 5) * 10000 + minor * 100 + patch


def run2d_name(number: int) -> str:
    """The name of a reduction; the inverse of `run2d_number`."""
    if number in PLAIN:
        return str(number)
    major, rest = divmod(number, 10000)
    return f"v{major + 5}_{rest // 100}_{rest % 100}"


def name_of_file(path: Path) -> tuple[int, int, int] | None:
    """Plate, MJD and fibre from a file's name, or field, MJD and catalogid; None if it is called otherwise.

    spec-PLATE-MJD-FIBER.fits, with SDSS-V spec-FIELD-MJD-CATALOGID.fits or spec-allepoch-MJD-CATALOGID.fits; also with
    lite, .gz or .bz2.
    """
    found = FILE.fullmatch(path.name)
    if found is None:
        return None
    return int(found[1]) if found[1].isdigit() else 0, int(found[2]), int(found[3])


def _unsigned(ids: Shaped[np.ndarray, "spectra"]) -> Shaped[np.ndarray, "spectra"]:
    """Identifiers as 64 bits without sign."""
    if ids.dtype.kind in "iu":
        return ids.astype(np.int64).view(np.uint64) if ids.dtype.kind == "i" else ids.astype(np.uint64)
    texts = [each.strip() for each in ids.astype(str).tolist()]
    most = np.iinfo(np.uint64).max
    numbers = [int(each) if each.isascii() and each.isdigit() else 0 for each in texts]
    return np.array([number if number <= most else 0 for number in numbers], np.uint64)
