"""Figures 4-6 of the paper: point estimates against spectroscopic redshifts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from slipher.density.scores import mad, residuals
from slipher.report.metrics import number
from slipher.report.smoothing import Extent, binned_kde, ridge_covariance
from slipher.report.style import DENSITY, INK, TRUTH, new_figure

__all__ = ["Points", "draw_redshifts"]

Values = Float[np.ndarray, "galaxies"]


@dataclass(frozen=True)
class Points:
    """Point estimates with their spectroscopic redshifts, and the limit beyond which one is an outlier."""

    redshift: Values
    estimate: Values
    limit: float
    """Outliers have |Δz| > limit."""

    @cached_property
    def residual(self) -> Values:
        """Δz = (z_p − z)/(1 + z)."""
        return residuals(self.estimate, self.redshift)

    @cached_property
    def outlier(self) -> Bool[np.ndarray, "galaxies"]:
        """Whether |Δz| exceeds the limit."""
        return np.asarray(np.abs(self.residual) > self.limit)

    @property
    def top(self) -> float:
        """Upper end of the axes: every point is inside."""
        return 1.04 * float(max(self.redshift.max(), self.estimate.max()))


def draw_redshifts(points: Points, title: str) -> Figure:
    """Draw the density of (z, z_p) with all outliers as points, and the residuals below it.

    Args:
        points: What is drawn.
        title: Heading.
    """
    figure = new_figure(4.8, 6.0)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.3, 1))
    _plane(above, points)
    _residuals(below, points)
    # above the axes, since anywhere inside it would hide outliers
    above.set_title(f"{title}\n", linespacing=1.4)
    above.text(0.5, 1.015, _numbers(points), transform=above.transAxes, ha="center", va="bottom", fontsize=9.5)
    return figure


def _plane(axes: Axes, points: Points) -> None:
    _density(axes, points.redshift, points.estimate, (0.0, points.top, 0.0, points.top))
    line = np.array([0.0, points.top])
    axes.plot(line, line, color=INK, linewidth=0.8)
    for sign in (-1, 1):
        axes.plot(line, line + sign * points.limit * (1 + line), color=INK, linewidth=0.8, linestyle=(0, (5, 3)))
    _dots(axes, points.redshift[points.outlier], points.estimate[points.outlier])
    axes.set(xlim=(0, points.top), ylim=(0, points.top), ylabel="Photometric redshift (mean of the density)")


def _residuals(axes: Axes, points: Points) -> None:
    reach = 2.2 * points.limit
    _density(axes, points.redshift, points.residual, (0.0, points.top, -reach, reach))
    axes.axhline(0, color=INK, linewidth=0.8)
    for sign in (-1, 1):
        axes.axhline(sign * points.limit, color=INK, linewidth=0.8, linestyle=(0, (5, 3)))
    _running(axes, points)
    beyond = np.clip(points.residual[points.outlier], -0.97 * reach, 0.97 * reach)
    _dots(axes, points.redshift[points.outlier], beyond)
    axes.set(ylim=(-reach, reach), xlabel="Spectroscopic redshift", ylabel="$\\Delta z$")


def _running(axes: Axes, points: Points, groups: int = 12) -> None:
    """Median and 16-84 % range of the residuals in bins of equally many galaxies."""
    order = np.array_split(np.argsort(points.redshift, kind="stable"), min(groups, points.redshift.size))
    centre = np.array([np.median(points.redshift[rows]) for rows in order])
    quantiles = np.array([np.quantile(points.residual[rows], [0.16, 0.5, 0.84]) for rows in order])
    axes.plot(centre, quantiles[:, 1], color=TRUTH, linewidth=1.3)
    for side in (0, 2):
        axes.plot(centre, quantiles[:, side], color=TRUTH, linewidth=0.8, linestyle=(0, (1, 1.2)))


def _density(axes: Axes, x: Values, y: Values, extent: Extent) -> None:
    density = binned_kde(x, y, ridge_covariance(x, y, (extent[3] - extent[2]) / 300), extent)
    axes.imshow(
        density,
        extent=extent,
        origin="lower",
        aspect="auto",
        cmap=DENSITY,
        norm=PowerNorm(0.6, vmin=0.0, vmax=float(density.max()) or 1.0),
        interpolation="bilinear",
        rasterized=True,
    )


def _dots(axes: Axes, x: Float[np.ndarray, "outliers"], y: Float[np.ndarray, "outliers"]) -> None:
    many = x.size > 400
    axes.scatter(x, y, s=3 if many else 8, color=INK, alpha=0.6, linewidths=0, rasterized=many, zorder=5)


def _numbers(points: Points) -> str:
    """The three point metrics of the paper, for the run that is drawn."""
    return (
        f"MAD {number(1e3 * float(mad(points.residual)), 2)}$\\times10^{{-3}}$    "
        f"bias {number(1e3 * float(points.residual.mean()), 2)}$\\times10^{{-3}}$    "
        f"$|\\Delta z|>{points.limit:g}$: {100 * points.outlier.mean():.2f} % ({points.outlier.sum():,})"
    )
