"""The unit of pixels as a file says it, or its user: what turns them into nanomaggies.

Sources of the conventions: FLUXMAG0 is the count of a source of magnitude 0 (HSC); PHOTZP, MAGZERO and their like are
the magnitude of one count; Pan-STARRS 1 compresses its stacks by an inverse hyperbolic sine, BOFFSET + 2 BSOFTEN
sinh(x ln 10 / 2.5), and one count in its whole exposure has magnitude 25 + 2.5 lg EXPTIME (Waters et al. 2020).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.units import Written, nanomaggies_per, read_unit

__all__ = ["Calibration", "calibrated"]

ZERO_POINTS = ("PHOTZP", "ZPT", "MAGZERO", "MAGZPT", "MAGZP", "ZEROPNT", "zero_point", "zeropoint", "ZEROPOINT")
"""Keywords of the AB magnitude of one count."""
LIKE_ZERO_POINT = re.compile(r"(?![BT]ZERO\d*$).*(ZP|ZERO|MAG_?0)", re.IGNORECASE)
"""How other keywords of the magnitude of one count are called; BZERO and TZERO1 are of the way numbers are stored."""
MAGNITUDES = (15.0, 40.0)
"""Between which a number is one."""
FLUX_OF_ONE = ("PHOTFLAM", "PHOTFNU", "PHOTMJSR")
"""Keywords of the flux density of one count a second, of the Space Telescopes."""
POGSON = 2.5 / math.log(10)
PS1_ZERO_POINT = 25.0
"""AB magnitude of one count a second in the stacks of Pan-STARRS 1."""
ALIKE = 1e-3
"""Factors that differ by less are those of one unit."""

_PER_PIXEL = re.compile(r"\s*(?:(?:/|per)\s*pix(?:els?)?|\s+pix(?:els?)?[*^]*-1)\s*$", re.IGNORECASE)

Notes = Mapping[str, Any]
Pixels = Float32[np.ndarray, "*pixels"]


@dataclass(frozen=True)
class Calibration:
    """How pixels become nanomaggies."""

    factor: float
    """Nanomaggies a count."""
    words: str
    """In which unit they are, and who says so."""
    asinh: tuple[float, float] | None = None
    """Offset and softening of pixels that are compressed."""

    def __call__(self, pixels: Pixels) -> Pixels:
        """Pixels in nanomaggies."""
        if self.asinh is not None:
            offset, softening = self.asinh
            pixels = np.float32(offset) + np.float32(2 * softening) * np.sinh(pixels / np.float32(POGSON))
        return np.asarray(pixels * np.float32(self.factor))


def calibrated(where: str, said: str | None, notes: Notes, unit: str | None, zero_point: float | None) -> Calibration:
    """The calibration of an image.

    Args:
        where: the image, for messages.
        said: its unit as the file writes it; None if it says nothing.
        notes: its header or attributes.
        unit: what the user says, one of `formats.units.UNITS`; None leaves it to the file, and then to nanomaggies.
        zero_point: the user's AB magnitude of one count; None takes the file's for counts.

    Raises:
        InputError: if both say something and not the same, or what is needed is not said.
    """
    asinh = _asinh(where, notes)
    found = _by_the_file(where, said, notes, asked=unit is not None or zero_point is not None)
    if unit is None and zero_point is None:
        factor, words = found or (1.0, "nanomaggies, since nothing else is said")
        return Calibration(factor, words, asinh)
    if unit == "count" and zero_point is None:
        zero_point = (_zero_point(where, notes) or (None,))[0]
    factor = nanomaggies_per(unit or "count", zero_point)
    if found is not None and abs(found[0] / factor - 1) > ALIKE:
        told = f"--unit {unit or 'count'}" + ("" if zero_point is None else f" --zero-point {zero_point:g}")
        raise InputError(
            f"{where} is in {found[1]}, but {told} is {_times(factor / found[0])} that; leave it to the file, or "
            "correct the file."
        )
    return Calibration(factor, f"{unit or 'count'}, as was said", asinh)


def _by_the_file(where: str, said: str | None, notes: Notes, asked: bool) -> tuple[float, str] | None:
    """Nanomaggies a count and the unit in words, as far as a file says them."""
    zero = _zero_point(where, notes)
    worth = _worth(said)
    if isinstance(worth, float):
        return worth, f"{said}, as it says"
    if zero is not None and worth is not False:
        return nanomaggies_per("count", zero[0]), f"counts with the zero point {zero[0]:g} ({zero[1]})"
    if asked:
        return None
    if worth is False:
        raise InputError(f"{where} is in {said!r}, which is no unit that is known; say its unit (--unit).")
    _refuse_likely(where, notes)
    if worth is None:
        return None
    raise InputError(
        f"{where} is in counts ({said!r}) and names no zero point; give it (--unit count --zero-point MAGNITUDE)."
    )


def _zero_point(where: str, notes: Notes) -> tuple[float, str] | None:
    """The AB magnitude of one count, and the keyword that says it."""
    if _number(notes, "FLUXMAG0"):
        return 2.5 * math.log10(_number(notes, "FLUXMAG0") or 1.0), "FLUXMAG0"
    for key in ZERO_POINTS:
        if (value := _number(notes, key)) is not None:
            return value, key
    if "BSOFTEN" in notes or "FPA.ZP" in notes:
        seconds = _number(notes, "EXPTIME")
        if not seconds:
            raise InputError(f"{where} is of Pan-STARRS 1, but has no EXPTIME, without which its counts mean nothing.")
        return PS1_ZERO_POINT + 2.5 * math.log10(seconds), "EXPTIME"
    return None


def _refuse_likely(where: str, notes: Notes) -> None:
    """See that a header says nothing of the unit where nothing in it is known to.

    Raises:
        InputError: if a keyword looks like a zero point.
    """
    for key in notes:
        number = _number(notes, key)
        like = LIKE_ZERO_POINT.match(key) and MAGNITUDES[0] <= (number or 0) <= MAGNITUDES[1]
        if like or (number and key in FLUX_OF_ONE):
            raise InputError(
                f"{where} names no unit that is known, but its {key} of {number:g} may be one's calibration; say what "
                "it is in (--unit count --zero-point MAGNITUDE, or --unit nanomaggy)."
            )


def _asinh(where: str, notes: Notes) -> tuple[float, float] | None:
    """Offset and softening of compressed pixels."""
    if "BSOFTEN" not in notes:
        return None
    offset, softening = _number(notes, "BOFFSET"), _number(notes, "BSOFTEN")
    if offset is None or not softening:
        raise InputError(f"{where} is compressed as Pan-STARRS 1 does it, but lacks BOFFSET or BSOFTEN; get it again.")
    return offset, softening


def _number(notes: Notes, key: str) -> float | None:
    """A keyword's number, if it is one."""
    try:
        value = float(np.ravel(notes[key])[0])
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return value if math.isfinite(value) else None


def _times(ratio: float) -> str:
    return f"{ratio:.4g} times" if ratio >= 1 else f"a {1 / ratio:.4g}th of"


def _worth(said: str | None) -> Written | Literal[False]:
    """What a unit of pixels is worth; a pixel's share of a flux is a flux. False if it is not understood."""
    try:
        found = read_unit(_PER_PIXEL.sub("", said or ""))
    except ValueError:
        return False
    return False if found == "magnitude" else found
