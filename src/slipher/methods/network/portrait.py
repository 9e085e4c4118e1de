"""What a capsule network makes of galaxies beside their redshifts, as columns of a catalogue."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Shaped

from slipher.networks.dey import CLASSES, DIMENSION, Portrait

__all__ = ["portrait_columns"]


def portrait_columns(portraits: Sequence[Portrait]) -> dict[str, Shaped[np.ndarray, "galaxies"]]:
    """Columns of batches of galaxies.

    ``class`` is 0 for elliptical and 1 for spiral, whichever capsule is longer; ``class_probability`` that capsule's
    share of both lengths; ``capsule_0`` to ``capsule_15`` the numbers of that capsule, in which Dey et al. (2022) find
    size, orientation, surface brightness and colour.
    """
    nothing = Portrait(torch.empty(0, DIMENSION), torch.empty(0, len(CLASSES)))
    capsules, lengths = (torch.cat([each.cpu() for each in parts]) for parts in zip(nothing, *portraits, strict=True))
    longest, which = lengths.max(dim=1)
    columns = {f"capsule_{number}": capsules[:, number].numpy() for number in range(DIMENSION)}
    return {"class": which.numpy(), "class_probability": (longest / lengths.sum(dim=1)).numpy()} | columns
