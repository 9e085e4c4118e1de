"""SDSS spectra as their files hold them: spec and spec-lite, of SDSS-I/II and of BOSS and eBOSS."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from slipher.errors import InputError
from slipher.formats.plausible import is_code
from slipher.physics.filters import SDSS
from slipher.physics.uncovered import STEP
from slipher.survey.spectra.bintable import Table, read_tables
from slipher.survey.spectra.specobj import FIBRE_DIGITS, name_of_file

__all__ = ["SdssSpectrum", "read_file", "read_position"]

PIXELS = ("flux", "loglam", "ivar")
NAME = ("PLATE", "MJD", "FIBERID")
NAME_V = ("FIELD", "MJD", "CATALOGID")
"""In SDSS-V."""
POSITIONS = (("PLUG_RA", "PLUG_DEC"), ("FIBER_RA", "FIBER_DEC"), ("RACAT", "DECCAT"))
"""Where the fibre was; the target, in SDSS-V."""
RESULTS = ("Z", "CLASS")
MORE_RESULTS = ("ZWARNING", "SPECTROFLUX", *NAME, *NAME_V)
DESI = ("FIBERMAP", "REDSHIFTS", "ZBEST")
"""What the first extension of files is called that hold the spectra or redshifts of many targets of DESI."""
BRIGHTEST = 1e9
"""F_λ in 1e-17 erg/s/cm²/Å above which nothing is: that of magnitude 0 in g is 5e8."""
SIGNIFICANT = 5.0
"""Standard deviations below zero at which a code such as −9999 is no measured flux."""
FAR_BELOW = 50.0
"""Standard deviations below zero at which no flux is measured: skies that are taken off go wrong by a few."""
TOLERANCE = 0.05
"""Pixels by which a wavelength may be off, for rounding."""
MOST_PIXELS = 20_000
"""Wide enough for a spectrum from the ultraviolet to the infrared."""
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
        return np.asarray(self.weighted & ~self.impossible)

    @property
    def weighted(self) -> Bool[np.ndarray, "pixels"]:
        """Which pixels have a weight."""
        return np.asarray((self.ivar > 0) & np.isfinite(self.ivar))

    @property
    def impossible(self) -> Bool[np.ndarray, "pixels"]:
        """Which pixels hold what no pixel can: too much light, a code for none, or less than noise takes away."""
        lowest = np.where(is_code(self.flux), -SIGNIFICANT, -FAR_BELOW)
        with np.errstate(all="ignore"):
            below = self.weighted & (self.flux * np.sqrt(self.ivar) < lowest)
        return np.asarray(~(np.abs(self.flux) < BRIGHTEST) | below)

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
        if self.kind != "GALAXY":
            found.append(f"the pipeline's class is {self.kind or 'empty'}, not GALAXY")
        masked = 1 - float(self.weighted.mean())
        if masked > MANY:
            found.append(f"{masked:.0%} of the pixels have no weight (ivar = 0)")
        wrong = np.flatnonzero(self.weighted & self.impossible)
        if len(wrong):
            found.append(
                f"{len(wrong)} pixels hold an impossible flux, the first {self.flux[wrong[0]]:g}, and are left out"
            )
        return tuple(found)


def read_file(path: Path) -> SdssSpectrum:
    """Read one SDSS spectrum, whatever it is of.

    Args:
        path: a spec-PLATE-MJD-FIBER.fits or, of SDSS-V, spec-FIELD-MJD-CATALOGID.fits, whole or lite, plain or packed
            (.gz, .bz2): extension 1 with flux, loglam, ivar, extension 2 with Z, CLASS and, where there, ZWARNING,
            SPECTROFLUX, and the name.

    Raises:
        InputError: if the file is damaged or something else, or says another plate, MJD or fibre than its name.
    """
    primary, (pixels, results) = _tables(path, (PIXELS, (*RESULTS, *MORE_RESULTS)))
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
    primary, (_, results) = _tables(path, ((), [name for pair in POSITIONS for name in pair]))
    for pair in POSITIONS:
        columns: list[Any] = [results.columns.get(name.lower(), ()) for name in pair]
        values = [column[0] for column in columns if len(column)] or [primary.get(name) for name in pair]
        if len(values) == len(pair) and None not in values:
            with _of_the_usual_types(path):
                ra, dec = map(float, values)
                return (ra, dec) if np.isfinite(ra) and abs(dec) <= 90 else None
    return None


def _tables(path: Path, wanted: Sequence[Sequence[str]]) -> tuple[Mapping[str, str], list[Table]]:
    """The tables of a file, unless it is one of another survey's that is known.

    Raises:
        InputError: as `read_tables`.
    """
    try:
        return read_tables(path, wanted)
    except InputError as error:
        raise _known_otherwise(path) or error from error


def _known_otherwise(path: Path) -> InputError | None:
    """What to say of a file of another survey; None if it is not known."""
    try:
        name = read_tables(path, ((),))[1][0].header.get("EXTNAME", "")
    except InputError:
        return None
    if name not in DESI:
        return None
    return InputError(
        f"{path} holds many targets in DESI's format, which is not read; write a file for each galaxy as SDSS does "
        "(spec-PLATE-MJD-FIBER.fits with flux and ivar on loglam in steps of 1e-4, then Z and CLASS)."
    )


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
    flux, loglam, ivar = (pixels.columns[name].astype(np.float64).ravel() for name in PIXELS)
    row = {name: values[0] for name, values in results.columns.items()}
    pixel = _pixels(path, loglam)
    placed = np.zeros((2, pixel[-1] - pixel[0] + 1))
    placed[:, pixel - pixel[0]] = flux, ivar
    return SdssSpectrum(
        int(pixel[0]),
        placed[0],
        placed[1],
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
    for keyword, value in zip(NAME_V if named[2] >= 10**FIBRE_DIGITS else NAME, named, strict=True):
        said = results.columns.get(keyword.lower())
        written = primary.get("PLATEID" if keyword == "PLATE" else keyword) if said is None else _word(said[0])
        if written and value and _whole(written) != value:
            raise InputError(f"{path} says {keyword} {written} inside, but {value} in its name; download it again.")


def _word(value: Any) -> str:
    """A cell as text."""
    return value.decode("latin-1").strip() if isinstance(value, bytes) else str(value)


def _whole(written: str) -> int:
    """A whole number, which may be written with a point; one of 17 digits must not go through a float."""
    return int(written) if written.lstrip("+-").isdigit() else int(float(written))


def _pixels(path: Path, loglam: Float[np.ndarray, "pixels"]) -> Int[np.ndarray, "pixels"]:
    """log10 of the wavelengths as whole numbers of pixels; the file has them in single precision.

    Pixels that a file leaves out are gaps.
    """
    if not np.isfinite(loglam).all():
        raise InputError(f"{path} has pixels without a wavelength (loglam is not finite); download it again.")
    place = loglam / STEP
    pixel = np.rint(place[0]) + np.rint(place - place[0])
    narrow = np.abs(place - pixel).max() <= TOLERANCE
    if not narrow or (np.diff(pixel) <= 0).any() or pixel[-1] - pixel[0] >= MOST_PIXELS:
        raise InputError(f"{path} has pixels that are not 1e-4 wide in log10 λ; give spectra as SDSS made them.")
    return np.asarray(pixel, np.int64)
