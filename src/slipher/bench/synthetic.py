"""Synthetic galaxies in memory: noise about a round blob. A step takes as long on them as on any others."""

import torch

from slipher.redshift import Grid
from slipher.training.examples import Examples

__all__ = ["BANDS", "correlation", "synthetic"]

BANDS = ("u", "g", "r", "i", "z")
SKY = 0.03
"""σ of the sky, nanomaggies a pixel."""
NEIGHBOUR = 0.2
"""Correlation of the noise of neighbouring pixels, such that it must be filtered."""


def synthetic(count: int, side: int, grid: Grid) -> Examples:
    """Galaxies with their sky, and responses drawn at random.

    Args:
        count: how many.
        side: pixels across.
        grid: of redshifts.
    """
    generator = torch.Generator().manual_seed(0)
    redshift = grid.z_max * (1 - torch.rand(count, generator=generator, dtype=torch.float64))
    axis = torch.arange(side) - (side - 1) / 2
    profile = torch.exp(-torch.hypot(axis[:, None], axis) / 3)
    noise = SKY * torch.randn(count, len(BANDS), side, side, generator=generator)
    return Examples(
        inputs=profile + noise,
        ebv=0.1 * torch.rand(count, generator=generator),
        redshift=redshift,
        label=torch.from_numpy(grid.index(redshift.numpy())),
        sources=(profile > SKY).repeat(count, 1, 1),
        sky_level=torch.zeros(count, len(BANDS)),
        sky_sigma=torch.full((count, len(BANDS)), SKY),
        response=1 + 0.3 * torch.randn(count, grid.bins, len(BANDS), generator=generator),
        counting=torch.tensor([False, True, True, True, False]).repeat(count, 1),
    )


def correlation() -> torch.Tensor:
    """An autocorrelation of noise, (bands, 5, 5)."""
    table = torch.zeros(len(BANDS), 5, 5)
    table[:, 2, 2] = 1
    table[:, 1:4:2, 2] = table[:, 2, 1:4:2] = NEIGHBOUR
    return table
