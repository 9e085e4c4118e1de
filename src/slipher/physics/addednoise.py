"""More noise on an image, by a random amount (Hayat et al. 2021)."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

__all__ = ["random_noise", "with_white_noise"]


def random_noise(
    images: Float[Tensor, "batch bands y x"], sigma: Float[Tensor, "bands"], generator: Generator
) -> Float[Tensor, "batch bands y x"]:
    """Images with Gaussian white noise, whose standard deviation is U(0, 1) of each galaxy times σ of the band.

    Args:
        images: any units, NaN where bad.
        sigma: standard deviation of the sky in each band, in the units of the images.
        generator: on the device of the images; the result is a function of its state.
    """
    share = torch.rand(len(images), generator=generator, device=images.device, dtype=images.dtype)
    return with_white_noise(images, share[:, None] * sigma.to(images), generator)


def with_white_noise(
    images: Float[Tensor, "batch bands y x"], sigma: Float[Tensor, "batch bands"], generator: Generator
) -> Float[Tensor, "batch bands y x"]:
    """Images with Gaussian white noise of that standard deviation, in their units."""
    white = torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
    return images + white * sigma[:, :, None, None]
