"""A page of colour cutouts, to see what a store holds."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, UInt8

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import replacing
from slipher.survey.store import Galaxies, open_store

__all__ = ["colour", "cutout_page"]

COLUMNS = 8
INCHES = 1.15
SOFTENING = 8.0
STRETCH = 10.0
"""Where the stretch turns from linear to logarithmic, in units of the sky noise."""


def cutout_page(path: str | Path, out: str | Path, count: int = 48) -> Path:
    """Draw colour cutouts of galaxies spread evenly over the store, with identifier and redshift.

    Args:
        path: the store.
        out: a .png or .pdf file.
        count: number of galaxies.

    Returns:
        The file drawn.

    Raises:
        InputError: if the store has no images, or matplotlib or astropy is not installed.
    """
    galaxies, out = open_store(path), Path(out)
    if out.suffix not in (".png", ".pdf"):
        raise InputError(f"{out} has the suffix {out.suffix!r}, but a page of cutouts is a .png or .pdf file.")
    if count < 1:
        raise InputError(f"{count} cutouts were asked for, but a page has at least 1.")
    chosen = galaxies[np.unique(np.linspace(0, len(galaxies) - 1, min(count, len(galaxies))).round().astype(np.int64))]
    pictures = colour(chosen.images(), _noise(chosen), chosen.bands)
    with replacing(out) as temporary:
        _draw(chosen, pictures).savefig(temporary, dpi=150)
    return out


def colour(
    images: Float32[np.ndarray, "galaxies bands y x"], noise: Float[np.ndarray, "bands"], bands: tuple[str, ...]
) -> UInt8[np.ndarray, "galaxies y x 3"]:
    """Pictures after Lupton et al. (2004, PASP 116, 133): brightness is stretched, colour is kept.

    Args:
        images: cutouts in nanomaggies.
        noise: of one sky pixel in each band, nanomaggies.
        bands: names of the bands from blue to red.

    Raises:
        InputError: if astropy is not installed.
    """
    visualization = require("astropy.visualization", "spectra")
    red, green, blue = _channels(bands)
    scale = noise[[red, green, blue]]
    scaled = images[:, [red, green, blue]] / scale[:, None, None]
    # astropy divides by the brightness before it discards the pixels that have none, as bad ones do.
    with np.errstate(divide="ignore", invalid="ignore"):
        pictures = [visualization.make_lupton_rgb(*image, stretch=STRETCH, Q=SOFTENING) for image in scaled]
    return np.stack(pictures)


def _channels(bands: tuple[str, ...]) -> tuple[int, int, int]:
    """Which bands are shown red, green and blue: i, r and g where there are, otherwise the last, middle and first."""
    if {"g", "r", "i"} <= set(bands):
        return bands.index("i"), bands.index("r"), bands.index("g")
    return len(bands) - 1, len(bands) // 2, 0


def _noise(galaxies: Galaxies) -> Float[np.ndarray, "bands"]:
    """The typical noise of a sky pixel in each band; where none was measured, from the lower half of the pixels."""
    if galaxies.has("sky"):
        noise = np.nanmedian(galaxies.sky_sigma, axis=0).astype(np.float64)
    else:
        pixels = galaxies.images().transpose(1, 0, 2, 3).reshape(len(galaxies.bands), -1)
        noise = np.median(pixels, axis=1) - np.quantile(pixels, 0.159, axis=1)
    return np.asarray(np.where(noise > 0, noise, 1.0))


def _draw(galaxies: Galaxies, pictures: UInt8[np.ndarray, "galaxies y x 3"]) -> Any:
    """The page as a matplotlib figure."""
    figures = require("matplotlib.figure", "plots")
    columns = min(COLUMNS, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    figure = figures.Figure(figsize=(INCHES * columns, 1.2 * INCHES * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, picture, name, redshift in zip(axes, pictures, galaxies.id, galaxies.redshift, strict=False):
        axis.imshow(picture, origin="lower", interpolation="nearest")
        axis.set_title(f"{name}" + (f"\nz = {redshift:.3f}" if np.isfinite(redshift) else ""), fontsize=6, pad=2)
    return figure
