"""The plain way to train: float32, images in the usual memory order, torch's defaults, each image augmented by itself.

It is what a user of torch writes who reads the paper and none of our code, and what a step of ours is measured against.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from slipher.training.examples import Examples

__all__ = ["PlainNetwork", "PlainTraining", "augmented"]

Image = Float[Tensor, "bands y x"]


class PlainNetwork(nn.Module):
    """A network of ours in the usual memory order.

    Args:
        body: from stretched images and E(B−V) to logits; brought into that order.
        sigma: unit of each band for an asinh stretch, or None for images as they are.
    """

    def __init__(self, body: nn.Module, sigma: Float[Tensor, "bands"] | None = None) -> None:
        super().__init__()
        self.body = body.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.sigma = sigma

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits."""
        if self.sigma is not None:
            images = torch.asinh(images / self.sigma[:, None, None])
        logits: Tensor = self.body(images.nan_to_num(), ebv)
        return logits


@dataclass
class PlainTraining:
    """A loop's step on a network with Adam as torch has it by default."""

    network: PlainNetwork
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3, weight_decay=1e-6)

    def step(self, galaxies: Examples, augment: Callable[[Examples], Tensor]) -> float:
        """One step; gives the loss.

        Args:
            galaxies: a batch.
            augment: galaxies to the images the network sees.
        """
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.network(augment(galaxies), galaxies.ebv), galaxies.label)
        torch.autograd.backward(loss)
        self.optimizer.step()
        return loss.item()


def augmented(galaxies: Examples) -> Float[Tensor, "batch bands y x"]:
    """Every image with white noise in place of its sky, turned and flipped, one after the other."""
    assert galaxies.sources is not None
    assert galaxies.sky_level is not None
    assert galaxies.sky_sigma is not None
    columns = zip(galaxies.inputs, galaxies.sources, galaxies.sky_level, galaxies.sky_sigma, strict=True)
    return torch.stack([_turned(_new_sky(*each)) for each in columns])


def _new_sky(image: Image, sources: Tensor, level: Float[Tensor, "bands"], sigma: Float[Tensor, "bands"]) -> Image:
    noise = level[:, None, None] + sigma[:, None, None] * torch.randn_like(image)
    return torch.where(sources | image.isnan(), image, noise)


def _turned(image: Image) -> Image:
    image = torch.rot90(image, int(torch.randint(4, ())), (1, 2))
    return image.flip(2) if torch.rand(()) < 0.5 else image
