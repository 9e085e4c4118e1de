"""Reddening by the Galaxy's dust."""

from pathlib import Path

from slipher.verbs.answer import Answer

__all__ = ["data_dust"]


def data_dust(store: Path, *, maps: Path | None = None) -> Answer:
    """Fill in E(B-V) from dust maps where a galaxy store does not know it.

    Known values stay as they are.

    Args:
        store: galaxy store with positions
        maps: folder of SFD_dust_4096_ngp.fits and SFD_dust_4096_sgp.fits; a map at low resolution if left out
    """
    from dataclasses import asdict

    from slipher.survey.dusting import add_reddening

    found = add_reddening(store, maps)
    text = (
        f"E(B-V) of {found.filled} galaxies filled in from {found.source}; of {found.known} it was known, of "
        f"{found.unknown} it is not.\n{store}"
    )
    return Answer(text, asdict(found))
