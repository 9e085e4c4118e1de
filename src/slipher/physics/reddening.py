"""More dust of the Galaxy in front of an image, by a random amount (Hayat et al. 2021; Stein et al. 2021)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from slipher.physics.extinction import EXTINCTION_PER_EBV_2011, extinction_coefficients

__all__ = ["MOST", "random_reddening", "reddening_coefficients"]

MOST = 0.5
"""E(B−V) that is added at most, magnitudes."""


def random_reddening(
    images: Float[Tensor, "batch bands y x"],
    coefficients: Float[Tensor, "bands"],
    generator: Generator,
    most: float = MOST,
) -> Float[Tensor, "batch bands y x"]:
    """Images times 10^(−0.4 R_b E), with E of each galaxy uniform between 0 and ``most``.

    Args:
        images: linear in flux.
        coefficients: R_b = A_b/E(B−V).
        generator: on the device of the images; the result is a function of its state.
        most: magnitudes.
    """
    ebv = most * torch.rand(len(images), generator=generator, device=images.device, dtype=images.dtype)
    passed = 10 ** (-0.4 * coefficients.to(images) * ebv[:, None])
    return images * passed[:, :, None, None]


def reddening_coefficients(bands: Sequence[str]) -> Float[Tensor, "bands"]:
    """R_b: those of Schlafly & Finkbeiner (2011) if the bands are SDSS's, as published; else those of SFD98's curve.

    Raises:
        InputError: if a band has no filter.
    """
    if set(bands) <= set(EXTINCTION_PER_EBV_2011):
        return torch.tensor([EXTINCTION_PER_EBV_2011[band] for band in bands], device="cpu")
    return torch.as_tensor(extinction_coefficients(bands), dtype=torch.float32, device="cpu")
