"""SDSS spectra as their files hold them (spec and spec-lite), and their synthetic fluxes beside the catalogue's."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.extras import require
from slipher.physics.filters import SDSS, Filter, filters_for
from slipher.physics.flux import coverage, synthetic_flux
from slipher.physics.uncovered import STEP

__all__ = ["SdssSpectrum", "flux_report", "read_sdss_spectrum"]

PLAUSIBLE_REDSHIFTS = (-0.01, 10.0)
COVERED = 0.95
"""Share of a filter that a spectrum must cover for the filter not to be named as uncovered."""
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
    """A galaxy's spectrum from one SDSS file."""

    loglam0: float
    """log10 of the first wavelength (Å), a multiple of 1e-4; pixels are 1e-4 wide."""
    flux: Float[np.ndarray, "pixels"]
    """F_λ, 1e-17 erg/s/cm²/Å."""
    ivar: Float[np.ndarray, "pixels"]
    """Inverse variance of F_λ, 0 where a pixel is unusable."""
    redshift: float
    """Spectroscopic redshift."""
    spectroflux: Float[np.ndarray, "bands"]
    """The pipeline's own synthetic fluxes in ugriz, nanomaggies; NaN where the file has none."""
    warnings: tuple[str, ...]
    """What a careful user would want to know, one sentence each."""

    @property
    def wavelength(self) -> Float[np.ndarray, "pixels"]:
        """Vacuum wavelengths, Å."""
        return np.asarray(10 ** (self.loglam0 + STEP * np.arange(len(self.flux))))

    def coverage(self, band: Filter) -> float:
        """The share of a filter that the spectrum covers."""
        used = self.wavelength[(self.ivar > 0) | (self.flux != 0)]
        return float(coverage(used[:1], used[-1:], band)[0])


def read_sdss_spectrum(path: str | Path) -> SdssSpectrum:
    """Read one SDSS spectrum of a galaxy.

    Args:
        path: a spec-PLATE-MJD-FIBER.fits, whole or lite: HDU 1 with flux, loglam, ivar; HDU 2 with Z, CLASS,
            SPECTROFLUX.

    Raises:
        InputError: if the file is damaged or something else, or the spectrum empty or not a galaxy's.
    """
    path = Path(path)
    pixels, row = _tables(path)
    flux, loglam, ivar = (np.array(pixels[name], np.float64) for name in ("flux", "loglam", "ivar"))
    loglam0 = _first_pixel(path, loglam)
    redshift = float(str(row["Z"]))
    spectrum = SdssSpectrum(loglam0, flux, ivar, redshift, _spectroflux(row), tuple(_warnings(row, ivar)))
    _check(path, spectrum, str(row["CLASS"]).strip())
    return spectrum


def flux_report(paths: Sequence[str | Path], bands: Sequence[str] = tuple(SDSS)) -> list[dict[str, Any]]:
    """Synthetic photometry of spectra beside the catalogue's own, one entry a file, whatever is wrong with it.

    Args:
        paths: SDSS spectrum files.
        bands: some of u, g, r, i, z.

    Returns:
        For each file ``file``, ``redshift``, ``warnings``, ``error`` (null or a sentence) and ``bands`` (null in an
        unusable file): by band ``synthetic`` and ``catalogue`` in nanomaggies, the synthetic flux over the covered part
        of the filter, and ``coverage``, the share of the filter that is covered. Unknown numbers are null.

    Raises:
        InputError: if astropy or speclite is not installed.
    """
    require("astropy.io.fits", "spectra")
    filters = dict(zip(bands, filters_for(bands), strict=True))
    return [_report(Path(path), filters) for path in paths]


def _report(path: Path, filters: dict[str, Filter]) -> dict[str, Any]:
    entry: dict[str, Any] = {"file": str(path), "redshift": None, "warnings": [], "error": None, "bands": None}
    try:
        spectrum = read_sdss_spectrum(path)
    except InputError as error:
        return {**entry, "error": str(error)}
    fluxes = {band: _band(spectrum, band, curve) for band, curve in filters.items()}
    return {**entry, "redshift": spectrum.redshift, "warnings": list(spectrum.warnings), "bands": fluxes}


def _band(spectrum: SdssSpectrum, band: str, curve: Filter) -> dict[str, float | None]:
    covered = spectrum.coverage(curve)
    catalogue = float(spectrum.spectroflux["ugriz".index(band)]) if band in SDSS else float("nan")
    return {
        "synthetic": synthetic_flux(spectrum.wavelength, spectrum.flux, curve) if covered > 0 else None,
        "catalogue": catalogue if np.isfinite(catalogue) else None,
        "coverage": covered,
    }


def _tables(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of the spectrum, and the first row of the table of results."""
    fits = require("astropy.io.fits", "spectra")
    if not path.is_file():
        raise InputError(f"{path} does not exist; give SDSS spectrum files (spec-PLATE-MJD-FIBER.fits).")
    try:
        with (
            warnings.catch_warnings(record=True, action="always") as caught,
            fits.open(path, memmap=False) as file,
        ):
            pixels = _columns(path, file, 1, ("flux", "loglam", "ivar"))
            results = _columns(path, file, 2, ("Z", "CLASS"), ("ZWARNING", "SPECTROFLUX"))
    except InputError:
        raise
    except (OSError, ValueError, TypeError, IndexError, KeyError) as error:
        raise InputError(
            f"{path} is damaged or no FITS file; give SDSS spectrum files, or download it again."
        ) from error
    if any("truncated" in str(warning.message) for warning in caught):
        raise InputError(f"{path} is truncated; download it again.")
    return pixels, {name: values[0] for name, values in results.items()}


def _columns(path: Path, file: Any, number: int, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    """Columns of one extension, copied."""
    table: Any = file[number].data if len(file) > number else None
    there = {name.lower() for name in getattr(table, "names", None) or ()}
    missing = [name for name in needed if name.lower() not in there]
    if missing or not len(table):
        lack = f"lacks {', '.join(missing)} in" if missing else "has an empty"
        raise InputError(f"{path} {lack} extension {number}; give SDSS spectrum files (spec or spec-lite format).")
    return {name: np.array(table[name]) for name in (*needed, *optional) if name.lower() in there}


def _first_pixel(path: Path, loglam: Float[np.ndarray, "pixels"]) -> float:
    """log10 of the first wavelength as a whole number of pixels; the file has it in single precision."""
    first = round(float(loglam[0]) / STEP)
    if not np.allclose(loglam / STEP, first + np.arange(len(loglam)), rtol=0, atol=0.05):
        raise InputError(f"{path} has pixels that are not 1e-4 wide in log10 λ; give spectra as SDSS made them.")
    return first * STEP


def _spectroflux(row: dict[str, Any]) -> Float[np.ndarray, "bands"]:
    if "SPECTROFLUX" not in row:
        return np.full(len(SDSS), np.nan)
    return np.array(row["SPECTROFLUX"], np.float64)


def _warnings(row: dict[str, Any], ivar: Float[np.ndarray, "pixels"]) -> list[str]:
    found = []
    bits = int(row.get("ZWARNING", 0))
    if bits:
        names = [name for bit, name in enumerate(ZWARNING) if bits >> bit & 1]
        found.append(f"ZWARNING is {bits} ({', '.join(names) or 'unknown'}): the redshift may be wrong")
    masked = float((ivar <= 0).mean())
    if masked > MANY:
        found.append(f"{masked:.0%} of the pixels have no weight (ivar = 0)")
    return found


def _check(path: Path, spectrum: SdssSpectrum, kind: str) -> None:
    """Refuse a spectrum that no synthetic flux of a galaxy can be made from."""
    used = (spectrum.ivar > 0) & np.isfinite(spectrum.flux)
    if not used.any() or not spectrum.flux[used].any():
        emptiness = "is zero" if not spectrum.flux.any() else "has no weight (ivar = 0)"
        raise InputError(f"{path} holds no spectrum: every one of its {len(used)} pixels {emptiness}; leave it out.")
    if kind != "GALAXY":
        raise InputError(
            f"{path} is no galaxy (class {kind}, z = {spectrum.redshift:.4f}) and {_extent(spectrum)}; leave it out."
        )
    low, high = PLAUSIBLE_REDSHIFTS
    if not low < spectrum.redshift < high:
        raise InputError(f"{path} has redshift {spectrum.redshift}, which no galaxy has; leave it out.")


def _extent(spectrum: SdssSpectrum) -> str:
    """From where to where a spectrum reaches, and what it does not cover."""
    wavelength = spectrum.wavelength
    curves = zip(SDSS, filters_for(list(SDSS)), strict=True)
    shares = {band: spectrum.coverage(curve) for band, curve in curves}
    lacking = [f"{share:.0%} of {band}" for band, share in shares.items() if share < COVERED]
    reach = f"reaches from {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å"
    return f"{reach}, which covers only {', '.join(lacking)}" if lacking else reach
