"""SDSS frames and a catalogue, into a galaxy store."""

from pathlib import Path
from typing import Literal

from slipher.verbs.answer import Answer

__all__ = ["data_cutouts"]


def data_cutouts(
    *,
    frames: Path,
    catalog: Path,
    out: Path,
    size: int = 64,
    pixel_scale: float = 0.396,
    id: str | None = None,  # noqa: A002
    ra: str | None = None,
    dec: str | None = None,
    redshift: str | None = None,
    ebv: float | str | None = None,
    maps: Path | None = None,
    dtype: Literal["float16", "float32"] = "float16",
    workers: int | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Answer:
    """Cut the galaxies of a catalogue out of SDSS frames.

    Columns that are not named are looked for under their usual names, such as RA, DEC, z, specObjID, EBV.

    Args:
        frames: folder of frame-*.fits or fpC-*.fit (also .gz or .bz2), also below
        catalog: positions and redshifts (.fits, .csv, .parquet, .vot, .npz, .hdf5)
        out: galaxy store to write
        size: pixels on a side
        pixel_scale: arcseconds a pixel
        id: column of identifiers
        ra: column of right ascensions in degrees
        dec: column of declinations in degrees
        redshift: column of spectroscopic redshifts
        ebv: E(B-V): a number, a column of it or of extinctions (extinction_r, extinction_r/2.285), or sfd for dust maps
        maps: folder of the full SFD maps, with --ebv sfd
        dtype: in which the store keeps pixels
        workers: processes; one a core if left out
        skip_bad: count unreadable frames as missing; drop and count galaxies that lie too far at the edge
        overwrite: replace a file that lies there
    """
    from slipher.survey.frames.cutouts import cut_out

    path = cut_out(
        frames,
        catalog,
        out,
        size=size,
        pixel_scale=pixel_scale,
        id=id,
        ra=ra,
        dec=dec,
        redshift=redshift,
        ebv=ebv,
        maps=maps,
        dtype=dtype,
        workers=workers,
        skip_bad=skip_bad,
        overwrite=overwrite,
    )
    return Answer(str(path))
