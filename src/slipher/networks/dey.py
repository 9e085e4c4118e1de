"""The capsule network of Dey et al. (2022, MNRAS 515, 5285; arXiv:2112.03939), which tells two kinds of galaxies apart.

Published (their code's ``morphCapsDeep_2``, and what it says of the runs of the paper): a 3×3 convolution of 128 with
ReLU and batch normalisation; four blocks of capsule convolutions, 32 capsules of 4, 8, 8 and 8 numbers at each pixel of
maps of 32, 16, 8 and 4 pixels, the last block's way around routed; the 512 and the 2048 capsules of the last two blocks
routed to two of 16 numbers, one for ellipticals, one for spirals, whose lengths say which it is. The capsule of the
true class in training, the longest one in prediction, goes on to a perceptron for logit(z/0.4) and to a decoder of the
image. Loss: margin (0.9, 0.1, 0.5) + 0.005 × 20,480 × mean square error of the image + 1 to 2 × mean square error of
the logit. Images are divided by 10 (``stretch: dey``), for which the decoder's tanh is made; E(B−V) is not looked at.
Adam at 1e-3 (5e-4 for their largest training sample), times 0.95 each epoch, for 75 or 100 epochs of batches of 400.
Each image is turned by one of the four quarter turns with probability 0.67, else flipped along one axis: all of these
are among the eight symmetries that ``augment: [symmetry]`` draws from evenly. Classes: methods/network/morphology.py.

One step of Adam moves the 20,480 weights of each number of the last two capsules alike. At 1e-3 these soon become so
long that squashing leaves them no gradient, from which only long training frees them; trainings of a few hundred steps
do better with 3e-4.

Ours: the redshift is a density (networks/logisticnormal.py), whose likelihood weighs 1, which is as much more than the
published square as its width is below 0.5 to 0.7; galaxies of unknown class go by their longest capsule in training
too, and take no part in the margin loss; validation goes by the longest capsule, as prediction does; bad pixels take no
part in the reconstruction; the routed convolution keeps pixels and capsules apart, where their reshaping without
transposing mixes them; every root is of a square plus 1e-7. Of cutouts that are not of 64×64 pixels the capsules' maps
are pooled, or repeated, to those of 64, and the middle that cutout and decoded image both have is compared; at 64×64
nothing is changed.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from slipher.networks.auxiliary import Auxiliary
from slipher.networks.capsule import CapsuleBlock, CapsuleDense, flat
from slipher.networks.frame import framed
from slipher.networks.images import ImageNetwork
from slipher.networks.logisticnormal import LogisticNormalHead
from slipher.networks.reconstruct import Decoder
from slipher.networks.routing import length

__all__ = ["CLASSES", "CapsuleBody", "CapsuleNetwork", "Portrait", "margin", "picked"]

CLASSES = ("elliptical", "spiral")
"""What the two capsules stand for, by number; −1 is unknown."""
SIDE = 64
"""Pixels across the cutouts."""
CAPSULES = 32
"""Of each pixel."""
ATOMS = (4, 8, 8, 8)
"""Numbers of a capsule, by block."""
DIMENSION = 16
"""Numbers of a capsule of the last two."""
PRESENT, ABSENT, DOWN = 0.9, 0.1, 0.5
"""Lengths beyond which the margin loss is satisfied, and the weight of the second."""
RECONSTRUCTION = 0.005
"""Weight of the squares of the reconstruction's errors, summed over pixels and bands."""

Images = Float[Tensor, "batch bands y x"]
Capsules = Float[Tensor, "batch classes atoms"]
Classes = Int[Tensor, "batch"]


class Portrait(NamedTuple):
    """What the network makes of a galaxy beside its redshift."""

    capsule: Float[Tensor, "batch atoms"]
    """The longest capsule."""
    lengths: Float[Tensor, "batch classes"]
    """Lengths of the capsules, by class."""


class CapsuleBody(nn.Module):
    """The layers, of stretched images.

    Args:
        bands: number of bands B.
        bins: number of redshift bins C.
    """

    def __init__(self, bands: int, bins: int) -> None:
        super().__init__()
        first = nn.Conv2d(bands, 128, 3, padding=1)
        nn.init.kaiming_normal_(first.weight, mode="fan_in", nonlinearity="relu")
        nn.init.zeros_(first.bias)  # type: ignore[arg-type]
        self.stem = nn.Sequential(first, nn.ReLU(inplace=True), nn.BatchNorm2d(128, eps=1e-3, momentum=0.01))
        widths = (128, *(CAPSULES * atoms for atoms in ATOMS))
        self.blocks = nn.ModuleList(
            CapsuleBlock(widths[place], CAPSULES, atoms, routed=place == len(ATOMS) - 1)
            for place, atoms in enumerate(ATOMS)
        )
        self.sides = (SIDE // 16, SIDE // 8)
        inputs = CAPSULES * sum(side**2 for side in self.sides)
        self.classes = CapsuleDense(inputs, ATOMS[-1], len(CLASSES), DIMENSION)
        self.head = LogisticNormalHead(DIMENSION, bins)
        self.decoder = Decoder(DIMENSION, bands, SIDE)

    def forward(self, images: Images) -> Capsules:
        """The capsules of the classes, in float32 after the convolutions."""
        maps = [self.stem(images)]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        with torch.autocast(images.device.type, enabled=False):
            last = [flat(each.float(), ATOMS[-1], side) for each, side in zip(maps[:-3:-1], self.sides, strict=True)]
            capsules: Tensor = self.classes(torch.cat(last, dim=1))
        return capsules


class CapsuleNetwork(ImageNetwork):
    """A capsule network that takes images in nanomaggies.

    Args:
        body: its layers.
        bands: number of bands B.
        stretch_name: a name of networks/stretch.py.
        extinction: k_b = A_b/E(B−V) of each band to deredden by, or None to leave images as they are.
    """

    body: CapsuleBody
    wants_classes = True

    def forward(  # type: ignore[override]
        self, images: Images, ebv: Float[Tensor, "batch"], classes: Classes | None = None
    ) -> Float[Tensor, "batch bins"] | tuple[Float[Tensor, "batch bins"], dict[str, Auxiliary]]:
        """Logits of images (nanomaggies, NaN where bad) and, with classes, what is to be minimised beside.

        Args:
            images: galaxies.
            ebv: E(B−V) in magnitudes, to deredden by if asked.
            classes: 0 elliptical, 1 spiral, −1 unknown. Where known they choose the capsule, but not in evaluation.
        """
        seen = self.stretched(images, ebv)
        capsules = self.body(seen)
        chosen = picked(capsules, classes if self.training else None)
        logits = self._logits(chosen)
        if classes is None:
            return logits
        return logits, {
            "margin": Auxiliary(1.0, margin(length(capsules), classes), classes >= 0),
            "reconstruction": self._reconstruction(chosen, seen, images.isfinite()),
        }

    def portrait(self, images: Images, ebv: Float[Tensor, "batch"]) -> Portrait:
        """The longest capsule of each galaxy, and the lengths of both."""
        capsules = self.body(self.stretched(images, ebv))
        return Portrait(picked(capsules), length(capsules))

    def _logits(self, capsule: Float[Tensor, "batch atoms"]) -> Float[Tensor, "batch bins"]:
        """Log-masses; bf16 would put the means on a grid as coarse as the bins."""
        with torch.autocast(capsule.device.type, enabled=False):
            logits: Tensor = self.body.head(capsule.float())
        return logits

    def _reconstruction(
        self, capsule: Float[Tensor, "batch atoms"], seen: Images, valid: Bool[Tensor, "batch bands y x"]
    ) -> Auxiliary:
        """Sum of the squares of its errors, over the pixels that are good."""
        sides = [min(SIDE, side) for side in seen.shape[2:]]
        decoded = self.body.decoder(capsule, *sides).float()
        seen, good = (framed(each, *sides) for each in (seen, valid.to(seen.dtype)))
        everywhere = torch.ones(len(seen), dtype=torch.bool, device=seen.device)
        return Auxiliary(RECONSTRUCTION, (good * (decoded - seen)).square().sum(dim=(1, 2, 3)), everywhere)


def picked(capsules: Capsules, classes: Classes | None = None) -> Float[Tensor, "batch atoms"]:
    """Of each galaxy the capsule of its class, or the longest where that is unknown."""
    which = length(capsules).argmax(dim=1)
    if classes is not None:
        which = torch.where(classes >= 0, classes, which)
    return capsules[torch.arange(len(capsules), device=capsules.device), which]


def margin(lengths: Float[Tensor, "batch classes"], classes: Classes) -> Float[Tensor, "batch"]:
    """The margin loss (Sabour et al. 2017, eq. 4): the true capsule is to be long, the other short.

    Args:
        lengths: of the capsules.
        classes: numbers of classes; where negative, the loss says nothing.
    """
    true = torch.arange(lengths.shape[1], device=lengths.device) == classes[:, None]
    lacking = (PRESENT - lengths).clamp(min=0).square()
    excess = (lengths - ABSENT).clamp(min=0).square()
    return torch.where(true, lacking, DOWN * excess).sum(dim=1)
