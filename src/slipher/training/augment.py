"""Other views of the same galaxies: turned, flipped, and with their sky drawn anew (Engel & Strube, B.2, B.3)."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from slipher.physics.sky import paper_background, robust_background
from slipher.physics.symmetry import SYMMETRIES, apply_symmetry
from slipher.training.examples import Examples

__all__ = ["Augmenter"]


@dataclass(frozen=True)
class Augmenter:
    """The operators Θ and B, with the reading of B that a training uses."""

    sky: str = "robust"
    """"robust" or "paper"."""
    clips: int = 1
    """Rounds of clipping of the paper's reading."""
    correlation: Float[Tensor, "bands dy dx"] | None = None
    """Autocorrelation of the sky noise, for the robust reading; None draws white noise."""

    def __call__(
        self, examples: Examples, operations: Collection[str], generator: torch.Generator
    ) -> Float[Tensor, "batch ..."]:
        """Θ(B(x)), or the part of it that ``operations`` names ("symmetry", "background").

        Args:
            examples: images in nanomaggies, NaN where bad, with their measured sky.
            operations: what is done.
            generator: on the images' device.
        """
        images = examples.inputs
        if "background" in operations:
            images = self._background(examples, generator)
        if "symmetry" in operations:
            which = torch.randint(SYMMETRIES, (len(images),), generator=generator, device=images.device)
            images = apply_symmetry(images, which)
        return images

    def _background(self, examples: Examples, generator: torch.Generator) -> Tensor:
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
            self.correlation,
            generator,
        )
