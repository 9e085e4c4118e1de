"""Synthetic galaxies, in memory or in a store: noise about a round blob. A step takes as long on them as on others."""

from pathlib import Path

import numpy as np
import torch

from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.writer import StoreWriter
from slipher.training.examples import Examples

__all__ = ["BANDS", "SKY", "correlation", "synthetic", "write_store"]

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


def write_store(path: Path, count: int, side: int, grid: Grid, validation: int = 0) -> Path:
    """Write a store of galaxies to train on, block after block the same but for their identifiers.

    Args:
        path: where to.
        count: how many.
        side: pixels across.
        grid: of redshifts.
        validation: how many of them, the last, are for validation.
    """
    schema = galaxy_schema(count, BANDS, source="synthetic", simulated=True, shape=(side, side), photometry=False)
    block = _columns(min(schema.block, count), side, grid)
    with StoreWriter(path, schema, "bench") as writer:
        for start, stop in writer.missing():
            places = np.arange(start, stop)
            own: dict[str, np.ndarray] = {"id": places, "split": (places >= count - validation).astype(np.uint8)}
            writer.write(start, {name: values[: stop - start] for name, values in block.items()} | own)
        writer.put("sky/correlation", correlation().numpy())
        writer.finish()
    return path


def _columns(count: int, side: int, grid: Grid) -> dict[str, np.ndarray]:
    """Columns of some galaxies, but for those that tell them apart."""
    found = synthetic(count, side, grid)
    assert found.sources is not None
    assert found.sky_level is not None
    assert found.sky_sigma is not None
    return {
        "redshift": found.redshift.numpy(),
        "ebv": found.ebv.numpy(),
        "images": found.inputs.half().numpy(),
        "valid": np.ones(found.inputs.shape, bool),
        "sources": found.sources.numpy(),
        "sky/level": found.sky_level.numpy(),
        "sky/sigma": found.sky_sigma.numpy(),
    }
