"""Cutouts that a scientist already has, into a galaxy store."""

from pathlib import Path
from typing import Literal

from slipher.errors import InputError
from slipher.verbs.answer import Answer

__all__ = ["data_import_images"]


def data_import_images(
    file: Path,
    store: Path | None = None,
    *,
    bands: str,
    pixel_scale: float,
    images: str | None = None,
    redshift: str | None = None,
    catalog: Path | None = None,
    layout: str | None = None,
    size: int | None = None,
    unit: str | None = None,
    zero_point: float | None = None,
    ebv: float | str | None = None,
    maps: Path | None = None,
    ra: str | None = None,
    dec: str | None = None,
    id: str | None = None,  # noqa: A002
    split_column: str | None = None,
    test: Path | None = None,
    dtype: Literal["float16", "float32"] = "float16",
    out: Path | None = None,
    skip_bad: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> Answer:
    """Fill a galaxy store with the cutouts of a file or folder, of any survey.

    Args:
        file: .npy, .npz, .hdf5 or .fits, or FILE[1]; or a folder with a FITS file of each galaxy, or of each and band
        store: galaxy store to write; FILE with the suffix .store.h5 if left out
        bands: from blue to red, such as ugriz, or names with commas: lsst2016-g,lsst2016-r
        pixel_scale: arcseconds a pixel
        images: array of cutouts, or number of a FITS extension; the only one if left out
        redshift: column of spectroscopic redshifts (NaN where unknown)
        catalog: table with the columns, where they are not beside the cutouts; joined by --id, or else row by row
        layout: axes of the array in order: galaxies N, y H, x W, bands C; told by their lengths if left out
        size: pixels a side to which the middle of every cutout is cut
        unit: of the pixels: nanomaggy, nJy, uJy or count; as the file says, or else nanomaggy, if left out
        zero_point: AB magnitude of one count, with --unit count
        ebv: E(B-V) for all, or a column of it or of extinctions (extinction_r, or five for ugriz), or sfd for dust maps
        maps: folder of SFD_dust_4096_ngp.fits and _sgp.fits, with --ebv sfd; at low resolution if left out
        ra: column of right ascensions in degrees
        dec: column of declinations in degrees
        id: column of identifiers, of the catalogue too; a folder's are the names of its files
        split_column: column of train, validation, test (or 0, 1, 2); drawn by a digest of the id if left out
        test: another file or folder like FILE, whose galaxies are the test part
        dtype: in which the store keeps pixels
        out: the same as STORE
        skip_bad: drop and count galaxies whose centre or half of whose pixels are bad
        workers: processes that measure; one a core if left out
        overwrite: replace a file that lies there
    """
    from slipher.formats.tables import file_of
    from slipher.survey.images import import_images

    if store is not None and out is not None:
        raise InputError(f"both {store} and --out {out} are named; name one destination.")
    names = tuple(bands.split(",")) if "," in bands else tuple(bands)
    path = import_images(
        file,
        store or out or file_of(file).with_suffix(".store.h5"),
        bands=names,
        images=images,
        redshift=redshift,
        catalog=catalog,
        layout=layout,
        size=size,
        unit=unit,
        zero_point=zero_point,
        pixel_scale=pixel_scale,
        ebv=ebv,
        maps=maps,
        ra=ra,
        dec=dec,
        id=id,
        split=split_column,
        test=test,
        dtype=dtype,
        skip_bad=skip_bad,
        workers=workers,
        overwrite=overwrite,
    )
    return Answer(str(path))
