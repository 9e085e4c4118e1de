"""The background operator B (appendix B.3): the sky of an image drawn anew, its galaxy kept.

Two readings: :func:`paper_background` follows the paper to the letter, :func:`robust_background` redraws the pixels
that hold no source (:mod:`slipher.physics.sources`) with the noise measured in them (:mod:`slipher.physics.skynoise`).
"""

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from slipher.physics.skynoise import sky_correlation, sky_statistics
from slipher.physics.sources import find_sources

__all__ = [
    "clipped_statistics",
    "correlated_noise",
    "find_sources",
    "is_white",
    "paper_background",
    "robust_background",
    "sky_correlation",
    "sky_statistics",
]

Images = Float[Tensor, "batch bands y x"]
PerBand = Float[Tensor, "batch bands"]


def paper_background(
    images: Images, generator: Generator, clips: int = 1, valid: Bool[Tensor, "batch bands y x"] | None = None
) -> Images:
    """Redraw every pixel below m + σ from N(m, σ), with m and σ after one-sigma clips of the whole image.

    Kept exactly as the paper has it. On pure noise of σ = 1 one clip gives σ = 0.54, and since the upper pixels stay
    the sky is lifted by 0.34.

    Args:
        images: any units.
        generator: on the device of the images; the result is a function of its state.
        clips: number of clips.
        valid: good pixels; bad ones, and any that are not finite, stay as they are and are not measured.
    """
    usable = _usable(images, valid)
    mean, sigma = clipped_statistics(images, usable, clips)
    mean, sigma = mean[..., None, None], sigma[..., None, None]
    noise = _white(images, generator) * sigma + mean
    return torch.where(usable & (images < mean + sigma), noise, images)


def robust_background(
    images: Images,
    sources: Bool[Tensor, "batch y x"],
    level: PerBand,
    sigma: PerBand,
    correlation: Float[Tensor, "bands lag lag"] | None,
    generator: Generator,
    valid: Bool[Tensor, "batch bands y x"] | None = None,
) -> Images:
    """Redraw the pixels that hold no source from the sky's own distribution.

    Args:
        images: any units.
        sources: pixels that hold light of a source and stay as they are.
        level: mean of the sky, in the units of the images.
        sigma: standard deviation of the sky, in the units of the images.
        correlation: autocorrelation of the noise by lag, 1 at its centre; None means white noise.
        generator: on the device of the images; the result is a function of its state.
        valid: good pixels; bad ones, and any that are not finite, stay as they are.
    """
    noise = _white(images, generator)
    if correlation is not None:
        noise = correlated_noise(noise, correlation)
    noise.mul_(sigma[..., None, None]).add_(level[..., None, None])
    return torch.where(_usable(images, valid) & ~sources[:, None], noise, images)


def clipped_statistics(images: Images, usable: Bool[Tensor, "batch bands y x"], clips: int) -> tuple[PerBand, PerBand]:
    """Mean and standard deviation of each image's usable pixels after ``clips`` clips at one sigma about the mean."""
    mean, sigma = _moments(images, usable)
    for _ in range(clips):
        inside = (images - mean[..., None, None]).abs() <= sigma[..., None, None]
        mean, sigma = _moments(images, usable & inside)
    return mean, sigma


def correlated_noise(white: Images, correlation: Float[Tensor, "bands lag lag"]) -> Images:
    """White noise of unit variance filtered to have a given autocorrelation, still of unit variance.

    The filter is the square root of the power spectrum that belongs to the autocorrelation (Wiener–Khinchin) on the
    image's torus; negative power, which noise in the measurement leaves, is set to zero.

    Args:
        white: independent normal deviates.
        correlation: autocorrelation by lag, 1 at its centre, zero beyond its edge.
    """
    rows, columns = white.shape[-2:]
    bands, lags, _ = correlation.shape
    torus = white.new_zeros((bands, rows, columns))
    torus[:, :lags, :lags] = correlation.to(white)
    torus = torus.roll((-(lags // 2), -(lags // 2)), dims=(-2, -1))
    power = torch.fft.fft2(torus).real.clamp_min(0.0)
    power = power / power.mean(dim=(-2, -1), keepdim=True)
    amplitude = power.sqrt()[..., : columns // 2 + 1]
    noise: Tensor = torch.fft.irfft2(torch.fft.rfft2(white).mul_(amplitude), s=(rows, columns))
    return noise


def is_white(correlation: Float[Tensor, "bands lag lag"]) -> bool:
    """Whether an autocorrelation is that of white noise: 1 at its centre and 0 elsewhere. Waits for the device."""
    centre = correlation.shape[-1] // 2
    delta = torch.zeros_like(correlation)
    delta[:, centre, centre] = 1.0
    return torch.equal(correlation, delta)


def _white(images: Images, generator: Generator) -> Images:
    return torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)


def _usable(images: Images, valid: Bool[Tensor, "batch bands y x"] | None) -> Bool[Tensor, "batch bands y x"]:
    # x − x is 0 unless x is infinite or NaN: isfinite itself goes through the pixels twice as often
    finite = images - images == 0
    return finite if valid is None else finite & valid


def _moments(images: Images, inside: Bool[Tensor, "batch bands y x"]) -> tuple[PerBand, PerBand]:
    """Mean and standard deviation of the pixels inside; 0 and 0 where there are none."""
    count = inside.sum(dim=(-2, -1)).clamp_min(1)
    mean = torch.where(inside, images, 0.0).sum(dim=(-2, -1)) / count
    deviation = torch.where(inside, images - mean[..., None, None], 0.0)
    return mean, (deviation.square().sum(dim=(-2, -1)) / count).sqrt()
