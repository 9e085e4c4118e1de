"""Any convolutional network of timm (Wightman, github.com/huggingface/pytorch-image-models) under our last layers.

The network is timm's, without pretrained weights, with one input channel a band and its own pooling; published
architectures are timm's to cite. Ours are the head and the frame of zeros about cutouts below 32 pixels, since most of
these networks halve their images five times.
"""

import difflib
from types import ModuleType

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.errors import InputError
from slipher.extras import require
from slipher.networks.frame import framed
from slipher.networks.heads import HEADS
from slipher.networks.initialise import he_normal

__all__ = ["Backbone"]

LEAST = 32
"""Fewest pixels across an image that such networks take."""


class Backbone(nn.Module):
    """A network of timm on stretched images.

    Args:
        name: timm's name of it.
        bands: number of bands B.
        bins: number of redshift bins C.
        head_kind: "paper" or "hayat".

    Raises:
        InputError: if timm cannot be imported, has no such network, or the network does not take small cutouts.
    """

    def __init__(self, name: str, bands: int, bins: int, head_kind: str) -> None:
        super().__init__()
        timm = _timm()
        if not timm.is_model(name):
            near = difflib.get_close_matches(name, timm.list_models(), n=5)
            hint = f"near are {', '.join(near)}" if near else "timm.list_models() names those it has"
            raise InputError(f"network.name is 'timm:{name}', but timm has no such network; {hint}.")
        with torch.device("meta"):
            features = _features(_created(timm, name, bands), name, bands)
        self.body = _created(timm, name, bands)
        self.head = HEADS[head_kind](features, bins)
        self.head.apply(he_normal)

    def forward(
        self, images: Float[Tensor, "batch bands y x"], ebv: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch bins"]:
        """Logits of stretched images and E(B−V) in magnitudes."""
        y, x = images.shape[2:]
        logits: Tensor = self.head(self.body(framed(images, max(y, LEAST), max(x, LEAST))), ebv)
        return logits


def _timm() -> ModuleType:
    """The library.

    Raises:
        InputError: if it is not installed, or torchvision, which it needs, was made for another torch.
    """
    try:
        return require("timm", "timm")
    except RuntimeError as error:
        raise InputError(
            f"timm does not import beside torch {torch.__version__} ({_first(error)}); install the "
            "torchvision that was made for this torch, or choose a network of slipher's own."
        ) from error


def _created(timm: ModuleType, name: str, bands: int) -> nn.Module:
    """The network without its own head.

    Raises:
        InputError: if it cannot have that many bands.
    """
    try:
        body: nn.Module = timm.create_model(name, pretrained=False, in_chans=bands, num_classes=0)
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise InputError(
            f"network.name: timm cannot make {name} with {bands} bands ({_first(error)}); choose another."
        ) from error
    return body


@torch.no_grad()
def _features(body: nn.Module, name: str, bands: int) -> int:
    """How many numbers it makes of an image, found by trying; on the meta device nothing is computed.

    Raises:
        InputError: if it takes no image of that size, as networks made for one size do not, or gives no features.
    """
    try:
        found = body.eval()(torch.empty(1, bands, LEAST, LEAST))
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise InputError(
            f"network.name: timm:{name} does not take cutouts of {LEAST} pixels ({_first(error)}); choose a "
            "convolutional network that does."
        ) from error
    if found.ndim != 2:
        raise InputError(f"network.name: timm:{name} does not pool its features; choose a convolutional network.")
    return int(found.shape[1])


def _first(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
