"""What a constraint may look at: one batch of galaxies, as the training step sees it."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor

from slipher.redshift import Grid

__all__ = ["Batch", "Views"]


@dataclass(frozen=True)
class Views:
    """Some galaxies of the batch seen a second time: x' = Θ(B(x))."""

    rows: Int[Tensor, "views"]
    """Their places in the batch."""
    logits: Float[Tensor, "views bins"]
    """The network's output f(x')."""
    p: Float[Tensor, "views bins"]
    """softmax(f(x')), the mass in each bin."""


@dataclass(frozen=True)
class Batch:
    """A batch of galaxies and what the network says of them."""

    grid: Grid
    inputs: Float[Tensor, "batch ..."]
    """What the network was given: images (batch, bands, y, x) in nanomaggies, NaN where bad; or measured photometry
    (batch, features)."""
    ebv: Float[Tensor, "batch"]
    """Galactic E(B−V), magnitudes."""
    redshift: Float[Tensor, "batch"]
    """Spectroscopic redshift ẑ."""
    label: Int[Tensor, "batch"]
    """The bin that holds ẑ."""
    logits: Float[Tensor, "batch bins"]
    """The network's output f(x)."""
    p: Float[Tensor, "batch bins"]
    """softmax(f(x)), the mass in each bin."""
    response: Float[Tensor, "batch bins bands"] | None = None
    """Φ'_b(ν_c)/Φ'_b(1), where a constraint needs "response"."""
    counting: Bool[Tensor, "batch bands"] | None = None
    """The bands of each galaxy for which the response means something."""
    views: Views | None = None
    """The second views, where a constraint needs "views"."""
