"""Images and measured photometry in one network, the mixed input of Henghes et al. (2022, MNRAS 512, 1696).

Published: inception modules look at the image, a perceptron at the magnitudes, both are put side by side before the
last layers, and do better together than either alone. Their code and exact layers are not public.

Ours is therefore all the rest: the first convolution and three inception modules with the widths of Pasquet et al.
(2019), a mean over the image and not a flattening; on the side of the photometry the dereddened magnitude, colours and
E(B−V) of the ``colours`` network through two layers of 128; a hidden layer of 512; bins of redshift where they regress.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.colours import standardised
from slipher.networks.images import ImageNetwork
from slipher.networks.inception import Inception, convolution, halving
from slipher.networks.initialise import xavier_uniform

__all__ = ["Mixed", "MixedNetwork"]

WIDTH = 128
"""Units of the layers on photometry."""
HIDDEN = 512
"""Units of the layer on both."""


class Mixed(nn.Module):
    """From stretched images and standardised photometry to logits.

    Args:
        bands: number of bands B.
        features: numbers of photometry.
        bins: number of redshift bins C.
    """

    def __init__(self, bands: int, features: int, bins: int) -> None:
        super().__init__()
        blocks = [Inception(64, 48, 64), Inception(240, 64, 92), Inception(340, 92, 128)]
        layers = [layer for block in blocks for layer in (halving(), block)]
        self.images = nn.Sequential(convolution(bands, 64, 5), *layers)
        self.photometry = nn.Sequential(nn.Linear(features + 1, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU())
        self.out = nn.Sequential(nn.Linear(blocks[-1].channels + WIDTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, bins))
        self.apply(xavier_uniform)

    def forward(
        self,
        images: Float[Tensor, "batch bands y x"],
        ebv: Float[Tensor, "batch"],
        photometry: Float[Tensor, "batch features"],
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images, E(B−V) in magnitudes and standardised photometry."""
        seen = self.images(images).mean(dim=(2, 3))
        measured = self.photometry(torch.cat([photometry, ebv[:, None]], dim=1))
        logits: Tensor = self.out(torch.cat([seen, measured], dim=1))
        return logits


class MixedNetwork(ImageNetwork):
    """A network that takes images in nanomaggies and measured photometry.

    Args:
        body: from stretched images, E(B−V) and standardised photometry to logits.
        bands: number of bands B, and of numbers of photometry.
        stretch_name: a name of networks/stretch.py.
        extinction: k_b = A_b/E(B−V) of each band to deredden the images by, or None to leave them as they are.
    """

    inputs = "both"
    mean: Tensor
    std: Tensor

    def __init__(
        self, body: nn.Module, bands: int, stretch_name: str, extinction: Float[Tensor, "bands"] | None = None
    ) -> None:
        super().__init__(body, bands, stretch_name, extinction)
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("std", torch.ones(bands))

    def calibrate_photometry(self, mean: Float[Tensor, "features"], std: Float[Tensor, "features"]) -> None:
        """Set mean and standard deviation of the training features, by which features are standardised."""
        self.mean.copy_(mean)
        self.std.copy_(std)

    def forward(  # type: ignore[override]
        self,
        images: Float[Tensor, "batch bands y x"],
        ebv: Float[Tensor, "batch"],
        photometry: Float[Tensor, "batch features"],
    ) -> Float[Tensor, "batch bins"]:
        """Logits of images (nanomaggies, NaN where bad), E(B−V), and dereddened colours and magnitude (magnitudes)."""
        return super().forward(images, ebv, standardised(photometry, self.mean, self.std))
