"""Which axis of an array of cutouts is what: galaxies N, bands C, rows H and columns W of pixels."""

from collections.abc import Iterator
from itertools import permutations

from slipher.errors import InputError

__all__ = ["SMALLEST", "check_layout", "layout_of", "listed_layouts"]

SMALLEST = 8
"""Pixels across the least cutout."""
USUAL = ("NCHW", "NHWC", "CNHW")
"""The orders that people use, of which one is taken where it fits, whatever else would fit too."""
WORDS = {"N": "galaxies", "C": "bands", "H": "y", "W": "x"}

Shape = tuple[int, ...]


def check_layout(layout: str) -> None:
    """See that a layout is one.

    Raises:
        InputError: if it is not.
    """
    if sorted(layout) not in (sorted(letters) for letters in ("NCHW", "NHW", "CHW", "HW")):
        raise InputError(
            f"layout is {layout!r}, but must be the letters N (galaxies), C (bands), H (y) and W (x) in the order of "
            "the array's axes, such as NHWC; N is left out for one galaxy, C for one band."
        )


def layout_of(shape: Shape, bands: int, count: int | None, where: str) -> str:
    """The layout that an array must have, by its shape.

    Args:
        shape: of the array.
        bands: number of bands.
        count: number of galaxies, where it is known.
        where: the array, for messages.

    Raises:
        InputError: if none fits, or several do.
    """
    fitting = [layout for layout in _every(len(shape)) if _fits(shape, layout, bands, count)]
    square = [layout for layout in fitting if shape[layout.index("H")] == shape[layout.index("W")]]
    usual = [layout for layout in square or fitting if layout in USUAL]
    possible = usual or square or fitting
    if len(possible) == 1:
        return possible[0]
    has = f"{where} has shape {shape}"
    known = f"{bands} bands" + ("" if count is None else f" and {count} galaxies")
    if possible:
        raise InputError(f"{has}, which with {known} may be {' or '.join(possible)}; say which (--layout).")
    raise InputError(
        f"{has}, which is no array of cutouts of {known}, {SMALLEST} by {SMALLEST} pixels or more; name the bands that "
        "it has (--bands), or another array (--images)."
    )


def listed_layouts(layout: str) -> str:
    """A layout in words."""
    return f"{layout} ({', '.join(WORDS[letter] for letter in layout)})"


def _fits(shape: Shape, layout: str, bands: int, count: int | None) -> bool:
    """Whether an array can have a layout."""
    size = dict(zip(layout, shape, strict=True))
    return (
        size.get("C", 1) == bands
        and (count is None or size.get("N", 1) == count)
        and min(size["H"], size["W"]) >= SMALLEST
    )


def _every(axes: int) -> list[str]:
    """Every layout of so many axes, the rows of pixels before the columns."""
    return [*_layouts(axes)]


def _layouts(axes: int) -> Iterator[str]:
    for letters in {4: ["NCHW"], 3: ["NHW", "CHW"], 2: ["HW"]}.get(axes, []):
        for order in permutations(letters):
            if order.index("H") < order.index("W"):
                yield "".join(order)
