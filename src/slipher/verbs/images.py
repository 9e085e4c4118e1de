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
    images: str,
    bands: str,
    pixel_scale: float,
    redshift: str | None = None,
    layout: Literal["NHWC", "NCHW"] = "NHWC",
    unit: Literal["nanomaggy", "nJy", "uJy", "count"] = "nanomaggy",
    zero_point: float | None = None,
    ebv: float | str | None = None,
    maps: Path | None = None,
    ra: str | None = None,
    dec: str | None = None,
    id: str | None = None,  # noqa: A002
    dtype: Literal["float16", "float32"] = "float16",
    out: Path | None = None,
    skip_bad: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> Answer:
    """Fill a galaxy store with the cutouts of a file, of any survey.

    Args:
        file: .npz, .hdf5 or .fits
        store: galaxy store to write; FILE with the suffix .store.h5 if left out
        images: array of cutouts
        bands: from blue to red, such as ugriz, or names with commas: lsst2016-g,lsst2016-r
        pixel_scale: arcseconds a pixel
        redshift: column of spectroscopic redshifts (NaN where unknown)
        layout: axes of the array: galaxies N, y H, x W, bands C
        unit: of the pixels
        zero_point: AB magnitude of one count, with --unit count
        ebv: E(B-V) for all, or a column of it or of extinctions (extinction_r, extinction_r/2.285, or five), or sfd
        maps: folder of SFD_dust_4096_ngp.fits and _sgp.fits, with --ebv sfd; at low resolution if left out
        ra: column of right ascensions in degrees
        dec: column of declinations in degrees
        id: column of identifiers
        dtype: in which the store keeps pixels
        out: the same as STORE
        skip_bad: drop and count galaxies whose centre or half of whose pixels are bad
        workers: processes that measure; one a core if left out
        overwrite: replace a file that lies there
    """
    from slipher.survey.images import import_images

    if store is not None and out is not None:
        raise InputError(f"both {store} and --out {out} are named; name one destination.")
    names = tuple(bands.split(",")) if "," in bands else tuple(bands)
    path = import_images(
        file,
        store or out or file.with_suffix(".store.h5"),
        images=images,
        redshift=redshift,
        bands=names,
        layout=layout,
        unit=unit,
        zero_point=zero_point,
        pixel_scale=pixel_scale,
        ebv=ebv,
        maps=maps,
        ra=ra,
        dec=dec,
        id=id,
        dtype=dtype,
        skip_bad=skip_bad,
        workers=workers,
        overwrite=overwrite,
    )
    return Answer(str(path))
