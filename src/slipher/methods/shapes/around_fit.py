"""A density around a point estimate, on the grid: a Gaussian, or what the neighbours' own residuals look like."""

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from slipher.redshift import Grid

__all__ = ["FLOOR", "gaussian_mass", "residual_mass"]

FLOOR = 1e-6
"""Mass a bin keeps that nothing reaches."""


def gaussian_mass(
    mean: Float[np.ndarray, "galaxies"], sigma: Float[np.ndarray, "galaxies"], grid: Grid
) -> Float[np.ndarray, "galaxies bins"]:
    """Mass of a Gaussian in each bin, renormalised on the grid; no narrower than a bin, every bin floored.

    Args:
        mean: redshifts; one outside the grid is taken at its edge.
        sigma: standard deviations in redshift.
        grid: the redshift grid.
    """
    centre = np.clip(mean, 0.0, grid.z_max)[:, None]
    width = np.maximum(sigma, grid.width / np.sqrt(12))[:, None]
    return _floored(np.diff(ndtr((grid.edges - centre) / width), axis=1))


def residual_mass(
    mean: Float[np.ndarray, "galaxies"],
    residual: Float[np.ndarray, "galaxies neighbours"],
    sigma: Float[np.ndarray, "galaxies"],
    grid: Grid,
) -> Float[np.ndarray, "galaxies bins"]:
    """Mass in each bin of the neighbours' residuals moved to the estimate and smoothed (a kernel density estimate).

    The kernel has the width 1.06 σ n^(−1/5) of Scott (1992, section 6.2) for n neighbours. Residuals are counted in
    bins and smoothed with the discrete Gaussian (Lindeberg 1990, IEEE TPAMI 12, 234), whose transfer function in
    units of the bin is exp(−h²(1 − cos ω)): positive and of variance h² however narrow it is.

    Args:
        mean: redshifts; one outside the grid is taken at its edge.
        residual: of each neighbour, those that the fit left out too: they are the tails.
        sigma: root mean square of the kept residuals.
        grid: the redshift grid.
    """
    around = np.clip(mean, 0.0, grid.z_max)[:, None] + residual
    # half a grid more on either side, so that nothing comes round from the other end
    margin = grid.bins // 2 + 1
    length = grid.bins + 2 * margin
    place = np.clip(np.floor(around / grid.width).astype(np.int64) + margin, 0, length - 1)
    rows = np.arange(len(mean))[:, None] * length
    counts = np.bincount((rows + place).ravel(), minlength=len(mean) * length).reshape(len(mean), length)
    width = 1.06 * residual.shape[1] ** -0.2 * sigma / grid.width
    frequency = 2 * np.pi * np.fft.rfftfreq(length)
    smooth = np.exp(-(width[:, None] ** 2) * (1 - np.cos(frequency)))
    mass = np.fft.irfft(np.fft.rfft(counts) * smooth, length)[:, margin : margin + grid.bins]
    return _floored(np.maximum(mass, 0.0))


def _floored(mass: Float[np.ndarray, "galaxies bins"]) -> Float[np.ndarray, "galaxies bins"]:
    """Renormalised on the grid, every bin floored."""
    mass = np.maximum(mass / mass.sum(axis=1, keepdims=True), FLOOR)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))
