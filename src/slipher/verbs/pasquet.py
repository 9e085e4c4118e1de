"""The verb that imports the published archive of SDSS cutouts."""

from pathlib import Path
from typing import Literal

from slipher.verbs.answer import Answer

__all__ = ["data_import_pasquet"]


def data_import_pasquet(
    file: Path,
    store: Path,
    *,
    sample: Literal["all", "paper", "pasquet"] = "all",
    split: Literal["hash", "paper"] = "hash",
    dtype: Literal["float16", "float32"] = "float16",
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Answer:
    """Fill a galaxy store with the published archive of SDSS cutouts (sdss.npz).

    Args:
        file: the archive (.npz), stored or deflated
        store: galaxy store to write
        sample: all galaxies; paper: petroMag_r < 17.77, z <= 0.4; pasquet: dered_petro_r <= 17.8, z <= 0.4,
            primtarget >= 64
        split: hash: by specObjID alone; paper: the first 121,543 by its hash test, the next 20,000 validate
        dtype: in which the store keeps pixels
        skip_bad: drop and count galaxies whose centre or half of whose pixels are bad; the archive is then read twice
        overwrite: replace a file that lies there
    """
    from slipher.survey.pasquet.archive import import_pasquet

    path = import_pasquet(file, store, sample=sample, split=split, dtype=dtype, skip_bad=skip_bad, overwrite=overwrite)
    return Answer(str(path))
