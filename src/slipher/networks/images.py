"""Images as they come from the store to a network: dereddened if asked, stretched, bad pixels filled."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.stretch import stretch

__all__ = ["ImageNetwork"]


class ImageNetwork(nn.Module):
    """A network that takes images in nanomaggies.

    Args:
        body: from stretched images and E(B−V) to logits.
        bands: number of bands B.
        stretch_name: a name of networks/stretch.py.
        extinction: k_b = A_b/E(B−V) of each band to deredden by, or None to leave images as they are.
    """

    inputs = "images"
    wants_classes = False
    """Whether it is shown, in training, classes of galaxies beside its inputs."""
    sigma: Tensor
    extinction: Tensor

    def __init__(
        self, body: nn.Module, bands: int, stretch_name: str, extinction: Float[Tensor, "bands"] | None = None
    ) -> None:
        super().__init__()
        self.body = body
        self.stretch_name = stretch_name
        self.deredden = extinction is not None
        self.register_buffer("sigma", torch.ones(bands))
        self.register_buffer("extinction", torch.zeros(bands) if extinction is None else extinction.float())

    def calibrate(self, sigma: Float[Tensor, "bands"]) -> None:
        """Set σ_sky of each band (nanomaggies a pixel), the unit of the asinh stretch."""
        self.sigma.copy_(sigma)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"], *beside: Float[Tensor, "batch ..."]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of images in nanomaggies (NaN where bad), E(B−V) in magnitudes, and what else the body takes."""
        logits: Tensor = self.body(self.stretched(images, ebv), ebv, *beside)
        return logits

    def stretched(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bands y x"]:
        """What the body is shown of images: dereddened if asked, stretched, bad pixels filled."""
        if self.deredden:
            factor = 10 ** (0.4 * self.extinction * ebv[:, None])
            images = images * factor[:, :, None, None]
        return stretch(images, self.sigma, self.stretch_name).contiguous(memory_format=torch.channels_last)
