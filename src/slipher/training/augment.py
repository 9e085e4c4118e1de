"""Other views of the same galaxies: turned, moved, distorted, behind dust, fainter, noisier, with their sky drawn anew.

Symmetries and backgrounds are those of Engel & Strube (B.2, B.3); distortion and dimming are ours; all else is what
Hayat et al. (2021) do.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from slipher.physics.addednoise import random_noise
from slipher.physics.dimming import random_dimming
from slipher.physics.distortion import random_distortion
from slipher.physics.reddening import random_reddening
from slipher.physics.sky import is_white, paper_background, robust_background
from slipher.physics.symmetry import SYMMETRIES, apply_symmetry
from slipher.physics.warp import rotation, warped
from slipher.physics.window import centre_cut, moved
from slipher.training.examples import Examples

__all__ = ["JITTER", "Augmenter"]

JITTER = 7
"""Pixels that a centre is moved at most, in y and in x."""


@dataclass(frozen=True)
class Augmenter:
    """From images as the store has them to images as the network sees them."""

    sky: str = "robust"
    """"robust" or "paper"."""
    clips: int = 1
    """Rounds of clipping of the paper's reading."""
    correlation: Float[Tensor, "bands dy dx"] | None = None
    """Autocorrelation of the sky noise, for the robust reading; None draws white noise."""
    size: tuple[int, int] | None = None
    """(y, x) of what the network sees, the middle of larger images; None sees all."""
    sigma: Float[Tensor, "bands"] | None = None
    """σ_sky of each band in nanomaggies, for "dimming" and "noise"."""
    reddening: Float[Tensor, "bands"] | None = None
    """R_b = A_b/E(B−V) of each band, for "reddening"."""

    def __call__(
        self, examples: Examples, operations: Collection[str], generator: Generator
    ) -> Float[Tensor, "batch ..."]:
        """Images after the operations named, of the size that the network sees.

        The order is that of nature: sky and dust on the pixels as they were taken, then rotation, distortion and
        jitter, for which an image that is larger than what the network sees has a margin, then flips and quarter turns,
        and new noise.

        Args:
            examples: images in nanomaggies, NaN where bad; with their measured sky if it is drawn anew.
            operations: of ``AUGMENTATIONS``.
            generator: on the images' device.

        Returns:
            Images in nanomaggies, NaN where bad; or what is no image, as it is.
        """
        images = examples.inputs
        if images.ndim < 4:
            return images
        if "background" in operations:
            images = self._background(examples, generator)
        if "reddening" in operations:
            images = random_reddening(images, _needed(self.reddening, "reddening"), generator)
        images = self._window(images, operations, generator)
        if "symmetry" in operations:
            which = torch.randint(SYMMETRIES, (len(images),), generator=generator, device=images.device)
            images = apply_symmetry(images, which)
        if "dimming" in operations:
            images = random_dimming(images, _needed(self.sigma, "dimming"), generator)
        if "noise" in operations:
            images = random_noise(images, _needed(self.sigma, "noise"), generator)
        return images

    def middle(self, images: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """What the network sees of images to which nothing is done; what is no image, as it is."""
        return images if self.size is None or images.ndim < 4 else centre_cut(images, self.size)

    def to(self, device: torch.device) -> "Augmenter":
        """The same for images on another device."""
        correlation, sigma, reddening = (
            None if each is None else each.to(device) for each in (self.correlation, self.sigma, self.reddening)
        )
        return replace(self, correlation=correlation, sigma=sigma, reddening=reddening)

    @cached_property
    def _filtered_by(self) -> Tensor | None:
        """The correlation, where it changes anything; asked once, as the answer waits for the device."""
        return None if self.correlation is None or is_white(self.correlation) else self.correlation

    def _background(self, examples: Examples, generator: Generator) -> Tensor:
        """B(x)."""
        if self.sky == "paper":
            return paper_background(examples.inputs, generator=generator, clips=self.clips)
        if examples.sources is None or examples.sky_level is None or examples.sky_sigma is None:
            raise ValueError("the robust background operator needs examples with their sky.")
        return robust_background(
            examples.inputs,
            examples.sources,
            examples.sky_level,
            examples.sky_sigma,
            self._filtered_by,
            generator,
        )

    def _window(self, images: Tensor, operations: Collection[str], generator: Generator) -> Tensor:
        """What the network sees of images, turned by any angle, distorted, moved, or nothing of it."""
        shape = (images.shape[2], images.shape[3])
        size = self.size or shape
        shift = _shifts(images, "jitter" in operations, generator)
        if "rotation" in operations or "distortion" in operations:
            return warped(images, _maps(images, operations, generator), shift, size)
        if "jitter" in operations:
            return moved(images, shift, size)
        return self.middle(images)


def _shifts(images: Tensor, drawn: bool, generator: Generator) -> Int[Tensor, "batch 2"]:
    """By how many pixels (y, x) the centre of each image is moved."""
    if not drawn:
        return torch.zeros((len(images), 2), dtype=torch.long, device=images.device)
    return torch.randint(-JITTER, JITTER + 1, (len(images), 2), generator=generator, device=images.device)


def _maps(images: Tensor, operations: Collection[str], generator: Generator) -> Float[Tensor, "batch 2 2"]:
    """Through which each image is seen: turned by any angle, distorted, or both."""
    maps = torch.eye(2, device=images.device).expand(len(images), 2, 2)
    if "rotation" in operations:
        turn = torch.rand(len(images), generator=generator, device=images.device, dtype=images.dtype)
        maps = rotation(2 * math.pi * turn)
    if "distortion" in operations:
        maps = maps @ random_distortion(len(images), generator).to(maps)
    return maps


def _needed(values: Tensor | None, operation: str) -> Tensor:
    if values is None:
        raise ValueError(f"the operation {operation} needs its numbers of each band.")
    return values
