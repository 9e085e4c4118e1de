"""A galaxy as it would look fainter under the same sky, by a random amount.

Not of Hayat et al. (2021), but what their views lack where galaxies are few: two views that share their brightness are
told apart from all others by that alone, and nothing makes a network look at colours, which carry the redshift.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from slipher.physics.addednoise import with_white_noise

__all__ = ["FAINTEST", "random_dimming"]

FAINTEST = 1.5
"""Magnitudes by which a galaxy is dimmed at most."""


def random_dimming(
    images: Float[Tensor, "batch bands y x"],
    sigma: Float[Tensor, "bands"],
    generator: Generator,
    faintest: float = FAINTEST,
) -> Float[Tensor, "batch bands y x"]:
    """Images times s = 10^(−0.4 m), with m of each galaxy uniform between 0 and ``faintest``, and noise of (1 − s²) σ².

    Colours stay, and so does the variance of the sky; a source's own photon noise comes out smaller than it would be,
    by √s.

    Args:
        images: linear in flux and without sky, NaN where bad.
        sigma: standard deviation of the sky in each band, in the units of the images.
        generator: on the device of the images; the result is a function of its state.
        faintest: magnitudes.
    """
    share = torch.rand(len(images), generator=generator, device=images.device, dtype=images.dtype)
    scale = 10 ** (-0.4 * faintest * share)[:, None]
    return with_white_noise(images * scale[:, :, None, None], (1 - scale.square()).sqrt() * sigma.to(images), generator)
