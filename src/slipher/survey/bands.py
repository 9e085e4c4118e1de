"""Bands of a survey that is imported, and whether their filters are known."""

from collections.abc import Sequence
from importlib.util import find_spec

from slipher.physics.filters import SDSS, curve_names
from slipher.progress import say

__all__ = ["tell_unknown_filters"]


def tell_unknown_filters(bands: Sequence[str]) -> None:
    """Say which bands have no filter curve, what needs one, and which names have one.

    Nothing is said if speclite, which has the curves, is not installed.
    """
    if find_spec("speclite") is None:
        return
    curves = curve_names()
    unknown = [band for band in bands if SDSS.get(band, band) not in curves]
    if not unknown:
        return
    alike = [name for name in curves for band in unknown if name.rpartition("-")[2].lower() == band.lower()]
    groups = sorted({name.rpartition("-")[0] for name in curves}, key=str.lower)
    names = f"such as {', '.join(alike)}" if alike else f"GROUP-BAND with a group of {', '.join(groups)}"
    what = f"band {unknown[0]} has" if len(unknown) == 1 else f"bands {', '.join(unknown)} have"
    say(
        f"{what} no filter curve, which the flux constraint needs, and so does the correction for the Galaxy's dust "
        f"where E(B−V) is known; names that have one are ugriz of SDSS and those of speclite, {names} (--bands)."
    )
