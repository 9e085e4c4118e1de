"""SDSS spectra of galaxies, and their synthetic fluxes beside the catalogue's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slipher.errors import InputError
from slipher.physics.filters import SDSS, Filter, filters_for
from slipher.physics.flux import synthetic_flux
from slipher.survey.spectra.file import SdssSpectrum, read_file

__all__ = ["flux_report", "read_sdss_spectrum"]

PLAUSIBLE_REDSHIFTS = (-0.01, 10.0)
COVERED = 0.95
"""Share of a filter that a spectrum must cover for the filter not to be named as uncovered."""


def read_sdss_spectrum(path: str | Path) -> SdssSpectrum:
    """Read one SDSS spectrum of a galaxy.

    Args:
        path: a spec-PLATE-MJD-FIBER.fits, whole or lite: HDU 1 with flux, loglam, ivar; HDU 2 with Z, CLASS,
            SPECTROFLUX.

    Raises:
        InputError: if the file is damaged or something else, or the spectrum empty or not a galaxy's.
    """
    path = Path(path)
    spectrum = read_file(path)
    _check(path, spectrum)
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
        InputError: if speclite is not installed.
    """
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


def _check(path: Path, spectrum: SdssSpectrum) -> None:
    """Refuse a spectrum that no synthetic flux of a galaxy can be made from."""
    if spectrum.empty:
        emptiness = "is zero" if not spectrum.flux.any() else "has no weight (ivar = 0)"
        raise InputError(
            f"{path} holds no spectrum: every one of its {len(spectrum.flux)} pixels {emptiness}; leave it out."
        )
    if spectrum.kind != "GALAXY":
        raise InputError(
            f"{path} is no galaxy (class {spectrum.kind}, z = {spectrum.redshift:.4f}) and {_extent(spectrum)}; "
            "leave it out."
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
