"""How cutouts are to be read."""

from dataclasses import dataclass

from slipher.errors import InputError
from slipher.formats.units import UNITS
from slipher.survey.stamps.axes import SMALLEST, check_layout

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """What the user says of the pixels; None leaves it to the file."""

    bands: tuple[str, ...]
    """From blue to red; in the order of the file, where it does not name them."""
    images: str | None = None
    """The array of cutouts."""
    layout: str | None = None
    unit: str | None = None
    zero_point: float | None = None
    """AB magnitude of one count."""
    size: int | None = None
    """Pixels a side to which the middle of every cutout is cut."""

    def __post_init__(self) -> None:
        if self.layout is not None:
            check_layout(self.layout)
        if self.unit is not None and self.unit not in UNITS:
            raise InputError(f"unit is {self.unit!r}, but must be one of {', '.join(UNITS)}.")
        if self.size is not None and self.size < SMALLEST:
            raise InputError(f"size is {self.size}, but a cutout has at least {SMALLEST} pixels on a side.")
