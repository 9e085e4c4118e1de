"""What a network is, in words: no torch is needed to read or write it."""

from dataclasses import dataclass
from typing import Literal

from slipher.options import check_choices

__all__ = ["CONFIGURATIONS", "NetworkConfig"]


@dataclass(frozen=True)
class NetworkConfig:
    """Architecture and the treatment of what enters it."""

    name: Literal["resnet18", "resnet34", "resnet50", "colours"] = "resnet18"
    """Architecture: a residual network of that depth on images, or a small perceptron on measured colours."""
    stem: Literal["reduced", "full"] = "reduced"
    """First layers: 7×7 stride 2 with max-pool (16 times cheaper at 64 pixels), or 7×7 stride 1 without."""
    head: Literal["paper", "hayat"] = "paper"
    """Last layers: pool, 1024, ReLU, beside E(B−V), bins (Engel & Strube, B.4); or pool, bins (Hayat et al.)."""
    stretch: Literal["asinh", "none", "sqrt", "dey"] = "asinh"
    """Of the pixels in nanomaggies: asinh(x/σ_sky), x, sign(x)(√(|x| + 1) − 1), x/10."""
    deredden: bool = False
    """Whether images are corrected for Galactic extinction before the stretch."""

    def __post_init__(self) -> None:
        check_choices(self, "network")


CONFIGURATIONS: dict[str, NetworkConfig] = {
    "resnet18": NetworkConfig("resnet18", stem="full"),
    "resnet18-reduced": NetworkConfig("resnet18", stem="reduced"),
    "resnet34": NetworkConfig("resnet34", stem="full"),
    "resnet34-reduced": NetworkConfig("resnet34", stem="reduced"),
    "resnet50": NetworkConfig("resnet50", stem="full", stretch="none"),
    "resnet50-reduced": NetworkConfig("resnet50", stem="reduced"),
    "hayat": NetworkConfig("resnet50", stem="full", head="hayat", stretch="none", deredden=True),
    "colours": NetworkConfig("colours"),
}
"""The configurations that have a name, for ``slipher list``."""
