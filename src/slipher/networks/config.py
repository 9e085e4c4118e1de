"""What a network is, in words: no torch is needed to read or write it."""

from dataclasses import dataclass
from typing import Literal

from slipher.errors import InputError
from slipher.options import check_choice, check_choices

__all__ = ["CONFIGURATIONS", "NAMES", "TIMM", "NetworkConfig"]

NAMES = (
    "resnet18",
    "resnet34",
    "resnet50",
    "pasquet",
    "pasquet-1024",
    "dey",
    "disanto",
    "henghes",
    "hoyle",
    "colours",
)
"""The architectures of slipher's own."""
LEAST = 8
"""Pixels across the least cutout."""
TIMM = "timm:"
"""What comes before the name of one of timm's."""


@dataclass(frozen=True)
class NetworkConfig:
    """Architecture and the treatment of what enters it."""

    name: str = "resnet18"
    """Architecture, one of ``NAMES`` or ``timm:NAME``.

    A residual network of that depth on images; the inception network of Pasquet et al. with hidden layers as released
    or as in the paper; the capsule network of Dey et al.; those of D'Isanto & Polsterer, of Henghes et al.
    (images and measured colours) and of Hoyle; a small perceptron on measured colours; any convolutional network of
    timm."""
    stem: Literal["reduced", "full"] = "reduced"
    """First layers of residual networks: 7×7 stride 2 with max-pool (16 times cheaper at 64 pixels), or 7×7 stride 1
    without."""
    head: Literal["paper", "hayat"] = "paper"
    """Last layers of residual networks and timm's: pool, 1024, ReLU, beside E(B−V), bins (Engel & Strube, B.4); or
    pool, bins (Hayat et al.)."""
    stretch: Literal["asinh", "asinh-colours", "none", "sqrt", "dey"] = "asinh"
    """Of the pixels in nanomaggies: a = asinh(x/σ_sky), a of the middle band and differences of a between neighbouring
    bands, x, sign(x)(√(|x| + 1) − 1), x/10."""
    deredden: bool = False
    """Whether images are corrected for Galactic extinction before the stretch: with head hayat by the coefficients of
    Schlafly & Finkbeiner (2011), as Hayat et al. have it, else by those of SFD98, as catalogues of SDSS have it."""
    size: int | None = None
    """Pixels across the middle of each image that the network sees; null is the whole image."""

    def __post_init__(self) -> None:
        check_choices(self, "network")
        if self.size is not None and self.size < LEAST:
            raise InputError(f"network.size is {self.size}, but a network needs at least {LEAST} pixels.")
        if not (self.name.startswith(TIMM) and self.name != TIMM):
            check_choice(self.name, (*NAMES, f"{TIMM}NAME"), "network.name")


CONFIGURATIONS: dict[str, NetworkConfig] = {
    "resnet18": NetworkConfig("resnet18", stem="full"),
    "resnet18-reduced": NetworkConfig("resnet18", stem="reduced"),
    "resnet34": NetworkConfig("resnet34", stem="full"),
    "resnet34-reduced": NetworkConfig("resnet34", stem="reduced"),
    "resnet50": NetworkConfig("resnet50", stem="full", stretch="none"),
    "resnet50-reduced": NetworkConfig("resnet50", stem="reduced"),
    "hayat": NetworkConfig("resnet50", stem="full", head="hayat", stretch="none", deredden=True),
    "pasquet": NetworkConfig("pasquet", stretch="sqrt"),
    "pasquet-1024": NetworkConfig("pasquet-1024", stretch="sqrt"),
    "dey": NetworkConfig("dey", stretch="dey"),
    "disanto": NetworkConfig("disanto"),
    "henghes": NetworkConfig("henghes"),
    "hoyle": NetworkConfig("hoyle"),
    "colours": NetworkConfig("colours"),
}
"""The configurations that have a name, for ``slipher list``."""
