"""A small perceptron on measured colours and r: the network for catalogues without images."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Colours", "standardised"]

WIDTH = 256


def standardised(
    photometry: Float[Tensor, "batch features"], mean: Float[Tensor, "features"], std: Float[Tensor, "features"]
) -> Float[Tensor, "batch features"]:
    """Features in units of their standard deviation from their mean; one that is not known (NaN) stands at the mean."""
    return torch.nan_to_num((photometry - mean) / std, nan=0.0)


class Colours(nn.Module):
    """Standardised features → 256 → 256 → 256 → bins.

    The features are dereddened asinh colours and one magnitude; E(B−V) stands beside them, since dereddening is never
    perfect.

    Args:
        features: number of features.
        bins: number of redshift bins C.
    """

    inputs = "photometry"
    wants_classes = False
    mean: Tensor
    std: Tensor

    def __init__(self, features: int, bins: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))
        layers: list[nn.Module] = []
        for width in (features + 1, WIDTH, WIDTH):
            layers += [nn.Linear(width, WIDTH), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(WIDTH, bins))

    def calibrate(self, mean: Float[Tensor, "features"], std: Float[Tensor, "features"]) -> None:
        """Set mean and standard deviation of the training features, by which features are standardised."""
        self.mean.copy_(mean)
        self.std.copy_(std)

    def forward(
        self, photometry: Float[Tensor, "batch features"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of colours and magnitude (magnitudes) and E(B−V) (magnitudes)."""
        standard = standardised(photometry, self.mean, self.std)
        logits: Tensor = self.layers(torch.cat([standard, ebv[:, None]], dim=1))
        return logits
