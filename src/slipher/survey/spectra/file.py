"""SDSS spectra as their files hold them: spec and spec-lite, of SDSS-I/II and of BOSS and eBOSS."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from slipher.errors import InputError
from slipher.physics.filters import SDSS, Filter
from slipher.physics.flux import coverage
from slipher.physics.uncovered import STEP
from slipher.survey.spectra.bintable import Table, read_tables
from slipher.survey.spectra.specobj import name_of_file

__all__ = ["SdssSpectrum", "read_file", "read_position"]

PIXELS = ("flux", "loglam", "ivar")
NAME = ("PLATE", "MJD", "FIBERID")
POSITION = ("PLUG_RA", "PLUG_DEC")
RESULTS = ("Z", "CLASS")
MORE_RESULTS = ("ZWARNING", "SPECTROFLUX", *NAME)
MANY = 0.1
"""Share of pixels without weight that is worth a warning."""
ZWARNING = (
    "SKY",
    "LITTLE_COVERAGE",
    "SMALL_DELTA_CHI2",
    "NEGATIVE_MODEL",
    "MANY_OUTLIERS",
    "Z_FITLIMIT",
    "NEGATIVE_EMISSION",
    "UNPLUGGED",
    "BAD_TARGET",
    "NODATA",
)
"""The meaning of the pipeline's warning bits, from bit 0."""


@dataclass(frozen=True, eq=False)
class SdssSpectrum:
    """What one SDSS file says of one spectrum."""

    first: int
    """The first pixel: log10 of its wavelength (Å) in units of 1e-4, which all pixels of SDSS are multiples of."""
    flux: Float[np.ndarray, "pixels"]
    """F_λ, 1e-17 erg/s/cm²/Å."""
    ivar: Float[np.ndarray, "pixels"]
    """Inverse variance of F_λ, 0 where a pixel is unusable."""
    redshift: float
    """Spectroscopic redshift."""
    kind: str
    """The pipeline's class: GALAXY, QSO or STAR."""
    zwarning: int
    """The pipeline's warning bits."""
    spectroflux: Float[np.ndarray, "bands"]
    """The pipeline's own synthetic fluxes in ugriz, nanomaggies; NaN where the file has none."""

    @property
    def loglam0(self) -> float:
        """log10 of the first wavelength (Å)."""
        return self.first * STEP

    @property
    def wavelength(self) -> Float[np.ndarray, "pixels"]:
        """Vacuum wavelengths, Å."""
        return np.asarray(10 ** (self.loglam0 + STEP * np.arange(len(self.flux))))

    @property
    def used(self) -> Bool[np.ndarray, "pixels"]:
        """Which pixels were measured."""
        return np.asarray((self.ivar > 0) & np.isfinite(self.ivar) & np.isfinite(self.flux))

    @property
    def empty(self) -> bool:
        """Whether no pixel holds anything measured."""
        return not self.flux[self.used].any()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a careful user would want to know, one sentence each."""
        found = []
        if self.zwarning:
            names = [name for bit, name in enumerate(ZWARNING) if self.zwarning >> bit & 1]
            found.append(f"ZWARNING is {self.zwarning} ({', '.join(names) or 'unknown'}): the redshift may be wrong")
        masked = float((self.ivar <= 0).mean())
        if masked > MANY:
            found.append(f"{masked:.0%} of the pixels have no weight (ivar = 0)")
        return tuple(found)

    def coverage(self, band: Filter) -> float:
        """The share of a filter that the spectrum covers."""
        used = self.wavelength[(self.ivar > 0) | (self.flux != 0)]
        return float(coverage(used[:1], used[-1:], band)[0])


def read_file(path: Path) -> SdssSpectrum:
    """Read one SDSS spectrum, whatever it is of.

    Args:
        path: a spec-PLATE-MJD-FIBER.fits, whole or lite, plain or packed (.gz): extension 1 with flux, loglam, ivar,
            extension 2 with Z, CLASS and, where there, ZWARNING, SPECTROFLUX, PLATE, MJD, FIBERID.

    Raises:
        InputError: if the file is damaged or something else, or says another plate, MJD or fibre than its name.
    """
    primary, (pixels, results) = read_tables(path, (PIXELS, (*RESULTS, *MORE_RESULTS)))
    _need(path, 1, pixels, PIXELS)
    _need(path, 2, results, RESULTS)
    with _of_the_usual_types(path):
        _check_name(path, primary, results)
        return _spectrum(path, pixels, results)


def read_position(path: Path) -> tuple[float, float] | None:
    """Right ascension and declination (degrees) of the fibre; None if the file does not say.

    Raises:
        InputError: if the file is damaged or something else.
    """
    primary, (_, results) = read_tables(path, ((), POSITION))
    columns: list[Any] = [results.columns.get(name.lower(), ()) for name in POSITION]
    values = [column[0] for column in columns if len(column)] or [primary.get(name) for name in POSITION]
    if len(values) < len(POSITION) or None in values:
        return None
    with _of_the_usual_types(path):
        ra, dec = map(float, values)
        return (ra, dec) if np.isfinite(ra) and abs(dec) <= 90 else None


@contextmanager
def _of_the_usual_types(path: Path) -> Iterator[None]:
    """Say in a sentence that a file's columns and keywords hold something else than SDSS's."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{path} has columns of another type ({error}); give spectra as SDSS made them, or download it again."
        ) from error


def _spectrum(path: Path, pixels: Table, results: Table) -> SdssSpectrum:
    """The spectrum, out of the tables that hold it."""
    flux, loglam, ivar = (pixels.columns[name].astype(np.float64) for name in PIXELS)
    row = {name: values[0] for name, values in results.columns.items()}
    return SdssSpectrum(
        _first_pixel(path, loglam),
        flux,
        ivar,
        # The pipeline's single precision, as the shortest decimal that stands for it.
        float(str(row["z"])),
        row["class"].decode("latin-1").strip(),
        int(row.get("zwarning", 0)),
        np.array(row.get("spectroflux", np.full(len(SDSS), np.nan)), np.float64),
    )


def _need(path: Path, number: int, table: Table, names: Sequence[str]) -> None:
    """Refuse a table without rows or without some columns."""
    missing = [name for name in names if name.lower() not in table.columns]
    if missing or not len(table.columns[names[0].lower()]):
        lack = f"lacks {', '.join(missing)} in" if missing else "has an empty"
        raise InputError(f"{path} {lack} extension {number}; give SDSS spectrum files (spec or spec-lite format).")


def _check_name(path: Path, primary: Mapping[str, str], results: Table) -> None:
    """Refuse a file that says another plate, MJD or fibre than its name."""
    named = name_of_file(path)
    if named is None:
        return
    for keyword, value in zip(NAME, named, strict=True):
        said = results.columns.get(keyword.lower())
        written = primary.get("PLATEID" if keyword == "PLATE" else keyword) if said is None else str(said[0])
        if written and int(float(written)) != value:
            raise InputError(f"{path} says {keyword} {written} inside, but {value} in its name; download it again.")


def _first_pixel(path: Path, loglam: Float[np.ndarray, "pixels"]) -> int:
    """log10 of the first wavelength as a whole number of pixels; the file has it in single precision."""
    first = round(float(loglam[0]) / STEP)
    if not np.allclose(loglam / STEP, first + np.arange(len(loglam)), rtol=0, atol=0.05):
        raise InputError(f"{path} has pixels that are not 1e-4 wide in log10 λ; give spectra as SDSS made them.")
    return first
