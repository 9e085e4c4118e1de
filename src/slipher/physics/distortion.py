"""A galaxy of another apparent size and shape, by a random amount.

As `random_dimming`, it takes away by what else galaxies are told apart, so that colours remain.
"""

import math

import torch
from torch import Generator

from slipher.physics.warp import Maps, rotation

__all__ = ["ELONGATION", "ZOOM", "random_distortion"]

ZOOM = 0.5
"""Largest |ln| of the factor of size: 0.6 to 1.65 times as large."""
ELONGATION = 0.6
"""Largest ln of the ratio of axes that a round galaxy takes on: 1.8."""


def random_distortion(galaxies: int, generator: Generator) -> Maps:
    """Maps for `warped`: larger or smaller, and sheared along a random axis, uniform in logarithms.

    Args:
        galaxies: how many.
        generator: on the device of the images; the result is a function of its state.
    """
    zoom, stretch, axis = torch.rand(3, galaxies, generator=generator, device=generator.device)
    size = torch.exp(ZOOM * (2 * zoom - 1))
    ratio = torch.exp(ELONGATION * stretch / 2)
    turn = rotation(math.pi * axis)
    return turn @ torch.diag_embed(torch.stack([size * ratio, size / ratio], dim=-1)) @ turn.mT
