"""Momentum contrast: a query encoder that learns, a key encoder that follows it slowly, and a queue of its keys.

He et al. (2020), with the projection of Chen et al. (2020): the head of a network gives way to Linear → ReLU → Linear,
whose output of length 1 is compared.

On one device the positive pair would share its batch, and the batch its statistics, by which a network can tell the
pair from the queue without looking at the galaxies (He et al., section 3.3, "Shuffling BN"). So a batch goes through an
encoder in groups, each normalised by itself, and the keys are grouped anew at random.
"""

import copy
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from slipher.errors import InputError
from slipher.networks.heads import HayatHead, PaperHead
from slipher.networks.images import ImageNetwork
from slipher.networks.initialise import he_normal

__all__ = ["LEAST", "MomentumContrast", "Projection", "encoder_of", "trunk_of"]

LEAST = 8
"""Galaxies in a group at least; of fewer, batch statistics are too noisy."""
HEAD = "body.head."
"""What the names of a head's weights begin with."""

Images = Float[Tensor, "batch bands y x"]
Ebv = Float[Tensor, "batch"]
Features = Float[Tensor, "batch width"]


class Projection(nn.Module):
    """features → features → ReLU → width, of length 1, in place of a network's head."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, features)
        self.out = nn.Linear(features, width)
        self.apply(he_normal)

    def forward(self, features: Float[Tensor, "batch features"], ebv: Ebv) -> Features:
        """Features of length 1; E(B−V) is not looked at."""
        return functional.normalize(self.out(torch.relu(self.hidden(features))).float(), dim=1)


def encoder_of(network: nn.Module, name: str, width: int) -> ImageNetwork:
    """A network whose head gave way to a projection, in place; its trunk keeps its names.

    Args:
        network: of images.
        name: what it is called.
        width: of the space of features.

    Raises:
        InputError: if the network's head is not apart from its trunk.
    """
    head = getattr(network.body, "head", None) if isinstance(network, ImageNetwork) else None
    if not isinstance(network, ImageNetwork) or not isinstance(head, PaperHead | HayatHead):
        raise InputError(f"network.name is {name!r}, but only residual networks and timm's can be pretrained.")
    first = head.hidden if isinstance(head, PaperHead) else head
    network.body.head = Projection(first.in_features, width)
    return network


def trunk_of(encoder: nn.Module) -> dict[str, Tensor]:
    """The weights and statistics of all but the projection, by the names they have in the network."""
    return {name: value for name, value in encoder.state_dict().items() if not name.startswith(HEAD)}


class MomentumContrast(nn.Module):
    """Both encoders and the queue: all that a checkpoint needs.

    The queue starts empty and grows, where He et al. fill it with random directions, which are too easily told apart.

    Args:
        encoder: from images in nanomaggies and E(B−V) to features of length 1.
        width: of features.
        size: keys in the queue at most.
        momentum: part of the key encoder that stays.
        groups: parts of a batch with statistics of their own.
    """

    queue: Tensor
    owners: Tensor
    pushed: Tensor

    def __init__(self, encoder: nn.Module, width: int, size: int, momentum: float, groups: int) -> None:
        super().__init__()
        self.query = encoder
        self.key = copy.deepcopy(encoder).requires_grad_(False)
        self.momentum = momentum
        self.groups = groups
        self.register_buffer("queue", torch.zeros(size, width))
        self.register_buffer("owners", torch.full((size,), -1))
        self.register_buffer("pushed", torch.zeros((), dtype=torch.long))

    def forward(self, first: Images, second: Images, ebv: Ebv, generator: torch.Generator) -> tuple[Features, Features]:
        """Queries of the first views; keys of the second, which carry no gradient.

        Args:
            first: images in nanomaggies, NaN where bad.
            second: other views of the same galaxies.
            ebv: E(B−V) in magnitudes.
            generator: draws the groups of the keys, on the images' device.
        """
        queries = _grouped(self.query, first, ebv, self.groups)
        with torch.no_grad():
            order = torch.randperm(len(second), generator=generator, device=second.device)
            keys = _grouped(self.key, second[order], ebv[order], self.groups)[order.argsort()]
        return queries, keys

    @property
    def filled(self) -> int:
        """Keys in the queue."""
        return min(int(self.pushed), len(self.queue))

    def others(
        self, owners: Int[Tensor, "batch"]
    ) -> tuple[Float[Tensor, "others width"], Bool[Tensor, "batch others"]]:
        """The keys in the queue, and which of them are of the galaxies named."""
        return self.queue[: self.filled], self.owners[None, : self.filled] == owners[:, None]

    @torch.no_grad()
    def follow(self) -> None:
        """Bring the weights of the key encoder a little nearer to those of the query encoder (eq. 2)."""
        for slow, fast in zip(self.key.parameters(), self.query.parameters(), strict=True):
            slow.lerp_(fast, 1 - self.momentum)

    @torch.no_grad()
    def push(self, keys: Features, owners: Int[Tensor, "batch"]) -> None:
        """Put keys in the place of the oldest; of more than the queue holds, the last."""
        keys, owners = keys[-len(self.queue) :], owners[-len(self.queue) :]
        places = (self.pushed + torch.arange(len(keys), device=keys.device)) % len(self.queue)
        self.queue[places] = keys
        self.owners[places] = owners
        self.pushed += len(keys)


def _grouped(encoder: Callable[[Tensor, Tensor], Tensor], images: Tensor, ebv: Tensor, groups: int) -> Tensor:
    """Features of a batch, group by group."""
    count = max(1, min(groups, len(images) // LEAST))
    parts = zip(images.tensor_split(count), ebv.tensor_split(count), strict=True)
    return torch.cat([encoder(*part) for part in parts])
