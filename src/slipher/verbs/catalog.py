"""Catalogues of measured photometry, into a galaxy store."""

from pathlib import Path
from typing import Literal

from slipher.verbs.answer import Answer

__all__ = ["data_import_catalog"]


def data_import_catalog(
    file: Path,
    store: Path | None = None,
    *,
    flux: str | None = None,
    flux_error: str | None = None,
    ivar: str | None = None,
    magnitude: str | None = None,
    magnitude_error: str | None = None,
    magnitude_kind: Literal["pogson", "asinh"] = "pogson",
    unit: Literal["nanomaggy", "nJy", "uJy", "count"] | None = None,
    zero_point: float | None = None,
    bands: str = "ugriz",
    ebv: float | str | None = None,
    maps: Path | None = None,
    dereddened: bool = False,
    redshift: str | None = None,
    z_min: float | None = None,
    z_max: float | None = None,
    id: str | None = None,  # noqa: A002
    ra: str | None = None,
    dec: str | None = None,
    split_column: str | None = None,
    test: Path | None = None,
    overwrite: bool = False,
) -> Answer:
    """Fill a galaxy store with the photometry and the redshifts of a catalogue, without images.

    Columns of photometry are named as one column with a value for each band (MODELFLUX), a column a band
    (flux_{band}), or one by one (u,g,r,i,z).

    Args:
        file: .csv, .txt, .cat, .ecsv, .fits (one table as FILE[HDU]), .parquet, .vot, .npz or .hdf5; .gz, .bz2, .xz too
        store: galaxy store to write; FILE with the suffix .store.h5 if left out
        flux: columns of fluxes
        flux_error: columns of their standard errors
        ivar: columns of their inverse variances, in place of standard errors
        magnitude: columns of AB magnitudes, in place of fluxes
        magnitude_error: columns of their standard errors
        magnitude_kind: ordinary magnitudes, or asinh magnitudes with the softening of SDSS
        unit: of the fluxes; as the file says if left out, and nanomaggies if it says nothing
        zero_point: AB magnitude of one count, with --unit count
        bands: from blue to red, such as ugriz, or names with commas; of a column with more values the first are taken
        ebv: E(B-V) for all, or a column of it or of extinctions (extinction_r, extinction_r/2.285, or five), or sfd
        maps: folder of SFD_dust_4096_ngp.fits and _sgp.fits, with --ebv sfd; at low resolution if left out
        dereddened: the photometry is corrected for the Galaxy's dust already
        redshift: column of spectroscopic redshifts (NaN where unknown)
        z_min: leave out galaxies with a redshift no greater, such as stars at 0
        z_max: leave out galaxies with a redshift no less
        id: column of identifiers; row numbers if left out
        ra: column of right ascensions in degrees
        dec: column of declinations in degrees
        split_column: column of train, validation, test (or 0, 1, 2); parts are drawn by a digest of the id if left out
        test: another file with the same columns, whose galaxies are the test part
        overwrite: replace a file that lies there
    """
    from slipher.survey.catalogs.catalog import import_catalogue
    from slipher.survey.catalogs.mapping import CatalogueColumns

    columns = CatalogueColumns(
        flux=flux,
        flux_error=flux_error,
        ivar=ivar,
        magnitude=magnitude,
        magnitude_error=magnitude_error,
        magnitude_kind=magnitude_kind,
        unit=unit,
        zero_point=zero_point,
        bands=bands,
        ebv=ebv,
        maps=maps,
        dereddened=dereddened,
        redshift=redshift,
        z_min=z_min,
        z_max=z_max,
        id=id,
        split=split_column,
        test=test,
        ra=ra,
        dec=dec,
    )
    return Answer(str(import_catalogue(file, store or file.with_suffix(".store.h5"), columns, overwrite)))
