"""The samples of the SDSS main galaxy sample that publications cut from one archive, with their published counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from slipher.errors import InputError

__all__ = ["PAPER_TEST", "PAPER_VALIDATION", "SAMPLES", "Sample", "chosen", "counted"]

PAPER_TEST, PAPER_VALIDATION = 121_543, 20_000
"""Galaxies that the paper tests on (20 % of its sample) and validates on."""
UNMEASURED = -9000.0
"""SDSS writes −9999 for what it could not measure."""


@dataclass(frozen=True)
class Sample:
    """Limits that a galaxy must keep; None where there is none."""

    words: str
    """What is asked for, in words."""
    published: int
    """Number of galaxies that the publication counts."""
    petro: float | None = None
    """Upper limit, exclusive, of petroMag_r."""
    dered_petro: float | None = None
    """Upper limit, inclusive, of dered_petro_r."""
    redshift: float | None = None
    """Upper limit, inclusive, of z."""
    primtarget: int | None = None
    """Lower limit, inclusive, of primtarget: 64 is the bit of the main galaxy sample."""

    def of(self, columns: Mapping[str, Float64[np.ndarray, "galaxies"]]) -> Bool[np.ndarray, "galaxies"]:
        """Which galaxies are in the sample; what is unknown (NaN, −9999) keeps no limit.

        Args:
            columns: z, dered_petro_r, extinction_r, primtarget, and petroMag_r where the catalogue has it.
        """
        dered, redshift = columns["dered_petro_r"], columns["z"]
        petro = columns.get("petroMag_r", dered + columns["extinction_r"])
        inside = np.ones(len(redshift), bool)
        if self.petro is not None:
            inside &= (petro < self.petro) & (petro > UNMEASURED)
        if self.dered_petro is not None:
            inside &= (dered <= self.dered_petro) & (dered > UNMEASURED)
        if self.redshift is not None:
            inside &= redshift <= self.redshift
        if self.primtarget is not None:
            inside &= columns["primtarget"] >= self.primtarget
        return inside


SAMPLES = {
    "all": Sample("every galaxy of the archive", 659_857),
    "paper": Sample("petroMag_r < 17.77 and z <= 0.4", 607_712, petro=17.77, redshift=0.4),
    "pasquet": Sample(
        "dered_petro_r <= 17.8, z <= 0.4 and primtarget >= 64",
        516_525,
        dered_petro=17.8,
        redshift=0.4,
        primtarget=64,
    ),
}
"""The whole archive; the sample of the paper (section 4); that of Pasquet et al. (2019) and Dey et al. (2022)."""


def counted(name: str, count: int, archive: int) -> str:
    """How many galaxies a sample has, held against the published count, in words."""
    sample = SAMPLES[name]
    found = f"{count:,} of the archive's {archive:,} galaxies are in sample {name} ({sample.words})"
    if count == sample.published:
        return f"{found}, as published."
    direction = "more" if sample.published > count else "fewer"
    return f"{found}; {sample.published:,} are published ({abs(count - sample.published):,} {direction})."


def chosen(
    name: str, columns: Mapping[str, Float64[np.ndarray, "galaxies"]], where: str
) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies are in a sample.

    Raises:
        InputError: if there is no such sample, or no galaxy is in it.
    """
    if name not in SAMPLES:
        raise InputError(f"sample is {name!r}, but must be one of {', '.join(SAMPLES)}.")
    inside = SAMPLES[name].of(columns)
    if not inside.any():
        raise InputError(f"{where}: none of {len(inside):,} galaxies has {SAMPLES[name].words}; take another sample.")
    return inside
