"""A page of colour cutouts, to see what a store holds."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from slipher.errors import InputError
from slipher.extras import require
from slipher.figures import check_own, save_figure
from slipher.files import keep_apart, nearest_writable
from slipher.survey.rgb import channels, pictures
from slipher.survey.store import Galaxies, open_store

__all__ = ["cutout_page"]

COLUMNS = 8
DOTS_PER_INCH = 200
INCHES = 1.3
HEAD = 0.22
"""Inches for the identifier and the redshift above a cutout."""
LONGEST = 19
"""Characters of an identifier that are shown: as many as specObjID has."""


def cutout_page(path: str | Path, out: str | Path, count: int = 48) -> Path:
    """Draw colour cutouts of galaxies spread evenly over the store, with identifier and redshift.

    Args:
        path: the store.
        out: a .png or .pdf file; a page that was drawn before is drawn again.
        count: number of galaxies.

    Returns:
        The file drawn.

    Raises:
        InputError: if the store has no images, something else lies at ``out``, or matplotlib is not installed.
    """
    galaxies, out = open_store(path), Path(out)
    if out.suffix not in (".png", ".pdf"):
        raise InputError(f"{out} has the suffix {out.suffix!r}, but a page of cutouts is a .png or .pdf file.")
    if count < 1:
        raise InputError(f"{count} cutouts were asked for, but a page has at least 1.")
    if not galaxies.has("images"):
        raise InputError(f"{path} has no images to draw; leave --page out.")
    keep_apart(out, galaxies.path)
    check_own(out)
    nearest_writable(out)
    chosen = galaxies[np.unique(np.linspace(0, len(galaxies) - 1, min(count, len(galaxies))).round().astype(np.int64))]
    save_figure(_draw(chosen, pictures(chosen)), out, DOTS_PER_INCH)
    return out


def _draw(galaxies: Galaxies, drawn: UInt8[np.ndarray, "galaxies y x 3"]) -> Any:
    """The page as a matplotlib figure."""
    figures = require("matplotlib.figure", "plots")
    columns = min(COLUMNS, len(drawn))
    rows = math.ceil(len(drawn) / columns)
    height = INCHES * drawn.shape[1] / drawn.shape[2] + HEAD
    figure = figures.Figure(figsize=(INCHES * max(columns, 3), rows * height + HEAD), layout="constrained")
    figure.suptitle(_heading(galaxies), fontsize=7)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, picture, title in zip(axes, drawn, _titles(galaxies), strict=False):
        axis.imshow(picture, origin="lower", interpolation="nearest")
        axis.set_title(title, fontsize=5.5, pad=2)
    return figure


def _heading(galaxies: Galaxies) -> str:
    """What is shown, and how large."""
    weight, bands = channels(galaxies.bands), galaxies.bands
    names = ["+".join(band for band, share in zip(bands, row, strict=True) if share) for row in weight]
    colours = f"{bands[0]}" if len(bands) == 1 else f"red {names[0]}, green {names[1]}, blue {names[2]}"
    rows, columns = galaxies.shape or (0, 0)
    scale = galaxies.pixel_scale
    size = f"{columns} × {rows} pixels" + (f", {columns * scale:.1f}″ × {rows * scale:.1f}″" if scale else "")
    return f"{galaxies.path.name}: {colours}; {size}; hatched: bad pixels"


def _titles(galaxies: Galaxies) -> list[str]:
    """Identifier, redshift and missing bands of each galaxy."""
    there = np.asarray(galaxies.valid().any(axis=(2, 3)))
    titles = []
    for name, redshift, has in zip(galaxies.id, galaxies.redshift, there, strict=True):
        known = f"z = {redshift:.3f}" if np.isfinite(redshift) else "z unknown"
        lacks = [band for band, one in zip(galaxies.bands, has, strict=True) if not one]
        titles.append(f"{str(name)[:LONGEST]}\n{known}" + (f", no {' '.join(lacks)}" if lacks else ""))
    return titles
