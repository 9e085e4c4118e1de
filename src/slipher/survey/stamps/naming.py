"""Which band a name means: of a file, of an extension, in a header."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from slipher.errors import InputError

__all__ = ["band_in", "band_names", "layer_names", "picked", "without_band"]

NUMBERED = ("BAND", "FILTER", "FILT")
"""What keywords of one layer's band begin with: BAND0, FILTER1, FILT_02."""
LISTS = ("BANDS", "FILTERS", "BAND", "FILTER", "FILT")
"""Keywords of all layers' bands; the last three more often mean one band, or a position of the filter wheel."""
_PARTS = re.compile(r"[^A-Za-z0-9]+")


def band_in(text: str, bands: Sequence[str]) -> str | None:
    """The band that a name speaks of: HSC-G, g.00000, "g DECam SDSS c0001" and sdss_g are all g; None if not one.

    Args:
        text: the name.
        bands: the bands that may be meant, such as g, or lsst2016-g.
    """
    found = {_key(part): part for part in _PARTS.split(text) if part}
    meant = [band for band in bands if _key(band) in found or _key(_last(band)) in found]
    return meant[0] if len(meant) == 1 else None


def band_names(said: Any) -> list[str]:
    """The bands that an attribute or array names: gri, "g r i", "g,r,i" or one text each; none if it holds no text."""
    if isinstance(said, str):
        words = said.replace(",", " ").split()
        return words if len(words) > 1 else [*said.strip()]
    each = [part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in np.ravel(said).tolist()]
    return each if all(isinstance(part, str) for part in each) else []


def layer_names(notes: Mapping[str, Any], shape: Sequence[int], bands: Sequence[str]) -> list[str]:
    """The bands that a header or attributes give the layers of an image, in order; none if they say nothing.

    Args:
        notes: the header or attributes.
        shape: of the image; names that are not as many as one of its axes is long are those of filter wheels.
        bands: the bands that may be meant.
    """
    for start in NUMBERED:
        places = {int(m[1]): key for key in notes if (m := re.fullmatch(rf"{start}_?(\d+)", key, re.IGNORECASE))}
        names = [str(notes[places[place]]) for place in sorted(places)]
        if names and (start == "BAND" or len(names) in shape):
            return names
    said = {key.upper(): value for key, value in notes.items() if key.upper() in LISTS}
    for key in (key for key in LISTS if key in said):
        names = band_names(said[key])
        # one filter is a word, whose letters are no bands
        word = key not in ("BANDS", "FILTERS") and isinstance(said[key], str) and len(names) > 1
        letters = sum(band_in(name, bands) is not None for name in names)
        if key == "BANDS" or (len(names) in shape and (not word or letters > 1)):
            return names
    return []


def without_band(stem: str, bands: Sequence[str]) -> tuple[str, str | None]:
    """A file's name without the last part that names a band, and that band; None if no part does.

    Args:
        stem: the name without its suffix, such as 123_g, HSC-G/123, or cutout.123.r.unconv.
        bands: the bands that may be meant.
    """
    for place in reversed([*re.finditer(r"[A-Za-z0-9]+", stem)]):
        band = next((band for band in bands if _key(place[0]) in (_key(band), _key(_last(band)))), None)
        if band is not None:
            return _joined(stem[: place.start()], stem[place.end() :]), band
    return stem, None


def picked(names: Sequence[str], bands: Sequence[str], where: str) -> list[int]:
    """Where each of the bands lies among planes that a file names.

    Raises:
        InputError: if the file does not name them all, or one twice.
    """
    meant = [band_in(name, bands) for name in names]
    missing = [band for band in bands if meant.count(band) != 1]
    if missing:
        raise InputError(
            f"{where} says that its bands are {' '.join(names)}, but {' '.join(bands)} are named, and {missing[0]} is "
            f"{'there twice' if missing[0] in meant else 'not there'}; name bands that it has (--bands)."
        )
    return [meant.index(band) for band in bands]


def _joined(before: str, after: str) -> str:
    """What is left of a name, without the signs that stood around the part that is gone."""
    before, after = before.rstrip("._- "), after.lstrip("._- ")
    if not before.strip("/") or before.endswith("/"):
        return (before + after).strip("/")
    return before + (after and (after if after.startswith("/") else f"-{after}"))


def _last(band: str) -> str:
    """The band itself in a name such as lsst2016-g."""
    return _PARTS.split(band)[-1]


def _key(name: str) -> str:
    return name.lower()
