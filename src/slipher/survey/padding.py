"""Pixels that hold a number though nothing was measured there: padding along the edges of a cutout, and codes.

Whoever cuts at the edge of a frame must fill what lies beyond, mostly with 0. Taken for sky, that makes the noise of
the sky too small and every measurement on it wrong. Padding is known by its sameness: a stretch of pixels along an edge
that hold exactly one value, and more of them together than chance allows where that value stands elsewhere in the image
too, as 0 does in counts of few photons.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Shaped
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import binary_closing, binary_dilation, binary_opening, label

from slipher.formats.plausible import is_code

__all__ = ["Unmeasured", "blank_out", "padding", "without_padding"]

CHANCE = 1e-6
"""How often, at most, a stretch that is taken for padding may come about by chance in one image."""
FEW = 20
"""Pairs of neighbours that are added to those seen, so that a handful proves nothing."""
SPECKLES = 2e-3
"""Share of the pixels in the midst of padding that may be something else."""
MOST_VALUES = 3
"""Values that one image may be padded with."""
FAR = 20.0
"""Standard deviations of an image below its level under which a code is no measurement."""
HUGE = 1e15
"""1e20, 1e30 and the like: no pixel is so bright."""

Plane = Shaped[np.ndarray, "y x"]
Mask = Bool[np.ndarray, "y x"]


@dataclass(frozen=True)
class Unmeasured:
    """What was found in some galaxies; sums are those of more galaxies."""

    galaxies: int = 0
    pixels: int = 0
    padded: int = 0
    """Galaxies with padding in some band, but in none the whole of it."""
    padding: int = 0
    """Pixels of padding in them."""
    lacking: int = 0
    """Galaxies that hold but one value in the whole of some band."""
    coded: int = 0
    """Galaxies with codes."""
    codes: int = 0
    """Pixels that hold a code."""
    values: frozenset[float] = field(default_factory=frozenset)
    """What the padding holds, in the units of the file."""
    coding: frozenset[float] = field(default_factory=frozenset)

    def __add__(self, other: "Unmeasured") -> "Unmeasured":
        counts = ("galaxies", "pixels", "padded", "padding", "lacking", "coded", "codes")
        return Unmeasured(
            **{name: getattr(self, name) + getattr(other, name) for name in counts},
            values=self.values | other.values,
            coding=self.coding | other.coding,
        )

    def sentences(self) -> Iterator[str]:
        """What to tell of it, a sentence each."""
        if self.padded:
            share = self.padding / (self.padded * self.pixels / self.galaxies)
            yield (
                f"{self.padded:,} of {self.galaxies:,} galaxies are padded along an edge with {_listed(self.values)} "
                f"({100 * share:.3g} % of their pixels); that is no measurement, and these pixels count as bad."
            )
        if self.lacking:
            yield (
                f"{self.lacking:,} of {self.galaxies:,} galaxies hold nothing but {_listed(self.values)} in a whole "
                "band, which counts as missing."
            )
        if self.coded:
            yield (
                f"{self.codes:,} pixels of {self.coded:,} of {self.galaxies:,} galaxies hold {_listed(self.coding)}, "
                "which stands for no measurement; they count as bad."
            )


def without_padding(
    images: Shaped[np.ndarray, "galaxies bands y x"],
) -> tuple[Float32[np.ndarray, "galaxies bands y x"], Unmeasured]:
    """The images with NaN where nothing was measured, and what was found.

    Args:
        images: cutouts in the units of their file.
    """
    out = np.array(images, np.float32)
    return out, blank_out(out)


def blank_out(images: Float32[np.ndarray, "galaxies bands y x"], codes: bool = True) -> Unmeasured:
    """As `without_padding`, in the images themselves.

    Args:
        images: cutouts in the units of their file.
        codes: whether there may be codes.
    """
    coded = _codes(images) if codes else np.zeros(images.shape, bool)
    suspects = np.argwhere(_suspicious(images))
    if not len(suspects) and not coded.any():
        return Unmeasured(galaxies=len(images), pixels=images.size)
    same = np.zeros(images.shape, bool)
    for galaxy, band in suspects:
        same[galaxy, band] = padding(images[galaxy, band])
    found = _counted(images, same, coded)
    images[same | coded] = np.nan
    return found


def _counted(
    images: Float32[np.ndarray, "galaxies bands y x"],
    same: Bool[np.ndarray, "galaxies bands y x"],
    coded: Bool[np.ndarray, "galaxies bands y x"],
) -> Unmeasured:
    """How much padding and how many codes there are."""
    whole = np.asarray(same.all(axis=(2, 3))).any(axis=1)
    padded = same.any(axis=(1, 2, 3)) & ~whole
    return Unmeasured(
        galaxies=len(images),
        pixels=images.size,
        padded=int(padded.sum()),
        padding=int(same[padded].sum()),
        lacking=int(whole.sum()),
        coded=int(coded.any(axis=(1, 2, 3)).sum()),
        codes=int(coded.sum()),
        values=frozenset(np.unique(images[same]).tolist()),
        coding=frozenset(np.unique(images[coded]).tolist()),
    )


def padding(image: Plane) -> Mask:
    """The pixels of an image that are padding: all of them, if it holds one value only.

    Args:
        image: one band of a cutout, or a frame, in any units.
    """
    found = np.zeros(image.shape, bool)
    edge = _edge(image)
    values, counts = np.unique(edge[1:][edge[1:] == edge[:-1]], return_counts=True)
    for value in values[np.argsort(counts)[::-1][:MOST_VALUES]]:
        same = image == value
        if _reaches_in(same, 2) or _lines(same).any():
            others = image[np.isfinite(image) & ~same]
            found |= _stretch(same, bool((others > value).all() or (others < value).all()))
    return found


def _suspicious(images: Float32[np.ndarray, "galaxies bands y x"]) -> Bool[np.ndarray, "galaxies bands"]:
    """Images with the same value in two neighbouring pixels of the edge: measured ones of floats have none."""
    edge = _edge(images)
    return np.asarray((edge[..., 1:] == edge[..., :-1]).any(axis=-1))


def _edge(images: Shaped[np.ndarray, "*images y x"]) -> Shaped[np.ndarray, "*images pixels"]:
    """The outermost pixels, once around."""
    sides = (images[..., 0, :], images[..., 1:, -1], images[..., -1, -2::-1], images[..., -2::-1, 0])
    return np.concatenate(sides, axis=-1)


def _stretch(same: Mask, extreme: bool) -> Mask:
    """The pixels along the edges of which there are more together than chance allows.

    Whole lines along an edge are looked at first, then blocks of ever larger sides, until so many pixels are by chance
    in no image as full as the rest of this one, and until there are none away from the edges.

    Args:
        same: which pixels hold the value.
        extreme: whether all others lie on one side of it. Then it may be where they are cut off, and stand together in
            patches as noise does: blocks of half the side must not be there either.
    """
    if same.all():
        return same
    lines = _lines(same)
    found = lines if _is_no_chance(lines, same, int(lines.sum())) else np.zeros(same.shape, bool)
    for side in range(2, min(same.shape) // 2 + 1):
        blocks, inside = _blocks(same, side)
        if not blocks.any():
            break
        # an opening rounds corners, so that the pixels next to it belong to it too
        around = np.asarray(binary_dilation(blocks | found, np.ones((3, 3))))
        if not _is_no_chance(around, same, side**2) or inside.any() or _speckled(blocks, same, side):
            continue
        if not extreme or side < 4 or not _blocks(same, side // 2)[1].any():
            return np.asarray(same & around)
    return found


def _is_no_chance(region: Mask, same: Mask, together: int) -> bool:
    """Whether so many pixels that are the same would hardly stand together in the rest of the image."""
    return bool(region.any()) and _likelihood(same & ~region, ~region) ** together * same.size < CHANCE


def _blocks(same: Mask, side: int) -> tuple[Mask, Mask]:
    """Where square blocks are wholly the same: parts that reach an edge, and those that do not."""
    if not _reaches_in(same, side):
        return np.zeros(same.shape, bool), np.zeros(same.shape, bool)
    opened = np.asarray(binary_opening(same, np.ones((side, side))))
    parts: Plane = label(opened)[0]
    reaching = np.unique(_edge(parts))
    edge: Mask = np.asarray(np.isin(parts, reaching[reaching > 0]))
    return edge, opened & ~edge


def _reaches_in(same: Mask, side: int) -> bool:
    """Whether a square block at some edge is wholly the same."""
    strips = (same[:side], same[-side:], same[:, :side].T, same[:, -side:].T)
    return any(sliding_window_view(strip.all(axis=0), side).all(axis=1).any() for strip in strips)


def _speckled(region: Mask, same: Mask, side: int) -> bool:
    """Whether pixels in the midst of a region are something else: then it is sky with few photons."""
    rim = ((side, side), (side, side))
    closed: Mask = np.asarray(binary_closing(np.pad(region, rim, mode="edge"), np.ones((side, side))))
    return int((closed[side:-side, side:-side] & ~same).sum()) > SPECKLES * int(region.sum())


def _lines(same: Mask) -> Mask:
    """Rows and columns that are all the same, from an edge on inwards."""
    if not any(line.all() for line in (same[0], same[-1], same[:, 0], same[:, -1])):
        return np.zeros(same.shape, bool)
    found = np.zeros(same.shape, bool)
    for view, target in ((same, found), (same.T, found.T)):
        full = np.asarray(view.all(axis=1))
        target[np.logical_and.accumulate(full)] = True
        target[np.logical_and.accumulate(full[::-1])[::-1]] = True
    return found


def _likelihood(same: Mask, rest: Mask) -> float:
    """How likely a pixel of the rest of an image holds the value, if its neighbour does.

    Args:
        same: which pixels of the rest hold the value.
        rest: all pixels of the rest.
    """
    neighbours = int((same[1:] & same[:-1]).sum() + (same[:, 1:] & same[:, :-1]).sum())
    number = int(same.sum())
    return max(number / max(int(rest.sum()), 1), neighbours / (2 * number + FEW))


def _codes(images: Float32[np.ndarray, "galaxies bands y x"]) -> Bool[np.ndarray, "galaxies bands y x"]:
    """Pixels that hold −99, −32768, 1e20 or another code for no measurement, far below all others or beyond all."""
    found = np.zeros(images.shape, bool)
    low, high = (extreme.reduce(images, axis=(2, 3)) for extreme in (np.fmin, np.fmax))
    for galaxy, band in zip(*np.nonzero(is_code(low.astype(np.float64)) | (high >= HUGE)), strict=True):
        found[galaxy, band] = _coded(images[galaxy, band])
    return found


def _coded(image: Float32[np.ndarray, "y x"]) -> Mask:
    """Pixels of an image that hold a code."""
    finite, huge = np.isfinite(image), np.abs(image) >= HUGE
    negative = is_code(image.astype(np.float64)) & (image < 0)
    others = image[finite & ~huge & ~negative]
    if not len(others):
        return np.asarray(finite & (huge | negative))
    level = np.median(others)
    sigma = 1.4826 * np.median(np.abs(others - level))
    return np.asarray(finite & (huge | (negative & (image < level - FAR * sigma))))


def _listed(values: frozenset[float]) -> str:
    """A few values in words."""
    each = [f"{value:g}" for value in sorted(values)]
    return f"{each[0]} to {each[-1]} ({len(each)} values)" if len(each) > MOST_VALUES else " and ".join(each)
