"""The files of Hayat et al. (2021)."""

from pathlib import Path
from typing import Literal

from slipher.verbs.answer import Answer

__all__ = ["data_import_hayat"]


def data_import_hayat(
    file: Path,
    store: Path,
    *,
    deredden: bool = False,
    dtype: Literal["float16", "float32"] = "float16",
    skip_bad: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> Answer:
    """Fill a galaxy store with a file of Hayat et al. 2021: SDSS DR12 galaxies in 107 pixels.

    Args:
        file: the HDF5 file, such as sdss_w_specz_valid.h5
        store: galaxy store to write
        deredden: correct images and photometry for the Galaxy's dust, as Hayat et al. do; E(B-V) is 0 then
        dtype: in which the store keeps pixels
        skip_bad: drop and count galaxies whose centre or half of whose pixels are bad
        workers: processes that measure; one a core if left out
        overwrite: replace a file that lies there
    """
    from slipher.survey.hayat import import_hayat

    return Answer(
        str(
            import_hayat(
                file,
                store,
                deredden=deredden,
                dtype=dtype,
                skip_bad=skip_bad,
                workers=workers,
                overwrite=overwrite,
            )
        )
    )
