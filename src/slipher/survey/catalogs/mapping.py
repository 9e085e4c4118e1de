"""Which columns of a catalogue mean what: the words of a study file and of the command line alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slipher.errors import InputError
from slipher.physics.magnitudes import sdss_softening

__all__ = ["CatalogueColumns"]

BAND = "{band}"


@dataclass(frozen=True)
class CatalogueColumns:
    """The columns of a catalogue of measured photometry.

    ``flux`` or ``magnitude`` and what gives its error name one column with a value for each band, a column a band such
    as ``flux_{band}``, or the columns one by one with commas between.
    """

    flux: str | None = None
    """Fluxes."""
    flux_error: str | None = None
    """Standard errors of the fluxes."""
    ivar: str | None = None
    """Inverse variances of the fluxes, in place of standard errors."""
    magnitude: str | None = None
    """AB magnitudes, in place of fluxes."""
    magnitude_error: str | None = None
    """Standard errors of the magnitudes."""
    magnitude_kind: Literal["pogson", "asinh"] = "pogson"
    """Whether the magnitudes are ordinary ones, or asinh magnitudes as SDSS lists them, with its softening."""
    unit: Literal["nanomaggy", "nJy", "uJy", "count"] | None = None
    """Unit of the fluxes: as the file says if left out, and nanomaggies if it says nothing."""
    zero_point: float | None = None
    """AB magnitude of one count, with unit count."""
    bands: str = "ugriz"
    """From blue to red: ugriz, or names with commas. Of a column with more values the first ones are taken."""
    ebv: float | str | None = None
    """E(B−V) for all, a column of it or of extinctions, or sfd for dust maps; unknown if left out."""
    maps: Path | None = None
    """Folder of the full dust maps, with ebv sfd."""
    dereddened: bool = False
    """Whether the photometry is corrected for the Galaxy's dust already."""
    redshift: str | None = None
    """Spectroscopic redshifts, NaN where unknown."""
    z_min: float | None = None
    """Galaxies with a known redshift that is no greater are left out: stars that hide among galaxies."""
    z_max: float | None = None
    """Galaxies with a known redshift that is no less are left out."""
    id: str | None = None
    """Identifiers; the row numbers if left out."""
    split: str | None = None
    """Which galaxies train, validate and test, in words or as 0, 1, 2; a digest of the identifiers if left out."""
    test: Path | None = None
    """Another file with the same columns, whose galaxies are those that test."""
    ra: str | None = None
    """Right ascensions, degrees."""
    dec: str | None = None
    """Declinations, degrees."""

    def __post_init__(self) -> None:
        if (self.flux is None) == (self.magnitude is None):
            raise InputError("name the columns of either flux or magnitude, such as flux: flux_{band}.")
        if self.flux is not None and (self.flux_error is None) == (self.ivar is None):
            raise InputError("flux needs the columns of its errors: name either flux_error or ivar.")
        if self.magnitude is not None and self.magnitude_error is None:
            raise InputError("magnitude needs the columns of its errors: name magnitude_error.")
        if self.magnitude_kind == "asinh":
            sdss_softening(self.band_names)
        foreign = ("magnitude_error",) if self.magnitude is None else ("flux_error", "ivar")
        for name in foreign:
            if getattr(self, name) is not None:
                raise InputError(
                    f"{name} belongs to {'flux' if self.flux is None else 'magnitude'}, which is not named."
                )
        if (self.ra is None) != (self.dec is None):
            raise InputError(f"only {'dec' if self.ra is None else 'ra'} is named; name both ra and dec or none.")
        if self.split is not None and self.test is not None:
            raise InputError("split and test both say which galaxies test; name either the column or the other file.")
        if self.redshift is None and (self.z_min, self.z_max) != (None, None):
            raise InputError("z_min and z_max are limits of the redshift, whose column is not named.")
        if self.z_min is not None and self.z_max is not None and not self.z_min < self.z_max:
            raise InputError(f"z_min is {self.z_min:g} and z_max {self.z_max:g}, so no redshift lies between.")

    @property
    def band_names(self) -> tuple[str, ...]:
        """The bands, blue to red."""
        return tuple(self.bands.split(",")) if "," in self.bands else tuple(self.bands)

    def names(self, columns: str) -> list[str]:
        """The columns that an entry names: one, or one a band.

        Raises:
            InputError: if it names several, but not as many as there are bands.
        """
        if BAND in columns:
            return [columns.replace(BAND, band) for band in self.band_names]
        named = _stripped(columns.split(","))
        if len(named) not in (1, len(self.band_names)):
            raise InputError(
                f"{columns!r} names {len(named)} columns, but there are {len(self.band_names)} bands "
                f"({' '.join(self.band_names)}); name one for each."
            )
        return named


def _stripped(words: Iterable[str]) -> list[str]:
    return [word.strip() for word in words]
