"""Residual networks for small images of any number of bands (He et al. 2016; v1.5: the stride sits on the 3×3).

Two heads: that of Engel & Strube (section B.4), where E(B−V) joins the last hidden layer, and that of Hayat et al.
(2021).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.networks.convolution import Convolution
from slipher.networks.heads import HEADS
from slipher.networks.initialise import he_normal

__all__ = ["LAYERS", "ResNet"]

LAYERS: dict[int, tuple[int, int, int, int]] = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Blocks in each of the four stages, by depth."""

Maps = Float[Tensor, "batch channels y x"]
NewMaps = Float[Tensor, "batch new_channels new_y new_x"]


class Residual(nn.Module):
    """relu(shortcut(x) + branch(x))."""

    def __init__(self, branch: nn.Sequential, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.branch = branch
        same = inputs == outputs and stride == 1
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(Convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: Maps) -> NewMaps:
        """Feature maps in, feature maps out."""
        return torch.relu(self.branch(x) + self.shortcut(x))


def basic(inputs: int, width: int, stride: int) -> Residual:
    """Two 3×3 convolutions: the block of depths 18 and 34."""
    branch = nn.Sequential(
        Convolution(inputs, width, 3, stride),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        Convolution(width, width, 3),
        nn.BatchNorm2d(width),
    )
    return Residual(branch, inputs, width, stride)


def bottleneck(inputs: int, width: int, stride: int) -> Residual:
    """1×1, 3×3, 1×1 to four times the width: the block of depth 50."""
    branch = nn.Sequential(
        Convolution(inputs, width, 1),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        Convolution(width, width, 3, stride),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        Convolution(width, 4 * width, 1),
        nn.BatchNorm2d(4 * width),
    )
    return Residual(branch, inputs, 4 * width, stride)


def stages(depth: int) -> nn.Sequential:
    """The four stages; each halves the image but the first, and doubles the width."""
    block, expansion = (bottleneck, 4) if depth >= 50 else (basic, 1)
    layers: list[nn.Module] = []
    inputs = 64
    for stage, count in enumerate(LAYERS[depth]):
        width = 64 * 2**stage
        for index in range(count):
            layers.append(block(inputs, width, 2 if stage > 0 and index == 0 else 1))
            inputs = expansion * width
    return nn.Sequential(*layers)


def stem(bands: int, kind: str) -> nn.Sequential:
    """``full``: 7×7 stride 1; ``reduced``: 7×7 stride 2 and max-pool, 16 times fewer pixels behind it."""
    full = kind == "full"
    layers = [Convolution(bands, 64, 7, 1 if full else 2), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *([] if full else [nn.MaxPool2d(3, 2, padding=1)]))


class ResNet(nn.Module):
    """A residual network on stretched images.

    Args:
        depth: 18, 34 or 50.
        bands: number of bands B.
        bins: number of redshift bins C.
        stem_kind: "full" or "reduced".
        head_kind: "paper" or "hayat".
    """

    def __init__(self, depth: int, bands: int, bins: int, stem_kind: str, head_kind: str) -> None:
        super().__init__()
        features = 2048 if depth >= 50 else 512
        self.stem = stem(bands, stem_kind)
        self.stages = stages(depth)
        self.head = HEADS[head_kind](features, bins)
        self.apply(he_normal)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images and E(B−V) in magnitudes."""
        maps = self.stages(self.stem(images))
        logits: Tensor = self.head(maps.mean(dim=(2, 3)), ebv)
        return logits
