"""The last layers: from the pooled or flattened features of images, and E(B−V), to logits.

Every network calls them ``head``, or ``hidden``, ``dropout`` and ``out``, or has them at the end of its ``layers``; all
else is its trunk.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["HEADS", "HayatHead", "PaperHead", "equal_logits", "flattened", "last_layers"]

NAMES = ("head", "hidden", "dropout", "out")
"""What networks call their last layers."""


class PaperHead(nn.Module):
    """pool → Linear 1024 → ReLU → beside E(B−V) in magnitudes → 1025 → bins (Engel & Strube, B.4)."""

    def __init__(self, features: int, bins: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, 1024)
        self.out = nn.Linear(1025, bins)

    def forward(self, features: Float[Tensor, "batch features"], ebv: Float[Tensor, "batch"]) -> Tensor:
        """Logits, shape (batch, bins)."""
        hidden = torch.relu(self.hidden(features))
        logits: Tensor = self.out(torch.cat([hidden, ebv[:, None].to(hidden.dtype)], dim=1))
        return logits


class HayatHead(nn.Linear):
    """pool → bins; E(B−V) is not looked at (Hayat et al. 2021, who deredden the images instead)."""

    def forward(self, features: Float[Tensor, "batch features"], ebv: Float[Tensor, "batch"]) -> Tensor:  # type: ignore[override]
        """Logits, shape (batch, bins)."""
        return super().forward(features)


HEADS: dict[str, type[PaperHead] | type[HayatHead]] = {"paper": PaperHead, "hayat": HayatHead}
"""The heads by name."""


def flattened(
    maps: Float[Tensor, "batch channels y x"], ebv: Float[Tensor, "batch"], side: int
) -> Float[Tensor, "batch features"]:
    """Feature maps in one row, E(B−V) beside them; maps of another size are pooled, or repeated, to ``side``²."""
    if maps.shape[2:] != (side, side):
        maps = functional.adaptive_avg_pool2d(maps, side)
    return torch.cat([maps.flatten(1), ebv[:, None].to(maps.dtype)], dim=1)


def equal_logits(network: nn.Module) -> None:
    """Set the last layer of a network with one of ``HEADS`` to zero: every redshift is as likely as any other."""
    for head in last_layers(network):
        if isinstance(head, PaperHead | HayatHead):
            last = head.out if isinstance(head, PaperHead) else head
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)


def last_layers(network: nn.Module) -> list[nn.Module]:
    """The layers of a network that a linear probe trains: those of ``NAMES``, or the last of its ``layers``.

    For residual networks and timm's that is the head of their configuration, of which ``hayat`` is a single linear
    layer; for Pasquet's, D'Isanto's and Hoyle's what follows the flattening; for Henghes' what follows the putting
    together; for ``colours`` the last layer.
    """
    body: nn.Module = getattr(network, "body", network)
    named = [getattr(body, name) for name in NAMES if hasattr(body, name)]
    return named or [list(body.get_submodule("layers").children())[-1]]
