"""SDSS spectra of galaxies, and their synthetic fluxes beside the catalogue's."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.formats.plausible import REDSHIFT
from slipher.physics.filters import SDSS, Filter, filters_for
from slipher.physics.flux import coverage, synthetic_flux
from slipher.progress import say
from slipher.survey.spectra.file import SdssSpectrum, read_file
from slipher.survey.spectra.folder import look_into

__all__ = ["flux_report", "read_sdss_spectrum", "spectrum_files"]

BRIDGED = 100
"""Pixels (2.3 % in wavelength) of a hole over which a spectrum is taken to go on in a straight line."""

Stretch = tuple[Float[np.ndarray, "_"], Float[np.ndarray, "_"]]


def read_sdss_spectrum(path: str | Path) -> SdssSpectrum:
    """Read one SDSS spectrum, of a galaxy whatever the pipeline's class says: it calls some galaxies stars.

    Args:
        path: a spec-PLATE-MJD-FIBER.fits, whole or lite: HDU 1 with flux, loglam, ivar; HDU 2 with Z, CLASS,
            SPECTROFLUX.

    Raises:
        InputError: if the file is damaged or something else, the spectrum empty, or its redshift no galaxy's.
    """
    path = Path(path)
    spectrum = read_file(path)
    _check(path, spectrum)
    return spectrum


def spectrum_files(paths: Sequence[str | Path]) -> list[Path]:
    """The files that are named, and those in the folders that are named; what else lies there is counted and said.

    Raises:
        InputError: if a folder holds no spectra.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)
            continue
        found = look_into(path)
        files += found.files
        if found.ignored:
            say(found.left_out)
    return files


def flux_report(paths: Sequence[str | Path], bands: Sequence[str] = tuple(SDSS)) -> list[dict[str, Any]]:
    """Synthetic photometry of spectra beside the catalogue's own, one entry a file, whatever is wrong with it.

    Args:
        paths: SDSS spectrum files.
        bands: some of u, g, r, i, z.

    Returns:
        For each file ``file``, ``redshift``, ``warnings``, ``error`` (null or a sentence) and ``bands`` (null in an
        unusable file): by band ``synthetic`` and ``catalogue`` in nanomaggies, the synthetic flux over the covered part
        of the filter, and ``coverage``, the share of the filter that is covered. Pixels without weight (ivar = 0) or
        with an impossible value are bridged up to `BRIDGED` of them, and count as not covered where there are more.
        Unknown numbers are null.

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
    pieces = list(_stretches(spectrum))
    fluxes = {band: _band(spectrum, pieces, band, curve) for band, curve in filters.items()}
    return {**entry, "redshift": spectrum.redshift, "warnings": list(spectrum.warnings), "bands": fluxes}


def _stretches(spectrum: SdssSpectrum) -> Iterator[Stretch]:
    """Wavelengths (Å) and F_λ of the parts that were measured, small holes bridged."""
    good = np.flatnonzero(spectrum.used)
    for run in np.split(good, np.flatnonzero(np.diff(good) > BRIDGED) + 1):
        pixels = np.arange(run[0], run[-1] + 1)
        yield spectrum.wavelength[pixels], np.interp(pixels, run, spectrum.flux[run])


def _band(spectrum: SdssSpectrum, pieces: Sequence[Stretch], band: str, curve: Filter) -> dict[str, float | None]:
    """The two fluxes in one band, and what of it is covered."""
    ends = np.array([wavelength[[0, -1]] for wavelength, _ in pieces])
    covered = coverage(ends[:, 0], ends[:, 1], curve)
    fluxes = np.array([synthetic_flux(*piece, curve) for piece in pieces])
    total = float(covered.sum())
    catalogue = float(spectrum.spectroflux["ugriz".index(band)]) if band in SDSS else float("nan")
    return {
        "synthetic": float(covered @ fluxes) / total if total > 0 else None,
        "catalogue": catalogue if np.isfinite(catalogue) else None,
        "coverage": min(total, 1.0),
    }


def _check(path: Path, spectrum: SdssSpectrum) -> None:
    """Refuse a spectrum that no synthetic flux of a galaxy can be made from."""
    if spectrum.empty:
        emptiness = "is zero" if not spectrum.flux.any() else "has no weight (ivar = 0) or an impossible value"
        raise InputError(
            f"{path} holds no spectrum: every one of its {len(spectrum.flux)} pixels {emptiness}; leave it out."
        )
    if not REDSHIFT.holds(np.array(spectrum.redshift)):
        raise InputError(f"{path} has redshift {spectrum.redshift}, which no galaxy has; leave it out.")
