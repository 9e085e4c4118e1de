"""Units of brightness that cutouts come in, turned into nanomaggies.

A source of 1 nanomaggy has AB magnitude 22.5 and a flux density of 3631 nJy (Oke & Gunn 1983; SDSS).
"""

from slipher.errors import InputError

__all__ = ["UNITS", "nanomaggies_per"]

_FIXED = {"nanomaggy": 1.0, "nJy": 1 / 3631.0, "uJy": 1 / 3.631}
UNITS = (*_FIXED, "count")
"""Names of the units."""


def nanomaggies_per(unit: str, zero_point: float | None = None) -> float:
    """Nanomaggies in one of a unit.

    Args:
        unit: one of `UNITS`.
        zero_point: AB magnitude of a source of one count; for counts only.

    Raises:
        InputError: if the unit is unknown, or the zero point is missing or out of place.
    """
    if unit not in UNITS:
        raise InputError(f"unit is {unit!r}, but must be one of {', '.join(UNITS)}.")
    if (unit == "count") != (zero_point is not None):
        wrong = "needs a zero point" if unit == "count" else "takes no zero point"
        raise InputError(f"unit {unit} {wrong}; the AB magnitude of one count goes with unit count (--zero-point).")
    return _FIXED[unit] if zero_point is None else 10 ** (-0.4 * (zero_point - 22.5))
