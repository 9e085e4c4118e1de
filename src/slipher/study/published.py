"""The rows of Table 1 that others measured (Engel & Strube, section 5), and beside which galaxies they may stand."""

from dataclasses import dataclass, field

import numpy as np

from slipher.redshift import Grid
from slipher.survey.store import Galaxies

__all__ = ["PUBLISHED", "Published", "unlike"]

BANDS = ("u", "g", "r", "i", "z")
PIXEL_SCALE = 0.396
"""Arcseconds of a pixel of SDSS."""
Z_MAX = 0.45
"""The published grids end at 0.4; a little room for those who choose a round number."""
FAINTEST, SHARE = 18.3, 0.9
"""The main sample ends at r = 17.8 (Petrosian, dereddened); half a magnitude of room for other kinds of magnitudes, and
a tenth of the galaxies for noise."""

_TABLE = "Engel & Strube, Table 1"


@dataclass(frozen=True)
class Published:
    """One printed row."""

    name: str
    method: str
    beside: tuple[str, ...]
    """Groups that do the same, the first of which a study has is the one it stands beside."""
    metrics: dict[str, float] = field(default_factory=dict)
    """MAD as that work defines it; outliers above 0.05 as fractions."""
    source: str = _TABLE
    train_seconds: float | None = None


def _row(
    name: str, method: str, beside: tuple[str, ...], mad: float, bias: float, outliers: float, **more: str | float
) -> Published:
    """A work that subtracts the median from Δz reports mad_centred; the paper does not."""
    metrics = {"mad" if method == "resnet50" else "mad_centred": mad, "bias": bias, "outliers_0.05": outliers}
    return Published(name, method, beside, metrics, **more)  # type: ignore[arg-type]


def _paper(group: str, mad: float, bias: float, outliers: float, cde_loss: str, hours: float) -> Published:
    """The paper's CDE loss is in a unit of its own that it does not state, so it is quoted and not tabulated."""
    source = f"{_TABLE}, which prints a CDE loss of {cde_loss} in a unit it does not state"
    name, seconds = f"Engel & Strube, {group}", 3600 * hours
    return _row(name, "resnet50", (group,), mad, bias, outliers, source=source, train_seconds=seconds)


PUBLISHED = (
    _paper("baseline", 1.17e-2, 7.5e-4, 0.0148, "−8.34e−4", 7.16),
    _paper("augmented", 1.17e-2, 7.1e-4, 0.0222, "−7.69e−4", 8.16),
    _paper("constrained", 1.12e-2, -1.5e-4, 0.0188, "−8.04e−4", 24.52),
    _row("Beck et al. 2016", "local-linear", ("beck", "local-linear"), 1.43e-2, 1.6e-3, 0.025),
    _row("Dey et al. 2022", "capsule network", ("dey",), 8.98e-3, 7e-5, 0.0019),
    _row("Hayat et al. 2021", "self-supervised", ("hayat",), 8.25e-3, 1e-4, 0.0021),
    _row("Pasquet et al. 2019", "inception", ("pasquet",), 9.12e-3, 1e-4, 0.0031),
)


def unlike(galaxies: Galaxies, grid: Grid) -> str:
    """Why galaxies are unlike the SDSS main sample that the published rows were measured on; empty if they are not.

    Args:
        galaxies: those that a study scores.
        grid: its redshifts.
    """
    if galaxies.bands != BANDS:
        return f"these galaxies were observed in the bands {' '.join(galaxies.bands)}, not u g r i z"
    if grid.z_max > Z_MAX:
        return f"the redshift grid ends at {grid.z_max:g}, not at 0.4"
    if galaxies.pixel_scale is not None and abs(galaxies.pixel_scale / PIXEL_SCALE - 1) > 0.02:
        return f"a pixel of these images has {galaxies.pixel_scale:g} arcseconds, not {PIXEL_SCALE:g}"
    if galaxies.has("photometry"):
        bright = _bright(galaxies)
        if bright < SHARE:
            return (
                f"only {100 * bright:.0f} % of these galaxies are brighter than r = {FAINTEST:g}, as the main sample is"
            )
    return ""


def _bright(galaxies: Galaxies) -> float:
    """The fraction of the galaxies measured in r that are bright enough for the main sample."""
    band = BANDS.index("r")
    measured = np.isfinite(galaxies.flux[:, band]) & np.isfinite(galaxies.flux_error[:, band])
    return float(np.mean(galaxies.flux[measured, band] > 10 ** (0.4 * (22.5 - FAINTEST)))) if measured.any() else 0.0
